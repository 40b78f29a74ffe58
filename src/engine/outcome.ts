/** What becomes of an attempt that ended: pure decisions, from what the function did to a transition. */

import { encode } from '../core/codec/index.js';
import { decidingError } from '../core/deciding.js';
import {
  DiscardError,
  InvalidInputError,
  LONGEST_DELAY_MS,
  NonRetryableError,
  RetryAfterError,
  SnoozeError,
  TimeoutError,
} from '../core/errors.js';
import type { Host } from '../core/host.js';
import type { ClaimedJob, JobError, Reason } from '../core/job.js';
import { completed, failed, retried, snoozed, type Transition } from '../core/transitions.js';
import type { Runnable } from './runnable.js';

/** Budgets that fit every store, in bytes of encoded text. */
export const INPUT_LIMIT: number = 96 * 1024;
const RESULT_LIMIT: number = 64 * 1024;
export const PROGRESS_LIMIT: number = 8 * 1024;
/** Of an error's parts; together, with the rest of its record, 4 KiB. */
const NAME_LIMIT = 128;
const MESSAGE_LIMIT = 1_280;
const STACK_LIMIT = 2_048;

/** Of the host, what some decisions need. */
export type Moment = Pick<Host, 'now' | 'random32'>;

/** The function returned. A value that can't be stored fails the job, and is not retried: it would come again. */
export function afterReturn(job: ClaimedJob, runnable: Runnable, value: unknown, moment: Moment): Transition {
  try {
    return completed(encode(value, 'result', RESULT_LIMIT), runnable.keep);
  } catch (error) {
    return failed(jobError(error, 'invalid-result', job.attempt, moment.now()), runnable.keep);
  }
}

/** The function threw, or rejected. */
export function afterThrow(job: ClaimedJob, runnable: Runnable, error: unknown, moment: Moment): Transition {
  const decides = decidingError(error);
  if (decides instanceof SnoozeError) return snoozed(decides.delayMs);
  if (decides instanceof RetryAfterError) return retryOrFail(job, runnable, error, 'threw', moment, decides.delayMs);
  const final = finalReason(decides);
  if (final !== null) return failed(jobError(error, final, job.attempt, moment.now()), runnable.keep);
  return retryOrFail(job, runnable, error, decides instanceof TimeoutError ? 'timed-out' : 'threw', moment);
}

/** What comes before the function went wrong: the record is unreadable, the input doesn't fit the schema, a key function threw. */
export function beforeRun(
  job: ClaimedJob,
  runnable: Runnable,
  error: unknown,
  reason: Reason,
  moment: Moment,
): Transition {
  if (reason === 'threw') return afterThrow(job, runnable, error, moment);
  return failed(jobError(error, reason, job.attempt, moment.now()), runnable.keep);
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
  const record = jobError(error, reason, job.attempt, moment.now());
  if (job.maxAttempts !== null && job.attempt >= job.maxAttempts) return failed(record, runnable.keep);
  try {
    const delayMs = fixedDelayMs ?? runnable.retry.delayMs(job.attempt, error, () => moment.random32() / 2 ** 32);
    return retried(record, Math.min(delayMs, LONGEST_DELAY_MS));
  } catch (broken) {
    // The task's own backoff function failed: the job must not fail with it, nor be lost.
    const message = cut(`${record.message}; and its backoff failed: ${messageOf(broken)}`, MESSAGE_LIMIT);
    const both = { ...record, message };
    return retried(both, 1_000);
  }
}

/** An error as the record keeps it, at most 4 KiB. Whatever was thrown, this answers. */
function jobError(error: unknown, reason: Reason, attempt: number, at: number): JobError {
  const part = (name: 'name' | 'message' | 'stack'): string | null => textOf(() => (error as Error)[name]);
  const isError = error instanceof Error;
  return {
    name: cut((isError ? part('name') : null) ?? (isError ? 'Error' : typeof error), NAME_LIMIT),
    message: cut(messageOf(error), MESSAGE_LIMIT),
    stack: isError ? cutOrNull(part('stack'), STACK_LIMIT) : null,
    reason,
    attempt,
    at,
  };
}

function messageOf(error: unknown): string {
  if (error instanceof Error) return textOf(() => error.message) ?? 'an error without a readable message';
  const isObject = typeof error === 'object' && error !== null;
  return (
    textOf(() => (isObject ? (JSON.stringify(error) ?? String(error)) : String(error))) ??
    'something unreadable was thrown'
  );
}

/** Null unless it is text: getters throw, and a message can be anything. */
function textOf(read: () => unknown): string | null {
  try {
    const text = read();
    return text === undefined || text === null ? null : String(text);
  } catch {
    return null;
  }
}

function cutOrNull(text: string | null, limitBytes: number): string | null {
  return text === null ? null : cut(text, limitBytes);
}

/** At most so many bytes of UTF-8, and nothing that a store couldn't carry. */
function cut(text: string, limitBytes: number): string {
  const carried = text.replaceAll('\0', '\uFFFD').toWellFormed();
  if (carried.length * 3 <= limitBytes) return carried;
  const { read } = new TextEncoder().encodeInto(carried, new Uint8Array(limitBytes - 3));
  return read === carried.length ? carried : `${carried.slice(0, read)}…`;
}
