/** When a failed attempt is tried again. */

import { type Duration, durationMs } from './duration.js';
import { OptionError } from './errors.js';
import { checkOptions } from './options.js';

/** What a task says about its retries. */
export interface RetryOptions {
  /** Tries in all, the first included; `Infinity` = without end. Default 3. */
  readonly attempts?: number | undefined;
  /** The wait before the next try. Default: exponential from 1 s to 1 h with full jitter of half. */
  readonly backoff?: Backoff | undefined;
}

/**
 * The wait before the next try, in one of four forms.
 *
 * - a duration: always the same wait
 * - a list: the wait after the first failure, the second, …; the last one repeats
 * - `exponential`: `first · factor^(failures − 1)`, at most `max`; `jitter` is the share (0–1) of the wait that is random
 * - a function of the failed attempt's number (from 1) and its error
 */
export type Backoff =
  | Duration
  | readonly Duration[]
  | {
      readonly type: 'exponential';
      readonly first?: Duration | undefined;
      readonly factor?: number | undefined;
      readonly max?: Duration | undefined;
      readonly jitter?: number | undefined;
    }
  | ((attempt: number, error: unknown) => Duration);

export interface RetryPolicy {
  /** `null` = without end. */
  readonly maxAttempts: number | null;
  /** Milliseconds to wait after the given attempt (from 1) failed. */
  delayMs(attempt: number, error: unknown, random: () => number): number;
}

export const DEFAULT_ATTEMPTS: number = 3;

/** @throws OptionError for an unknown option, attempts that aren't a whole number ≥ 1, and for a backoff of no known form */
export function retryPolicy(options: RetryOptions = {}): RetryPolicy {
  checkOptions('retry', options, ['attempts', 'backoff']);
  return {
    maxAttempts: maxAttempts(options.attempts ?? DEFAULT_ATTEMPTS),
    delayMs: backoffRule(options.backoff ?? { type: 'exponential' }),
  };
}

export function maxAttempts(attempts: number): number | null {
  if (attempts === Infinity) return null;
  if (Number.isSafeInteger(attempts) && attempts >= 1) return attempts;
  throw new OptionError(`retry.attempts is ${String(attempts)}; it must be a whole number of 1 or more, or Infinity.`);
}

function backoffRule(backoff: Backoff): RetryPolicy['delayMs'] {
  if (typeof backoff === 'function') {
    return (attempt, error) => durationMs(backoff(attempt, error), 'the wait that retry.backoff() returned');
  }
  if (typeof backoff === 'number' || typeof backoff === 'string') {
    const waitMs = durationMs(backoff, 'retry.backoff');
    return () => waitMs;
  }
  if (isList(backoff)) return listRule(backoff);
  if (typeof backoff === 'object' && backoff !== null && backoff.type === 'exponential')
    return exponentialRule(backoff);
  throw new OptionError(
    `retry.backoff is ${JSON.stringify(backoff)}; give a duration, a list of durations, { type: 'exponential' }, or a function.`,
  );
}

function isList(backoff: Backoff): backoff is readonly Duration[] {
  return Array.isArray(backoff);
}

function listRule(list: readonly Duration[]): RetryPolicy['delayMs'] {
  if (list.length === 0) throw new OptionError('retry.backoff is an empty list; give at least one wait.');
  const waits = list.map((wait, i) => durationMs(wait, `retry.backoff[${i}]`));
  return (attempt) => waits[Math.min(attempt, waits.length) - 1] as number;
}

function exponentialRule(options: Extract<Backoff, { type: 'exponential' }>): RetryPolicy['delayMs'] {
  checkOptions('retry.backoff', options, ['type', 'first', 'factor', 'max', 'jitter']);
  const firstMs = durationMs(options.first ?? 1_000, 'retry.backoff.first');
  const maxMs = durationMs(options.max ?? 3_600_000, 'retry.backoff.max');
  const factor = options.factor ?? 2;
  const jitter = options.jitter ?? 0.5;
  if (!(Number.isFinite(factor) && factor >= 1)) {
    throw new OptionError(`retry.backoff.factor is ${String(factor)}; it must be a number of 1 or more.`);
  }
  if (!(jitter >= 0 && jitter <= 1)) {
    throw new OptionError(`retry.backoff.jitter is ${String(jitter)}; it must be between 0 (none) and 1 (all random).`);
  }
  return (attempt, _error, random) => {
    // 0 times an overflow would be no number.
    const waitMs = firstMs === 0 ? 0 : Math.min(maxMs, firstMs * factor ** (attempt - 1));
    return Math.round(waitMs * (1 - jitter * random()));
  };
}
