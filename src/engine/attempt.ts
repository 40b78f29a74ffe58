/** One attempt in flight: calls the function, watches its time, and settles once whatever happens. */

import { decode } from '../core/codec/index.js';
import {
  JobCancelledError,
  LeaseLostError,
  OptionError,
  ShuttingDownError,
  TaskspanError,
  TimeoutError,
  ValueError,
} from '../core/errors.js';
import { type Host, longTimer } from '../core/host.js';
import { type ClaimedJob, READER_VERSION } from '../core/job.js';
import { isThenable } from '../core/thenable.js';
import { cancelled, rekeyed, released, skipped, type Transition } from '../core/transitions.js';
import { afterReturn, afterThrow, beforeRun } from './outcome.js';
import type { AttemptControl, Leave, Registry, Runnable } from './runnable.js';

/** What an attempt tells its worker. */
export interface AttemptWatcher {
  started(attempt: Attempt): void;
  /** Nobody else can hold the job yet, `now` by the monotonic clock. */
  isOurs(attempt: Attempt, now: number): boolean;
  /** Once. Null: there is nothing to settle, the lease is lost. */
  ended(attempt: Attempt, transition: Transition | null): void;
  progress(attempt: Attempt, text: string, percent: number, step: string | null): void;
}

/** Who asked a run to stop. The first one that did decides what becomes of the job. */
type Stop = 'timed-out' | 'cancelled' | 'lease-lost' | 'shutdown';

export class Attempt implements AttemptControl {
  readonly job: ClaimedJob;
  readonly runnable: Runnable;
  /** When the function was called, by the monotonic clock; null before. */
  startedAt: number | null = null;
  /** Which of the slots it has; the bench's own. */
  slot = 0;
  readonly #registry: Registry;
  readonly #host: Host;
  readonly #watcher: AttemptWatcher;
  #controller: AbortController | null = null;
  #stop: Stop | null = null;
  #hasEnded = false;
  #isAskingLeave = false;
  #leave: Leave | null = null;
  #cancelTimer: (() => void) | null = null;
  /** When the turn began in which it is about to call the function. */
  #now = 0;

