/** What a sample's claims become: each is compared when the sample reaches it, and written down for the test to read. */

import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';

export interface Checked {
  /** The claim's number in its program. */
  readonly claim: number;
  /** Null if it held. */
  readonly failure: string | null;
}

/** `value; // → expected`. Of an object, only the fields that `expected` names are compared; a RegExp tests a text. */
export function is<T>(claim: number, actual: T, expected: unknown): T {
  try {
    compare(actual, expected);
    tell({ claim, failure: null });
  } catch (error) {
    tell({ claim, failure: (error as Error).message });
  }
  return actual;
}

/** `statement; // → throws Name`. */
export async function throws(claim: number, run: () => unknown, name: string): Promise<void> {
  try {
    await run();
    tell({ claim, failure: 'It threw nothing.' });
  } catch (error) {
    const { name: actual, message } = error as Error;
    tell({ claim, failure: actual === name ? null : `It threw ${actual}: ${message}` });
  }
}

function compare(actual: unknown, expected: unknown): void {
  if (expected instanceof RegExp && typeof actual === 'string') return assert.match(actual, expected);
  if (Array.isArray(expected) && Array.isArray(actual)) {
    assert.equal(actual.length, expected.length, `It has ${actual.length} items: ${JSON.stringify(actual)}`);
    for (const [i, item] of expected.entries()) compare(actual[i], item);
    return;
  }
  if (isPlain(expected) && typeof actual === 'object' && actual !== null) {
    for (const [name, value] of Object.entries(expected)) compare((actual as Record<string, unknown>)[name], value);
    return;
  }
  assert.deepStrictEqual(actual, expected);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function tell(checked: Checked): void {
  appendFileSync(process.env.SAMPLE_CHECKS as string, `${JSON.stringify(checked)}\n`);
}
