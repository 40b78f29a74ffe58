/** Options are declared once, with their names; an unknown one is an error that suggests the nearest. */

import { OptionError } from './errors.js';

/**
 * @param what what the options belong to, quoted in the error: `TaskManager`, `task 'resize'`
 * @throws OptionError naming the unknown option and the nearest known one
 */
export function checkOptions(what: string, given: object, known: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const near = nearest(name, known);
    const hint = near === null ? `Known: ${known.join(', ')}.` : `Did you mean '${near}'?`;
    throw new OptionError(`${what} has no option '${name}'. ${hint}`);
  }
}

/** The candidate within a third of the name's length in edits, or null. */
export function nearest(name: string, candidates: readonly string[]): string | null {
  let best: string | null = null;
  let bestEdits = Math.max(2, Math.ceil(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const edits = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (edits < bestEdits) [best, bestEdits] = [candidate, edits];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

/** @throws OptionError unless it is a whole number within the bounds */
export function wholeNumber(value: unknown, what: string, min: number, max: number = Number.MAX_SAFE_INTEGER): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`;
  throw new OptionError(`${what} is ${String(value)}; it must be a whole number ${range}.`);
}

/** @throws OptionError unless it is a non-empty string of at most `maxLength` characters */
export function nonEmptyString(value: unknown, what: string, maxLength = 512): string {
  if (typeof value === 'string' && value !== '' && value.length <= maxLength && !value.includes('\0')) return value;
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value);
  throw new OptionError(`${what} is ${shown}; it must be a string of 1 to ${maxLength} characters without NUL.`);
}
