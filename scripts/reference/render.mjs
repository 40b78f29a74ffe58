/** The reference as Markdown. */

import { headingOf, linksOn, methodHeading, slugOf } from './links.mjs';

/**
 * @import { Docstring } from './docstring.mjs'
 * @import { Entry } from './entries.mjs'
 * @import { Links } from './links.mjs'
 * @import { Method, Property } from './members.mjs'
 * @import { Page } from './pages.mjs'
 */

const NOTE = '<!-- Made from the docstrings by `npm run reference`. Change them, not this page. -->';

/**
 * @param {readonly Page[]} pages
 * @param {readonly Entry[]} entries of all entry points
 * @returns {ReadonlyMap<string, string>} the text of each file
 */
export function render(pages, entries) {
  const placed = new Map(pages.map((page) => [page, entriesFor(page, pages, entries)]));
  const places = new Map(
    [...placed].flatMap(([{ file }, ones]) =>
      ones.map((entry) => /** @type {const} */ ([entry.name, { page: file, entry }])),
    ),
  );
  const texts = [...placed].map(
    ([page, ones]) => /** @type {const} */ ([page.file, pageOf(page, ones, linksOn(places, page.file))]),
  );
  return new Map([['README.md', index(pages, entries, linksOn(places, 'README.md'))], ...texts]);
}

/**
 * @param {Page} page
 * @param {readonly Page[]} pages
 * @param {readonly Entry[]} entries
 */
function entriesFor(page, pages, entries) {
  /** @param {Entry} entry */
  const pageFor = ({ name, file }) =>
    pages.find(({ first }) => first.includes(name)) ??
    pages.filter(({ from }) => from.some((path) => file.startsWith(path))).at(-1) ??
    pages[0];
  const unknown = page.first.find((name) => !entries.some((entry) => entry.name === name));
  if (unknown !== undefined) throw new Error(`${page.file} begins with ${unknown}, which no entry point exports.`);
  const here = entries.filter((entry) => pageFor(entry) === page).sort((a, b) => byName(a.name, b.name));
  const leading = page.first.flatMap((name) => here.filter((entry) => entry.name === name));
  return [...leading, ...here.filter((entry) => !leading.includes(entry))];
}

/**
 * @param {readonly Page[]} pages
 * @param {readonly Entry[]} entries
 * @param {Links} links
 */
function index(pages, entries, links) {
  const specifiers = [...new Set(entries.map(({ specifier }) => specifier))];
  return join([
    NOTE,
    '# API reference',
    'All that the package exports, page by page. The [guides](../guides/getting-started.md) say how it goes together.',
    pages.map(({ file, title, about }) => `- [${title}](${file}): ${firstSentence(about)}`).join('\n'),
    ...specifiers.flatMap((specifier) => {
      const names = entries.filter((entry) => entry.specifier === specifier).map(({ name }) => name);
      return [
        `## ${specifier}`,
        names
          .sort(byName)
          .map((name) => `[\`${name}\`](${links.to(name)})`)
          .join(',\n'),
      ];
    }),
  ]);
}

/**
 * @param {Page} page
 * @param {readonly Entry[]} entries
 * @param {Links} links
 */
function pageOf({ title, about }, entries, links) {
  const contents = entries.map((entry) => {
    const link = `- [\`${headingOf(entry)}\`](${links.to(entry.name)})`;
    const line = entry.doc.text === '' ? link : `${link}: ${links.prose(firstSentence(entry.doc.text))}`;
    return entry.methods.length === 0 ? line : `${line}\\\n  ${methodsOf(entry)}`;
  });
  return join([
    NOTE,
    `# ${title}`,
    about,
    '[All pages](README.md)',
    contents.join('\n'),
    ...entries.flatMap((entry) => partOf(entry, links)),
  ]);
}

/** @param {Entry} entry */
function methodsOf(entry) {
  return entry.methods.map(({ name }) => `[\`${name}()\`](#${slugOf(methodHeading(entry, name))})`).join(' · ');
}

/**
 * @param {Entry} entry
 * @param {Links} links
 * @returns {readonly string[]}
 */
function partOf(entry, links) {
  const { specifier, kind, name, signature, doc, making, bases } = entry;
  const isValue = kind === 'class' || kind === 'function' || kind === 'const';
  return [
    `## ${headingOf(entry)}`,
    code(`import ${isValue ? '' : 'type '}{ ${name} } from '${specifier}';${signature && `\n\n${signature}`}`),
    ...docOf(doc, links),
    ...docOf(making, links),
    bases.length === 0 ? '' : basesOf(kind, bases.map(links.type).join(' and ')),
    table(entry.properties, links),
    ...entry.methods.flatMap((method) => methodOf(entry, method, links)),
  ];
}

/**
 * @param {Entry['kind']} kind
 * @param {string} bases
 */
function basesOf(kind, bases) {
  return kind === 'class' ? `Extends ${bases}.` : `Also has what ${bases} has.`;
}

/**
 * @param {Entry} entry
 * @param {Method} method
 * @param {Links} links
 */
function methodOf(entry, { name, signature, doc }, links) {
  return [`### ${methodHeading(entry, name)}`, code(signature), ...docOf(doc, links)];
}

/**
 * @param {Docstring} doc
 * @param {Links} links
 * @returns {readonly string[]}
 */
function docOf({ text, params, returns, throws, examples }, links) {
  const facts = [
    ...params.map((param) => `- \`${param.name}\`: ${links.prose(param.text)}`),
    ...(returns === '' ? [] : [`- Returns: ${links.prose(returns)}`]),
    ...throws.map((errors) => `- Throws ${links.prose(errors)}`),
  ];
  return [links.prose(text), facts.map((fact) => fact.replace(/\n/g, '\n  ')).join('\n'), ...examples.map(code)];
}

/**
 * @param {readonly Property[]} properties
 * @param {Links} links
 */
function table(properties, links) {
  if (properties.length === 0) return '';
  const rows = properties.map(({ name, isOptional, type, doc }) => {
    const what = [doc.text, doc.throws.map((errors) => `Throws ${errors}.`).join(' ')].join(' ').trim();
    return [`\`${name}${isOptional ? '?' : ''}\``, links.type(type), links.prose(what)].map(cell).join(' | ');
  });
  return ['| name | type | what it is |', '|---|---|---|', ...rows.map((row) => `| ${row} |`)].join('\n');
}

/** @param {string} text */
function cell(text) {
  return text.replace(/\n\n/g, '<br>').replace(/\n/g, ' ').replace(/\|/g, '\\|');
}

/** @param {string} text */
function code(text) {
  return `\`\`\`ts\n${text}\n\`\`\``;
}

/** @param {string} text */
function firstSentence(text) {
  const [paragraph = ''] = text.split('\n\n');
  const line = paragraph.replace(/\n/g, ' ');
  // A full stop inside code ends no sentence.
  return /^(?:`[^`]*`|[^`])*?\.(?=\s|$)/.exec(line)?.[0] ?? line;
}

/**
 * By the alphabet, the same on every machine.
 *
 * @param {string} a
 * @param {string} b
 */
function byName(a, b) {
  const [x, y] = [a.toLowerCase(), b.toLowerCase()];
  if (x !== y) return x < y ? -1 : 1;
  return a < b ? -1 : 1;
}

/** @param {readonly string[]} blocks */
function join(blocks) {
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}
