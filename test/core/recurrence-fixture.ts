/** What the tests of recurrence share. */
import { preview, type Recurrence, type RecurrenceOptions, recurrence } from '../../src/core/recurrence/index.js';

export const second: number = 1_000;
export const minute: number = 60_000;
export const hour: number = 60 * minute;
export const day: number = 24 * hour;

/** Not a round time: a rule that mixes up the time of its making with another time shows. */
export const now: number = Date.UTC(2026, 1, 3, 4, 5, 6, 789);

export const utc = (text: string): number => Date.parse(`${text}Z`);
export const iso = (slots: readonly (number | null)[]): readonly (string | null)[] =>
  slots.map((slot) => (slot === null ? null : new Date(slot).toISOString().replace('.000Z', 'Z')));

export const rule = (options: RecurrenceOptions): Recurrence => recurrence(options, now);
export const slotsFrom = (options: RecurrenceOptions, from: string, n: number): readonly (string | null)[] =>
  iso(preview(rule(options), utc(from), n));
