/** Values that JSON doesn't carry, in a form that programs in other languages can read. The way back is lost. */

import type { JobSnapshot } from '../../index.js';

/**
 * - Date: its ISO text. bigint: its digits, as text. RegExp: its text.
 * - Map: a list of `[key, value]`. Set: a list. Typed arrays and buffers: base64.
 * - Error: `{ name, message, stack, cause, … }`. Boxed primitives: what is in the box.
 * - NaN, ±Infinity, `undefined`, holes in lists: null. A way back to a value that holds it: "[Circular]".
 */
export function jsonable(value: unknown): unknown {
  return convert(value, []);
}

const boxes = [Number, String, Boolean, BigInt] as const;

function convert(value: unknown, holders: readonly object[]): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'object') return value ?? null;
  if (value === null) return null;
  if (holders.includes(value)) return '[Circular]';
  const within = [...holders, value];
  const inner = (item: unknown): unknown => convert(item, within);
  if (Array.isArray(value)) return Array.from(value, inner);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (value instanceof Map) return Array.from(value, ([key, item]) => [inner(key), inner(item)]);
  if (value instanceof Set) return Array.from(value, inner);
  if (ArrayBuffer.isView(value)) return base64(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return base64(value, 0, value.byteLength);
  if (value instanceof Error) return ofError(value, inner);
  if (boxes.some((box) => value instanceof box)) return inner(value.valueOf());
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, inner(item)]));
}

function base64(buffer: ArrayBufferLike, from: number, length: number): string {
  return Buffer.from(new Uint8Array(buffer, from, length)).toString('base64');
}

function ofError(error: Error, inner: (item: unknown) => unknown): object {
  const { name, message, stack, cause } = error;
  const own = Object.entries(error).map(([key, item]) => [key, inner(item)]);
  return {
    name,
    message,
    stack: stack ?? null,
    ...(cause === undefined ? {} : { cause: inner(cause) }),
    ...Object.fromEntries(own),
  };
}

/** A snapshot with all its fields; what is undefined becomes null by way of `jsonable`. The last error is in `errors`. */
export function jobJson({ lastError: _, ...fields }: JobSnapshot): object {
  return fields;
}
