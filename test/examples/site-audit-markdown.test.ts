/** Markdown in the site audit: ids as GitHub makes them, lines as the author counts them. */
import { describe, expect, it } from 'vitest';
import { renderMarkdown, slugger } from '../../examples/site-audit/markdown.js';
import { readPage } from '../../examples/site-audit/read-page.js';

describe('slugger', () => {
  it.each([
    ['Getting started', 'getting-started'],
    ['`trigger` or `enqueue`?', 'trigger-or-enqueue'],
    ['Élan vital: 2 × 3', 'élan-vital-2--3'],
    ['snake_case & kebab-case', 'snake_case--kebab-case'],
  ])('%s becomes %s', (text, id) => {
    expect(slugger()(text)).toBe(id);
  });

  it('numbers headings of the same text, and keeps clear of ids that are taken', () => {
    const slug = slugger();
    expect(['Twice', 'Twice', 'Twice 1', 'Twice'].map(slug)).toEqual(['twice', 'twice-1', 'twice-1-1', 'twice-2']);
  });
});

describe('renderMarkdown', () => {
  it('gives headings ids of their plain text', () => {
    const page = readPage(renderMarkdown('# A **bold** [link](x.md) &amp; `co<de`\n', 'file.md'));
    expect(page.title).toBe('A bold link & co<de');
    expect(page.ids).toEqual(['a-bold-link--code']);
    expect(page.headings).toEqual([{ level: 1, text: 'A bold link & co<de', line: 1, section: '' }]);
  });

  it('takes the file name as title if there is no first-level heading', () => {
    expect(readPage(renderMarkdown('## Second\n', '<file>.md')).title).toBe('<file>.md');
  });

  it('says the line of each link and image in the Markdown file', () => {
    const markdown = [
      '# Title', // 1
      '',
      'Text with [one](1)', // 3
      'and **[two](2)**,', // 4
      '',
      '- [three](3)', // 6
      '  - [four](4)', // 7
      '- text', // 8
      '  ![five](5)', // 9
      '',
      '| a | b |', // 11
      '|---|---|',
      '| [six](6) | x |', // 13
      '| x | [seven](7) |', // 14
      '',
      '> quoted', // 16
      '> [eight][8]', // 17
      '',
      '<a href="9">nine</a>', // 19
      '',
      '[8]: 8', // 21
      '',
      '## [ten](10)', // 23
    ].join('\n');
    const page = readPage(renderMarkdown(markdown, 'file.md'));
    expect(page.anchors.map(({ href, line }) => `${href}:${line}`)).toEqual([
      '1:3',
      '2:4',
      '3:6',
      '4:7',
      '6:13',
      '7:14',
      '8:17',
      '9:19',
      '10:23',
    ]);
    expect(page.images.map(({ src, line }) => `${src}:${line}`)).toEqual(['5:9']);
    expect(page.headings.map(({ line }) => line)).toEqual([1, 23]);
  });
});
