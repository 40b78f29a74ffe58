/** The pages that people read, and the blocks of code in them. */

import { filesOf, textOf } from '../house/source.js';

export interface Block {
  readonly page: string;
  /** Of its first line of code, counted from 1. */
  readonly line: number;
  /** As written behind the fence: `ts`, `sh`; empty for none. */
  readonly language: string;
  readonly text: string;
}

export function pages(): readonly string[] {
  return ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...filesOf('docs').filter((path) => path.endsWith('.md'))];
}

/** Those that people write. The reference shows signatures, and examples without what stands around them: no programs. */
export function writtenPages(): readonly string[] {
  return pages().filter((page) => !page.startsWith('docs/reference/'));
}

export function blocksOfPage(page: string): readonly Block[] {
  return blocksOf(page, textOf(page));
}

/** @throws Error for a fence that is indented or never closed: its code would be passed over */
export function blocksOf(page: string, text: string): readonly Block[] {
  const blocks: Block[] = [];
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const fence = /^(\s*)(?:```|~~~)(.*)$/.exec(lines[i] as string);
    if (fence === null) continue;
    const [, indent, language = ''] = fence;
    if (indent !== '') throw new Error(`${page}:${i + 1} has an indented fence; begin it at the start of the line.`);
    const end = lines.indexOf('```', i + 1);
    if (end < 0) throw new Error(`${page}:${i + 1} has a fence that nothing closes.`);
    blocks.push({ page, line: i + 2, language: language.trim(), text: lines.slice(i + 1, end).join('\n') });
    i = end;
  }
  return blocks;
}

/** The page without its blocks of code, line by line as before. */
export function proseOf(text: string): string {
  let isCode = false;
  return text
    .split('\n')
    .map((line) => {
      const isFence = line.startsWith('```');
      if (isFence) isCode = !isCode;
      return isCode || isFence ? '' : line;
    })
    .join('\n');
}
