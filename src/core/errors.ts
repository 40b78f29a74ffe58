/**
 * Every error that taskspan throws, in one table.
 *
 * Each has a stable `code`; the message says what happened, to what, and what to do; `cause` is kept.
 */

import { textOfThrown } from './thrown.js';

export type ErrorCode =
  | 'INVALID_OPTION'
  | 'INVALID_VALUE'
  | 'INVALID_INPUT'
  | 'INVALID_SCHEDULE'
  | 'TOO_LARGE'
  | 'DUPLICATE_TASK'
  | 'UNKNOWN_TASK'
  | 'UNKNOWN_SCHEDULE'
  | 'TASK_RECURSION'
  | 'CONSTRAINT_DEADLOCK'
  | 'TASKCHAIN'
  | 'IDEMPOTENCY_CONFLICT'
  | 'JOB_FAILED'
  | 'JOB_CANCELLED'
  | 'JOB_GONE'
  | 'JOB_STATE'
  | 'TIMEOUT'
  | 'LEASE_LOST'
  | 'SHUTTING_DOWN'
  | 'CLOSED'
  | 'MISSING_DRIVER'
  | 'INVALID_STORE'
  | 'STORE_FAILED'
  | 'NEWER_VERSION'
  | 'WRITES_LOST'
  | 'NON_RETRYABLE'
  | 'RETRY_AFTER'
  | 'SNOOZE'
  | 'DISCARD';

/** What every error of taskspan is. */
export class TaskspanError extends Error {
  /** Stable across versions; compare this, not the message. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** An option that doesn't exist, or a value that the option can't take. */
export class OptionError extends TaskspanError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('INVALID_OPTION', message, options);
  }
}

/** A value that no store can carry (a function, a class instance, a symbol, …). */
export class ValueError extends TaskspanError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('INVALID_VALUE', message, options);
  }
}

/** A value over its budget. Sizes are in bytes of UTF-8, after encoding. */
export class TooLargeError extends TaskspanError {
  /** What it takes, encoded. */
  readonly sizeBytes: number;
  /** What it may take. */
  readonly limitBytes: number;

  constructor(what: string, sizeBytes: number, limitBytes: number) {
    super(
      'TOO_LARGE',
      `${what} takes ${sizeBytes} bytes encoded; the limit is ${limitBytes}. Store the payload elsewhere and pass a reference to it.`,
    );
    this.sizeBytes = sizeBytes;
    this.limitBytes = limitBytes;
  }
}

/** An input was refused by its task's schema. */
export class InvalidInputError extends TaskspanError {
  /** What the schema found; `path` is where, such as `user.name`, empty for the whole input. */
  readonly issues: readonly { message: string; path: string }[];

  constructor(task: string, issues: readonly { message: string; path: string }[]) {
    const list = issues.map((i) => (i.path === '' ? i.message : `${i.path}: ${i.message}`)).join('; ');
    super('INVALID_INPUT', `The input of task '${task}' does not fit its schema: ${list}.`);
    this.issues = issues;
  }
}

/** A cron pattern, interval, date or time zone that can't be scheduled. */
export class ScheduleError extends TaskspanError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('INVALID_SCHEDULE', message, options);
  }
}

/** Two tasks of one manager have the same name. */
export class DuplicateTaskError extends TaskspanError {
  constructor(name: string) {
    super('DUPLICATE_TASK', `A task named '${name}' is registered already. Give each task of a manager its own name.`);
  }
}

/** A name that no registered task has. */
export class UnknownTaskError extends TaskspanError {
  constructor(message: string) {
    super('UNKNOWN_TASK', message);
  }
}

/** An id that no schedule of the store has. */
export class UnknownScheduleError extends TaskspanError {
  constructor(id: string, near: string | null) {
    const hint = near === null ? 'It was removed, or never made.' : `Did you mean '${near}'?`;
    super('UNKNOWN_SCHEDULE', `There is no schedule '${id}' in the store. ${hint}`);
  }
}

/** A task that runs before, after or within itself, so that it would never end. */
export class TaskRecursionError extends TaskspanError {
  constructor(names: readonly string[]) {
    const way = names.map((name) => `'${name}'`);
    const shown = way.length <= 8 ? way : [...way.slice(0, 4), '…', ...way.slice(-3)];
    super(
      'TASK_RECURSION',
      `Tasks that run each other as hooks or members would never end: ${shown.join(' → ')}. Take one out of its own hooks and members.`,
    );
  }
}

/** A trigger that waits for what the run it comes from holds: neither could go on. */
export class ConstraintDeadlockError extends TaskspanError {
  constructor(task: string, group: string, key: string) {
    super(
      'CONSTRAINT_DEADLOCK',
      `Task '${task}' was triggered from within a run that holds constraint group '${group}', key '${key}', which it would wait for. Trigger it under another key, enqueue it, or call task.trigger(), which obeys no group.`,
    );
  }
}

/** A member of a chain failed. `cause` is what it threw. */
export class TaskchainError extends TaskspanError {
  /** The name of the chain. */
  readonly chain: string;
  /** The name of the member. */
  readonly task: string;
  /** The member's place, from 0. */
  readonly index: number;

  constructor(chain: string, task: string, index: number, cause: unknown) {
    super('TASKCHAIN', `Chain '${chain}' failed at task '${task}' (index ${index}): ${textOfThrown(cause)}`, { cause });
    this.chain = chain;
    this.task = task;
    this.index = index;
  }
}

/** The same idempotency key came with another input. */
export class IdempotencyConflictError extends TaskspanError {
  /** The key that came twice. */
  readonly idempotencyKey: string;
  /** The job that has the key. */
  readonly jobId: string;

