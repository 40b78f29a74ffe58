/** JSON that a person typed: its value, or where it goes wrong. */

import { UsageError } from './settings.js';

/** @param what how the text is called in the message @throws UsageError with line, column and the place itself */
export function parseInput(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(complaint(text, what));
  }
}

const SHOWN = 60;

function complaint(text: string, what: string): string {
  const example = `Quote it for the shell: '{"name": "Ada"}', '"a text"', '[1, 2]'.`;
  if (text.trim() === '') return `${what} is empty; it must be JSON. ${example}`;
  const at = Math.min(faultAt(text), text.length);
  const before = text.slice(0, at).split('\n');
  const lineStart = at - (before.at(-1) as string).length;
  const line = text.slice(lineStart).split('\n', 1)[0] as string;
  const column = at - lineStart;
  const from = Math.max(0, column - SHOWN / 2);
  const shown = line.slice(from, from + SHOWN).replaceAll('\t', ' ');
  const found = foundAt(text, at);
  return `${what} is no JSON: ${found} (line ${before.length}, column ${column + 1}).\n\n  ${shown}\n  ${' '.repeat(column - from)}^\n\n${example}`;
}

function foundAt(text: string, at: number): string {
  if (at >= text.trimEnd().length) return 'it ends too early';
  const [character = ''] = text.slice(at);
  if (character === '"') return 'the text that begins here has no end, or a character that must be escaped';
  return `${JSON.stringify(character)} can't stand there`;
}

const token =
  /[ \t\n\r]*(?:([{}[\],:])|("(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.]))/uy;

/** Where the first thing stands that JSON doesn't allow: what Node says of it differs by version, and often has no place. */
function faultAt(text: string): number {
  const open: ('{' | '[')[] = [];
  let wants: 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'comma' | 'end' = 'value';
  token.lastIndex = 0;
  for (;;) {
    const from = token.lastIndex;
    const start = from + (/^[ \t\n\r]*/.exec(text.slice(from))?.[0].length ?? 0);
    const match = token.exec(text);
    if (match === null) return start;
    const [, mark, string] = match;
    const isClosing = mark === '}' || mark === ']';
    if (isClosing) {
      const fits: boolean =
        open.at(-1) === (mark === '}' ? '{' : '[') &&
        (wants === 'comma' || wants === (mark === '}' ? 'key or }' : 'value or ]'));
      if (!fits) return start;
      open.pop();
      wants = open.length === 0 ? 'end' : 'comma';
    } else if (mark === ',') {
      if (wants !== 'comma') return start;
      wants = open.at(-1) === '{' ? 'key' : 'value';
    } else if (mark === ':') {
      if (wants !== 'colon') return start;
      wants = 'value';
    } else if (wants === 'key' || wants === 'key or }') {
      if (string === undefined) return start;
      wants = 'colon';
    } else if (wants !== 'value' && wants !== 'value or ]') {
      return start;
    } else if (mark === '{' || mark === '[') {
      open.push(mark);
      wants = mark === '{' ? 'key or }' : 'value or ]';
    } else {
      wants = open.length === 0 ? 'end' : 'comma';
    }
  }
}
