/** Markdown as GitHub shows it: same headings' ids, raw HTML passes. */

import { Marked, type Token, type Tokens } from 'marked';
import { escapeHtml } from './text.js';

/**
 * A whole page. Before each heading, link and image stands `<!--line:N-->`, its line in the Markdown file,
 * so that the audit can say where it is in what the author wrote.
 */
export function renderMarkdown(markdown: string, fallbackTitle: string): string {
  const slugs = slugger();
  const marked = new Marked({
    gfm: true,
    renderer: {
      heading({ tokens, depth }: Tokens.Heading): string {
        const id = slugs(plainText(tokens));
        return `<h${depth} id="${escapeHtml(id)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
    },
  });
  const tokens = marked.lexer(markdown);
  const h1 = tokens.find((token): token is Tokens.Heading => token.type === 'heading' && token.depth === 1);
  const title = h1 === undefined ? fallbackTitle : plainText(h1.tokens);
  const body = marked.parser(withLines(tokens));
  return `<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>${escapeHtml(title)}</title>\n<body>\n${body}</body>\n</html>\n`;
}

/** The id that GitHub gives a heading; a second heading of the same text gets `-1`, and so on. */
export function slugger(): (text: string) => string {
  const used = new Map<string, number>();
  return (text) => {
    const slug = text
      .toLowerCase()
      .trim()
      .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
      .replace(/ /g, '-');
    let id = slug;
    for (let n = used.get(slug) ?? 0; used.has(id); ) {
      n += 1;
      used.set(slug, n);
      id = `${slug}-${n}`;
    }
    used.set(id, 0);
    return id;
  };
}

/** Puts a mark before everything that the audit may have something to say about. */
function withLines(tokens: readonly Token[], firstLine = 1): Token[] {
  let line = firstLine;
  return tokens.flatMap((token) => {
    const at = line;
    line += linesIn(token);
    descend(token, at);
    return token.type === 'link' || token.type === 'image' || token.type === 'heading' || token.type === 'html'
      ? [lineMark(at), token]
      : [token];
  });
}

function descend(token: Token, at: number): void {
  if (token.type === 'list') {
    let line = at;
    for (const item of (token as Tokens.List).items) {
      item.tokens = withLines(item.tokens, line);
      line += linesIn(item);
    }
  } else if (token.type === 'table') {
    const { header, rows } = token as Tokens.Table;
    // A table's header and its rule take the first two lines; each row is one.
    [header, ...rows].forEach((cells, i) => {
      for (const cell of cells) cell.tokens = withLines(cell.tokens, i === 0 ? at : at + i + 1);
    });
  } else if ('tokens' in token && Array.isArray(token.tokens)) {
    token.tokens = withLines(token.tokens as Token[], at);
  }
}

function linesIn(token: Token): number {
  return token.raw.split('\n').length - 1;
}

function lineMark(line: number): Tokens.HTML {
  const text = `<!--line:${line}-->`;
  return { type: 'html', raw: text, text, pre: false, block: true };
}

function plainText(tokens: readonly Token[]): string {
  return tokens
    .map((token) => {
      if ('tokens' in token && Array.isArray(token.tokens)) return plainText(token.tokens as Token[]);
      if (token.type === 'image' || token.type === 'html') return '';
      return 'text' in token ? decodeEntities(String(token.text)) : '';
    })
    .join('');
}

function decodeEntities(text: string): string {
  const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: '\u00a0' };
  return text.replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (_, name: string) => named[name] as string);
}
