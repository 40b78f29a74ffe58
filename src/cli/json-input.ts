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

const blanks = /[ \t\n\r]*/uy;
const plainToken = /([{}[\],:])|(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.])/uy;
const escaped = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/uy;

/** The token that stands at a place, and where it ends; null if none does. */
function tokenAt(text: string, start: number): { readonly mark: string; readonly end: number } | null {
  if (text[start] === '"') {
    const end = endOfString(text, start);
    return end === null ? null : { mark: '"', end };
  }
  plainToken.lastIndex = start;
  const match = plainToken.exec(text);
  return match === null ? null : { mark: match[1] ?? '', end: plainToken.lastIndex };
}

/** By hand: a pattern that repeats a choice keeps each turn in mind, and overflows in a text of some megabytes. */
function endOfString(text: string, start: number): number | null {
  for (let at = start + 1; at < text.length; ) {
    const character = text[at] as string;
    if (character === '"') return at + 1;
    if (character < ' ') return null;
    if (character !== '\\') at += 1;
    else {
      escaped.lastIndex = at;
      if (!escaped.test(text)) return null;
      at = escaped.lastIndex;
    }
  }
  return null;
}

function afterBlanks(text: string, from: number): number {
  blanks.lastIndex = from;
  blanks.test(text);
  return blanks.lastIndex;
}

/** Where the first thing stands that JSON doesn't allow: what Node says of it differs by version, and often has no place. */
function faultAt(text: string): number {
  const open: ('{' | '[')[] = [];
  let wants: 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'comma' | 'end' = 'value';
  for (let end = 0; ; ) {
    const start = afterBlanks(text, end);
    const token = tokenAt(text, start);
    if (token === null) return start;
    const { mark } = token;
    end = token.end;
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
      if (mark !== '"') return start;
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
