/** What becomes of an attempt that ended: pure decisions, from what the function did to a transition. */

import { encode } from '../core/codec/index.js';
import {
  DiscardError,
  InvalidInputError,
  NonRetryableError,
  RetryAfterError,
  SnoozeError,
  TaskspanError,
  TimeoutError,
} from '../core/errors.js';
import type { ClaimedJob, JobError, Reason } from '../core/job.js';
import { completed, failed, retried, snoozed, type Transition } from '../core/transitions.js';
import type { Runnable } from './runnable.js';

/** Budgets that fit every store, in bytes of encoded text. */
export const INPUT_LIMIT: number = 96 * 1024;
export const RESULT_LIMIT: number = 64 * 1024;
export const PROGRESS_LIMIT: number = 8 * 1024;
const ERROR_LIMIT = 4 * 1024;

export interface Moment {
  readonly now: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** The function returned. A value that can't be stored fails the job, and is not retried: it would come again. */
export function afterReturn(job: ClaimedJob, runnable: Runnable, value: unknown, moment: Moment): Transition {
  try {
    return completed(encode(value, 'result', RESULT_LIMIT), runnable.keep);
  } catch (error) {
    return failed(jobError(error, 'invalid-result', job.attempt, moment.now), runnable.keep);
  }
}

/** The function threw, or rejected. */
export function afterThrow(job: ClaimedJob, runnable: Runnable, error: unknown, moment: Moment): Transition {
  if (error instanceof SnoozeError) return snoozed(Math.max(0, error.delayMs));
  if (error instanceof RetryAfterError) return retryOrFail(job, runnable, error, 'threw', moment, Math.max(0, error.delayMs));
  const final = finalReason(error);
  if (final !== null) return failed(jobError(error, final, job.attempt, moment.now), runnable.keep);
  return retryOrFail(job, runnable, error, error instanceof TimeoutError ? 'timed-out' : 'threw', moment);
}

/** What comes before the function went wrong: the record is unreadable, the input doesn't fit the schema, a key function threw. */
export function beforeRun(job: ClaimedJob, runnable: Runnable, error: unknown, reason: Reason, moment: Moment): Transition {
  if (reason === 'threw') return afterThrow(job, runnable, error, moment);
  return failed(jobError(error, reason, job.attempt, moment.now), runnable.keep);
}

function finalReason(error: unknown): Reason | null {
  if (error instanceof DiscardError) return 'discarded';
  if (error instanceof NonRetryableError) return 'non-retryable';
  if (error instanceof InvalidInputError) return 'invalid-input';
  return null;
}

function retryOrFail(
  job: ClaimedJob,
  runnable: Runnable,
  error: unknown,
  reason: Reason,
  moment: Moment,
  fixedDelayMs?: number,
): Transition {
  const record = jobError(error, reason, job.attempt, moment.now);
  if (job.maxAttempts !== null && job.attempt >= job.maxAttempts) return failed(record, runnable.keep);
  try {
    return retried(record, fixedDelayMs ?? runnable.retry.delayMs(job.attempt, error, moment.random));
  } catch (broken) {
    // The task's own backoff function failed: the job must not fail with it, nor be lost.
    const both = { ...record, message: cut(`${record.message}; and its backoff failed: ${messageOf(broken)}`, ERROR_LIMIT / 2) };
    return retried(both, 1_000);
  }
}

/** An error as the record keeps it, cut to 4 KiB. */
export function jobError(error: unknown, reason: Reason, attempt: number, at: number): JobError {
  const isError = error instanceof Error;
  return {
    name: cut(isError ? (error instanceof TaskspanError ? error.name : String(error.name)) : typeof error, 128),
    message: cut(messageOf(error), ERROR_LIMIT / 4),
    stack: isError && typeof error.stack === 'string' ? cut(error.stack, ERROR_LIMIT / 2) : null,
    reason,
    attempt,
    at,
  };
}

function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  try {
    return typeof error === 'object' && error !== null ? (JSON.stringify(error) ?? String(error)) : String(error);
  } catch {
    return Object.prototype.toString.call(error);
  }
}

/** At most so many characters, and nothing that a store couldn't carry. */
function cut(text: string, length: number): string {
  const carried = text.replaceAll('\0', '\uFFFD');
  const short = carried.length <= length ? carried : `${carried.slice(0, length - 1)}…`;
  return short.toWellFormed();
}