  constructor(idempotencyKey: string, jobId: string, existingDigest: string, givenDigest: string) {
    super(
      'IDEMPOTENCY_CONFLICT',
      `Idempotency key '${idempotencyKey}' belongs to job ${jobId}, whose task and input have digest ${existingDigest}; this call's have ${givenDigest}. Use another key for another input.`,
    );
    this.idempotencyKey = idempotencyKey;
    this.jobId = jobId;
  }
}

/** The awaited job ended as `failed`. `cause` is the last error as far as it could be kept. */
export class JobFailedError extends TaskspanError {
  /** The job that failed. */
  readonly jobId: string;
  /** Why it is failed: `threw`, `timed-out`, `discarded`, … */
  readonly reason: string;

  constructor(jobId: string, task: string, reason: string, message: string, options?: { cause?: unknown }) {
    super('JOB_FAILED', `Job ${jobId} of task '${task}' failed (${reason}): ${message}`, options);
    this.jobId = jobId;
    this.reason = reason;
  }
}

/** The awaited job was cancelled; also the abort reason that a cancelled run's signal carries. */
export class JobCancelledError extends TaskspanError {
  /** The job that was cancelled. */
  readonly jobId: string;

  constructor(jobId: string, detail = 'it was cancelled') {
    super('JOB_CANCELLED', `Job ${jobId} did not complete: ${detail}.`);
    this.jobId = jobId;
  }
}

/** The job is not in the store: deleted, past its retention, or never there. */
export class JobGoneError extends TaskspanError {
  /** The job that was asked for. */
  readonly jobId: string;

  constructor(jobId: string) {
    super(
      'JOB_GONE',
      `Job ${jobId} is not in the store: it was deleted, its retention ended, or it never existed. Keep results longer with the task's 'keep' option.`,
    );
    this.jobId = jobId;
  }
}

/** The job's state doesn't allow this action. */
export class JobStateError extends TaskspanError {
  /** The job that was to be changed. */
  readonly jobId: string;
  /** The state that it is in. */
  readonly state: string;

  constructor(jobId: string, state: string, action: string, hint: string) {
    super('JOB_STATE', `Can't ${action} job ${jobId}: it is ${state}. ${hint}`);
    this.jobId = jobId;
    this.state = state;
  }
}

/** Something took longer than it was given; also the abort reason of a run past its time-out. */
export class TimeoutError extends TaskspanError {
  constructor(message: string) {
    super('TIMEOUT', message);
  }
}

/** The abort reason of a run whose lease another worker may hold by now. */
export class LeaseLostError extends TaskspanError {
  constructor(jobId: string) {
    super(
      'LEASE_LOST',
      `The lease of job ${jobId} is lost: another worker may run it. Stop; what this run returns is not recorded.`,
    );
  }
}

/** The abort reason of a run that its manager, which closes, waits for no longer. */
export class ShuttingDownError extends TaskspanError {
  constructor(message = 'The manager is closing; the job is given back and costs no attempt.') {
    super('SHUTTING_DOWN', message);
  }
}

/** The manager is closed for good. */
export class ClosedError extends TaskspanError {
  constructor(action: string) {
    super('CLOSED', `Can't ${action}: this manager is closed. Make a new TaskManager.`);
  }
}

/** A backend's client library is not installed. */
export class MissingDriverError extends TaskspanError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('MISSING_DRIVER', message, options);
  }
}

/** The store's address or file can't be used. */
export class StoreError extends TaskspanError {
  constructor(
    code: 'INVALID_STORE' | 'STORE_FAILED' | 'NEWER_VERSION' | 'WRITES_LOST',
    message: string,
    options?: { cause?: unknown },
  ) {
    super(code, message, options);
  }
}

/** Throw this in a task to fail the job at once, whatever attempts are left. */
export class NonRetryableError extends TaskspanError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('NON_RETRYABLE', message, options);
  }
}

/**
 * Throw this in a task to retry after a delay of your own (ms) instead of the task's backoff. Costs an attempt.
 *
 * @throws OptionError unless the delay is a finite number of 0 or more
 */
export class RetryAfterError extends TaskspanError {
  /** From the end of this attempt to the next, ms. */
  readonly delayMs: number;

  constructor(message: string, delayMs: number, options?: { cause?: unknown }) {
    super('RETRY_AFTER', message, options);
    this.delayMs = checkDelay(delayMs, 'RetryAfterError');
  }
}

/**
 * Throw this in a task to put the job off for `delayMs`. It is no failure and costs no attempt.
 *
 * @throws OptionError unless the delay is a finite number of 0 or more
 */
export class SnoozeError extends TaskspanError {
  /** How long the job is put off, ms. */
  readonly delayMs: number;

  constructor(delayMs: number) {
    super('SNOOZE', `The job asks to run again in ${delayMs} ms.`);
    this.delayMs = checkDelay(delayMs, 'SnoozeError');
  }
}

/** Throw this in a task to give the job up: it ends as `failed`, reason `discarded`, without retry. */
export class DiscardError extends TaskspanError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('DISCARD', message, options);
  }
}

/** The longest delay that a store is asked for: beyond it lies no date. */
export const LONGEST_DELAY_MS: number = 100_000_000_000_000;

function checkDelay(delayMs: unknown, what: string): number {
  if (typeof delayMs === 'number' && delayMs >= 0 && delayMs <= LONGEST_DELAY_MS) return delayMs;
  throw new OptionError(
    `${what} was given a delay of ${String(delayMs)}; it must be a finite number of milliseconds, 0 or more.`,
  );
}
