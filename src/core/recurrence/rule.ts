import type { Duration } from '../duration.js';

/** What a slot makes if it is due while the schedule's last job is unfinished: nothing, a job that waits, or a job. */
export type OverlapPolicy = 'skip' | 'queue' | 'allow';

/** What happens to slots that passed while nobody was there: one job for the latest, none, or one each. */
export type MissedPolicy = 'latest' | 'skip' | 'all';

export const overlapPolicies: readonly OverlapPolicy[] = ['skip', 'queue', 'allow'];
export const missedPolicies: readonly MissedPolicy[] = ['latest', 'skip', 'all'];
export const gapPolicies = ['shift', 'skip'] as const;
export const repeatedPolicies = ['first', 'both'] as const;

/** When a schedule makes jobs, as a user types it. Exactly one of `at`, `every` and `cron`. */
export interface RecurrenceOptions {
  /** Once, at this time (a Date, or epoch ms). */
  at?: Date | number | undefined;
  /**
   * At an even pace, at least 1 ms (rounded to whole ms), counted from `startAt`: slots don't drift, whatever a job
   * takes. Real time, so `'1d'` is 24 hours also when the clocks change.
   */
  every?: Duration | undefined;
  /**
   * Five fields (minute hour day month weekday), or six with seconds first; names, ranges, steps, `L`, `W`, `#` and
   * `@daily` as in croner. A day and a weekday mean either; a weekday that starts with `+` means both.
   */
  cron?: string | undefined;
  /** IANA name of the zone whose wall clock `cron` means. Default `'UTC'`. */
  timeZone?: string | undefined;
  /** How many jobs in all. Slots that made none (missed, or skipped by `overlap`) don't count. Default: endless. */
  repeat?: number | undefined;
  /**
   * No slot before this time. For `every` also its first slot; without it, the first is one interval after the
   * schedule was made. A time taken from the clock at each start makes a new rule at each start.
   */
  startAt?: Date | number | undefined;
  /** No slot after this time; a slot at exactly this time fires. */
  endAt?: Date | number | undefined;
  /** Default `'skip'`. */
  overlap?: OverlapPolicy | undefined;
  /** Default `'latest'`. With `'skip'`, a slot is missed when it is over a minute late or the next one is due too. */
  missed?: MissedPolicy | undefined;
  /**
   * For a `cron` that names times of day, when the clocks change. `gap`: a time that is skipped fires when the gap ends
   * (`'shift'`, the default) or not at all (`'skip'`). `overlap`: a time that comes twice fires at the first
   * (`'first'`, the default) or at both (`'both'`). A pattern with `*` or a step in seconds, minutes or hours follows
   * the real time instead: it fires at every instant whose time on the clock fits.
   */
  dst?: { gap?: 'shift' | 'skip' | undefined; overlap?: 'first' | 'both' | undefined } | undefined;
  /** Spreads load: each job is due 0 to `jitterMs` ms after its slot, always the same for the same slot. Default 0. */
  jitterMs?: number | undefined;
}

/** The names of all options, for callers that tell a recurrence's options from their own. */
export const recurrenceOptionNames: readonly (keyof RecurrenceOptions)[] = [
  'at',
  'every',
  'cron',
  'timeZone',
  'repeat',
  'startAt',
  'endAt',
  'overlap',
  'missed',
  'dst',
  'jitterMs',
];

export interface Policies {
  /** What a slot makes while the last job is unfinished. */
  readonly overlap: OverlapPolicy;
  /** What happens to slots that passed. */
  readonly missed: MissedPolicy;
  /** The most that a job is due after its slot, ms. */
  readonly jitterMs: number;
}

/** Null where the user gave none. */
export interface Bounds {
  /** No slot before it; epoch ms. */
  readonly startAt: number | null;
  /** No slot after it; epoch ms. */
  readonly endAt: number | null;
  /** How many jobs in all. */
  readonly repeat: number | null;
}

/** Once, at an instant. */
export interface AtRecurrence extends Policies {
  /** Tells it from the other kinds. */
  readonly kind: 'at';
  /** Epoch ms. */
  readonly at: number;
}

/** At an even pace. */
export interface EveryRecurrence extends Policies, Bounds {
  /** Tells it from the other kinds. */
  readonly kind: 'every';
  /** From one slot to the next, ms. */
  readonly everyMs: number;
  /** Slots are whole intervals away from here: `startAt`, or else the time at which the rule was made. */
  readonly anchorAt: number;
}

/** By a wall clock. */
export interface CronRecurrence extends Policies, Bounds {
  /** Tells it from the other kinds. */
  readonly kind: 'cron';
  /** The pattern: five fields, or six with seconds first. */
  readonly cron: string;
  /** IANA name of the zone whose wall clock is meant. */
  readonly timeZone: string;
  /** What happens to times of day that a change of clocks skips (`gap`) or repeats (`overlap`). */
  readonly dst: { readonly gap: 'shift' | 'skip'; readonly overlap: 'first' | 'both' };
}

/** A recurrence in its normal form: plain JSON with every default filled in. Times are epoch ms. */
export type Recurrence = AtRecurrence | EveryRecurrence | CronRecurrence;

/** The last time that a Date can hold. */
export const lastInstant = 8.64e15;

/**
 * True if two rules say the same, so that registering the second changes nothing. Two `every` without a
 * `startAt` are the same whenever each was made.
 */
export function sameRecurrence(a: Recurrence, b: Recurrence): boolean {
  return recurrenceIdentity(a) === recurrenceIdentity(b);
}

/** A text that two rules share exactly if they say the same; to be hashed into a schedule's fingerprint. */
export function recurrenceIdentity(rule: Recurrence): string {
  return JSON.stringify([rule.kind, rule.overlap, rule.missed, rule.jitterMs, ...identityOfKind(rule)]);
}

function identityOfKind(rule: Recurrence): readonly unknown[] {
  switch (rule.kind) {
    case 'at':
      return [rule.at];
    case 'every':
      // Not the anchor: it is `startAt`, or else only says when the rule was first seen.
      return [rule.everyMs, rule.startAt, rule.endAt, rule.repeat];
    case 'cron':
      return [rule.cron, rule.timeZone, rule.dst.gap, rule.dst.overlap, rule.startAt, rule.endAt, rule.repeat];
  }
}
