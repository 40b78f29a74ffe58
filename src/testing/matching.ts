/** Whether a value contains another, as tests ask it of inputs. */

import { canonicalText, encode } from '../core/codec/index.js';

/**
 * A part of a `T`: of an object, some of its fields; of an array, as many items, each a part; of anything else, such
 * as a Date, an equal value.
 */
export type PartOf<T> = T extends Date | RegExp | Error | ArrayBuffer | ArrayBufferView
  ? T
  : T extends ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>
    ? T
    : T extends object
      ? { readonly [K in keyof T]?: PartOf<T[K]> | undefined }
      : T;

/** `undefined` in a part asks that the field is undefined or not there. */
export function contains(whole: unknown, part: unknown): boolean {
  if (Object.is(whole, part)) return true;
  if (Array.isArray(part)) {
    return Array.isArray(whole) && whole.length === part.length && part.every((item, i) => contains(whole[i], item));
  }
  if (!isPlain(part)) return isSame(whole, part);
  if (!isPlain(whole)) return false;
  return Object.entries(part).every(([name, own]) => contains(whole[name], own));
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Equal, as a store would keep them. */
function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  try {
    return canonicalText(encode(one, 'input', Infinity)) === canonicalText(encode(other, 'input', Infinity));
  } catch {
    return false;
  }
}
