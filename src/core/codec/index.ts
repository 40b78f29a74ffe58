import { StoreError, TaskspanError, TooLargeError, ValueError } from '../errors.js';
import { writeCanonical } from './canonical.js';
import { inspect } from './inspect.js';
import { isPlainJson } from './plain.js';
import { readTagged, writeTagged } from './tagged.js';

/**
 * How values are stored: as one text per value, `null` for `undefined`.
 *
 * - What JSON brings back as it is, is stored as JSON: readable in any database tool.
 * - Anything else is `~<number>:<text>`, which no JSON begins with. The number is that of the codec: 1 is devalue's
 *   format with our errors, Buffers and `__proto__`. A number once released keeps its meaning.
 */
const TAGGED = '~1:';

/**
 * A value's text for the store.
 *
 * Carried, on every store alike: what JSON carries, and `undefined`, `NaN`, `±Infinity`, `-0`, bigints, boxed
 * primitives, holes in arrays, Date, RegExp, Map, Set, ArrayBuffer, typed arrays, DataView, Node's Buffer, errors
 * (name, message, stack, cause, an AggregateError's errors, `code` if it is a string; a class of one's own comes back
 * as the standard class it extends), `__proto__` as a key, cycles.
 *
 * As in JSON and structured clone: getters are read; symbol keys, hidden properties and named properties of arrays
 * and other built-ins are left out; an object without a prototype comes back with the usual one. A view carries the
 * bytes it shows, not the buffer behind it. What is referenced twice comes back as one object unless JSON can carry
 * the value, where it is written twice.
 *
 * @param what how the value is called in messages: `input`, `result`
 * @param limitBytes the largest size allowed, in bytes of the text in UTF-8
 * @throws ValueError naming the path of what no store can carry: functions, symbols, class instances, host objects
 *   (URL, Blob, Promise, WeakMap, …), U+0000 and lone surrogates in text (Postgres takes neither), more than 500 levels
 * @throws TooLargeError over the limit
 */
export function encode(value: unknown, what: string, limitBytes: number): string | null {
  if (value === undefined) return null;
  const text = writeJson(value, what, limitBytes) ?? TAGGED + writeOther(value, what);
  const size = sizeOver(text, limitBytes);
  if (size !== undefined) throw new TooLargeError(what, size, limitBytes);
  return text;
}

/**
 * The value of a text that `encode` made. Nothing in the text can touch a prototype or run code.
 *
 * @param limitBytes if given, a longer text is refused before it is parsed
 * @throws ValueError if the text is corrupt
 * @throws TooLargeError over the limit
 * @throws StoreError NEWER_VERSION if a later version's codec made it
 */
export function decode(text: string | null, limitBytes?: number): unknown {
  if (text === null) return undefined;
  if (typeof text !== 'string') throw new ValueError(`A stored value is corrupt: it is no text but a ${typeof text}.`);
  const size = limitBytes === undefined ? undefined : sizeOver(text, limitBytes);
  if (size !== undefined) throw new TooLargeError('a stored value', size, limitBytes as number);
  try {
    if (text.charCodeAt(0) !== 126 /* ~ */) return JSON.parse(text);
    if (text.startsWith(TAGGED)) return readTagged(text.slice(TAGGED.length));
  } catch (error) {
    throw new ValueError(`A stored value is corrupt: ${String(error)}`, { cause: error });
  }
  const codec = /^~(\d{1,6}):/.exec(text)?.[1];
  if (codec === undefined || codec.startsWith('0'))
    throw new ValueError('A stored value is corrupt: no codec has its mark.');
  throw new StoreError(
    'NEWER_VERSION',
    `A stored value was made by codec ${codec}; this version of taskspan reads codecs up to 1. Upgrade it here too.`,
  );
}

/**
 * What the digest of a stored text is made of: one text for all values that count as equal.
 *
 * @returns `undefined` for a value that can't be written as a tree
 * @throws what `decode` throws
 */
export function canonicalText(text: string | null): string | undefined {
  // Sixteen times the text is more than any tree takes that was stored as one.
  return writeCanonical(decode(text), (text?.length ?? 0) * 16 + 1024);
}

/** `undefined` if it is no plain JSON. */
function writeJson(value: unknown, what: string, limitBytes: number): string | undefined {
  let text: string;
  try {
    // A value takes a byte at least, so what has more values than the limit has bytes can't fit as JSON.
    if (!isPlainJson(value, limitBytes)) return undefined;
    // Of numbers, the platform has many texts at hand.
    text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  } catch {
    return undefined; // A getter threw; `inspect` will find and name it.
  }
  // JSON escapes U+0000 and lone surrogates, so one search of the text clears all strings and keys.
  if (text.includes('\\u') && /\\u(?:0000|d[89a-f])/.test(text)) inspect(value, what);
  return text;
}

function writeOther(value: unknown, what: string): string {
  try {
    return writeTagged(value, what);
  } catch (error) {
    if (error instanceof TaskspanError) throw error;
    throw new ValueError(`${what} can't be read: ${String(error)}`, { cause: error });
  }
}

/** The size in bytes if it is over the limit. A UTF-16 unit takes 1 to 3 bytes of UTF-8, so it is rarely computed. */
function sizeOver(text: string, limitBytes: number): number | undefined {
  if (text.length * 3 <= limitBytes) return undefined;
  const size = new TextEncoder().encode(text).length;
  return size > limitBytes ? size : undefined;
}
