import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { canonicalText } from './codec/index.js';

/**
 * Tells whether the same idempotency key came with the same task and input: equal digests mean the same.
 *
 * It is made of the stored text, so what is compared is what would run. It doesn't depend on the order of an object's
 * keys, a Map's entries or a Set's members, nor on properties that are `undefined`, on an error's stack, or on whether
 * equal parts are one object. Only a value with cycles is compared as it is written, order included.
 *
 * @param input the input as `encode` returned it
 * @returns `v1:` and 32 hex digits, 128 bits of a SHA-256. Digests of different versions can't be compared
 * @throws what `decode` throws
 */
export function digest(task: string, input: string | null): string {
  const canonical = canonicalText(input);
  // JSON marks where the name ends, and the letter how the rest is to be read.
  const source = JSON.stringify(task) + (canonical === undefined ? `T${input}` : `C${canonical}`);
  return `v1:${bytesToHex(sha256(new TextEncoder().encode(source)).subarray(0, 16))}`;
}