  constructor(job: ClaimedJob, runnable: Runnable, registry: Registry, host: Host, watcher: AttemptWatcher) {
    this.job = job;
    this.runnable = runnable;
    this.#registry = registry;
    this.#host = host;
    this.#watcher = watcher;
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#stop !== null) this.#controller.abort(this.#stopReason());
    }
    return this.#controller.signal;
  }

  /** The job's own goes before its task's. */
  get #timeoutMs(): number | null {
    return this.job.rare?.timeoutMs ?? this.runnable.timeoutMs;
  }

  progress(text: string, percent: number, step: string | null): void {
    if (!this.#hasEnded) this.#watcher.progress(this, text, percent, step);
  }

  returned(value: unknown): { readonly error: unknown } | null {
    if (this.#hasEnded) return { error: this.#stopReason() };
    const transition = this.#afterReturn(value);
    this.#end(transition);
    if (transition?.to === 'completed') return null;
    return { error: this.#stop === null ? new ValueError(transition?.error?.message ?? '') : this.#stopReason() };
  }

  threw(error: unknown): void {
    if (!this.#hasEnded) this.#end(this.#afterError(error));
  }

  skipped(): void {
    if (!this.#hasEnded) this.#end(this.#stop === null ? skipped(this.runnable.keep) : this.#afterStop(null));
  }

  /**
   * Ends by calling `watcher.ended`, now or later; never throws.
   *
   * @param now by the monotonic clock
   */
  start(now: number): void {
    this.#now = now;
    let input: unknown;
    try {
      input = decode(this.job.input);
    } catch (error) {
      return this.#fail(error, 'corrupt');
    }
    let keys: readonly string[] | null;
    try {
      keys = this.#registry.missingKeys(this.runnable, this.job, input);
    } catch (error) {
      return this.#fail(error, 'threw');
    }
    if (keys !== null) return this.#giveBack([...(this.job.keys ?? []), ...keys]);
    if (this.runnable.parse === null) this.#check(input);
    else this.#parse(input, this.runnable.parse);
  }

  /** Asks the function to stop; after its grace the slot is freed without it. */
  stop(by: Stop, graceMs: number = this.runnable.graceMs): void {
    if (this.#hasEnded || this.#stop === 'lease-lost') return;
    if (this.#stop === null || by === 'lease-lost') this.#stop = by;
    // A shutdown leaves an earlier verdict as it is, and only shortens the wait.
    else if (by !== 'shutdown') return;
    if (this.#isAskingLeave) {
      this.#controller?.abort(this.#stopReason());
      return this.#end(this.#afterStop(null));
    }
    this.#cancelTimer?.();
    this.#cancelTimer = longTimer(this.#host, graceMs, () => this.#end(this.#afterStop(null)));
    this.#controller?.abort(this.#stopReason());
  }

  /** It waits anew under its keys, if it may have them. */
  #giveBack(keys: readonly string[]): void {
    this.#settleWith(
      () => this.#registry.admit?.(this.job, keys),
      () => this.#end(rekeyed(keys)),
      (error) => {
        if (error instanceof OptionError) this.#fail(error, 'threw');
        else this.#end(released());
      },
    );
  }

  #parse(input: unknown, parse: (input: unknown) => unknown): void {
    this.#settleWith(
      () => parse(input),
      (parsed) => {
        this.#now = this.#host.monotonic();
        if (this.#hasEnded || this.#watcher.isOurs(this, this.#now)) this.#check(parsed);
        else this.#end(released());
      },
      (error) => this.#fail(error, 'invalid-input'),
    );
  }

  #check(input: unknown): void {
    // Most often there is nobody to ask.
    if (!this.#registry.needsLeave(this.job) || this.#hasEnded) return this.#run(input);
    this.#isAskingLeave = true;
    this.#settleWith(
      () => this.#registry.leave(this.runnable, this.job, input, () => this.signal),
      (leave) => {
        this.#isAskingLeave = false;
        this.#now = this.#host.monotonic();
        // Nobody waits for it any more.
        if (this.#hasEnded) return leave?.end(false, null);
        if (leave === null) return this.#end(skipped(this.runnable.keep));
        this.#leave = leave;
        // While it waited the process may have stood still, and the timer of its lease comes after this one.
        if (this.#watcher.isOurs(this, this.#now)) this.#run(input);
        else this.#end(released());
      },
      (error) => {
        this.#isAskingLeave = false;
        if (error instanceof ShuttingDownError) this.#end(released());
        else this.#fail(error, 'threw');
      },
    );
  }

  #run(input: unknown): void {
    if (this.#hasEnded) return;
    // It was asked to stop while its input was checked.
    if (this.#stop !== null) return this.#end(this.#afterStop(null));
    this.startedAt = this.#now;
    this.#watcher.started(this);
    const timeoutMs = this.#timeoutMs;
    if (timeoutMs !== null) {
      this.#cancelTimer = this.#host.timer(timeoutMs, () => this.stop('timed-out'));
    }
    if (this.#leave === null) this.runnable.run(input, this);
    else this.#leave.run(() => this.runnable.run(input, this));
  }

  /** Calls a function that may return or promise, without the cost of a promise where there is none. */
  #settleWith<T>(call: () => T | PromiseLike<T>, onValue: (value: T) => void, onError: (error: unknown) => void): void {
    let value: T | Promise<T>;
    try {
      const returned = call();
      // A foreign thenable may do anything; a promise of our own tames it.
      value =
        isThenable(returned) && !(returned instanceof Promise)
          ? Promise.resolve(returned)
          : (returned as T | Promise<T>);
    } catch (error) {
      return onError(error);
    }
    if (value instanceof Promise) value.then(onValue, onError);
    else onValue(value);
  }

  #afterReturn(value: unknown): Transition | null {
    // A valid completion that comes before its cancel was settled wins; a time-out has passed its verdict already.
    if (this.#stop === null || this.#stop === 'cancelled' || this.#stop === 'shutdown') {
      return afterReturn(this.job, this.runnable, value, this.#host);
    }
    return this.#afterStop(null);
  }

  #afterError(error: unknown): Transition | null {
    return this.#stop === null ? afterThrow(this.job, this.runnable, error, this.#host) : this.#afterStop(error);
  }

  #afterStop(error: unknown): Transition | null {
    switch (this.#stop as Stop) {
      case 'lease-lost':
        return null;
      case 'shutdown':
        return released();
      case 'cancelled':
        return cancelled(this.runnable.keep);
      case 'timed-out': {
        // What the function threw on its abort may say to retry later or not at all.
        const verdict = error instanceof TaskspanError && !(error instanceof TimeoutError) ? error : this.#stopReason();
        return afterThrow(this.job, this.runnable, verdict, this.#host);
      }
    }
  }

  #stopReason(): TaskspanError {
    switch (this.#stop as Stop) {
      case 'lease-lost':
        return new LeaseLostError(this.job.id);
      case 'shutdown':
        return new ShuttingDownError();
      case 'cancelled':
        return new JobCancelledError(this.job.id);
      case 'timed-out':
        return new TimeoutError(
          `Attempt ${this.job.attempt} of job ${this.job.id} (task '${this.runnable.name}') ran longer than its time-out of ${this.#timeoutMs} ms.`,
        );
    }
  }

  #fail(error: unknown, reason: 'corrupt' | 'threw' | 'invalid-input'): void {
    this.#end(beforeRun(this.job, this.runnable, error, reason, this.#host));
  }

  #end(transition: Transition | null): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#cancelTimer?.();
    this.#leave?.end(this.startedAt !== null, transition);
    this.#watcher.ended(this, transition);
  }
}

/** Whether this version can read the job's record. */
export function isReadable(job: ClaimedJob): boolean {
  return job.minReader <= READER_VERSION;
}
