/** Words in lines, and in numbers. */

import { oneLine, textWidth } from '../live/text.js';
import { shownCount } from '../terminal.js';

/** In lines of at most so many columns, each after the indent; Infinity: one line. */
export function wrapped(text: string, columns: number, indent: string): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of oneLine(text).split(/ +/)) {
    if (line !== '' && textWidth(indent) + textWidth(line) + 1 + textWidth(word) > columns) {
      lines.push(indent + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, indent + line];
}

export function counted(n: number, noun: string): string {
  return `${shownCount(n)} ${noun}${n === 1 ? '' : 's'}`;
}
