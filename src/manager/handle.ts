import { decode } from '../core/codec/index.js';
import { type Duration, durationMs } from '../core/duration.js';
import { JobCancelledError, JobFailedError } from '../core/errors.js';
import type { JobError, JobRecord } from '../core/job.js';
import type { EndedJob, WaitOptions } from '../engine/index.js';
import { type JobSnapshot, snapshotOf } from './snapshot.js';

/** How long `result()` waits. */
export interface ResultOptions {
  /** How long to wait; then it rejects with TimeoutError and the job goes on. Default: without end. */
  readonly timeout?: Duration | undefined;
  /** Ends the waiting, not the job. */
  readonly signal?: AbortSignal | undefined;
}

/** What a handle needs of its manager. */
export interface HandleHost {
  /** How the job ended, once it has. */
  result(id: string, options: WaitOptions): Promise<EndedJob>;
  record(id: string): Promise<JobRecord | null>;
  /** False if it had ended. */
  cancel(id: string): Promise<boolean>;
}

/** A job, for whom enqueued it or asked for it. */
export class JobHandle<TOutput = unknown> {
  /** The job's id. */
  readonly id: string;
  /** False if an earlier job took this one's place: the same idempotency key, or a unique key that is held. */
  readonly isNew: boolean;
  readonly #host: HandleHost;

  /** @internal */
  constructor(id: string, isNew: boolean, host: HandleHost) {
    this.id = id;
    this.isNew = isNew;
    this.#host = host;
  }

  /**
   * The job's result, once it has completed; `undefined` for a skipped one.
   *
   * Rejects with JobFailedError, JobCancelledError, JobGoneError (not in the store), TimeoutError, or the signal's reason.
   */
  async result(options: ResultOptions = {}): Promise<TOutput> {
    const timeoutMs = options.timeout === undefined ? undefined : durationMs(options.timeout, 'timeout');
    const job = await this.#host.result(this.id, { timeoutMs, signal: options.signal });
    return outcomeOf(job) as TOutput;
  }

  /** The job as it is now; undefined if it isn't in the store. */
  async snapshot(): Promise<JobSnapshot<unknown, TOutput> | undefined> {
    const job = await this.#host.record(this.id);
    return job === null ? undefined : (snapshotOf(job) as JobSnapshot<unknown, TOutput>);
  }

  /**
   * Cancels it: at once if it waits; by its signal if it runs, unless it completes first.
   *
   * @returns false if it had ended already
   * @throws JobGoneError if it isn't in the store
   */
  cancel(): Promise<boolean> {
    return this.#host.cancel(this.id);
  }
}

function outcomeOf(job: EndedJob): unknown {
  if (job.state === 'completed') return decode(job.result);
  if (job.state === 'cancelled') throw new JobCancelledError(job.id);
  const last = job.errors.at(-1);
  const cause = last === undefined ? undefined : thrownOf(last);
  throw new JobFailedError(job.id, job.task, last?.reason ?? job.reason, last?.message ?? 'no error was recorded', {
    cause,
  });
}

/** What the function threw, as far as the record keeps it: its name, message and stack. */
export function thrownOf({ name, message, stack }: JobError): Error {
  return Object.assign(new Error(message), { name, stack: stack ?? undefined });
}
