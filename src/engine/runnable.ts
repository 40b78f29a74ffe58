/** What the engine knows of tasks: enough to run a job, and nothing of how users define them. */

import type { ClaimedJob, Keep } from '../core/job.js';
import type { RetryPolicy } from '../core/retry.js';
import type { Transition } from '../core/transitions.js';

export interface Runnable {
  readonly name: string;
  readonly queue: string;
  readonly retry: RetryPolicy;
  /** Null = none. */
  readonly timeoutMs: number | null;
  /** After a time-out or cancel: how long the function may take to stop before its slot is freed without it. */
  readonly graceMs: number;
  readonly keep: Keep;
  /** Checks the stored input. Null = it is passed as it is. @throws InvalidInputError */
  readonly parse: ((input: unknown) => unknown) | null;
  /** Tells the control how it ended, once; never throws. */
  run(input: unknown, control: AttemptControl): void;
}

/** What a running function's context is made of. */
export interface AttemptControl {
  readonly job: ClaimedJob;
  /** Made when first asked for: most functions never look. */
  readonly signal: AbortSignal;
  /** Records the job's progress, a codec text. Batched; the last one wins. */
  progress(text: string, percent: number, step: string | null): void;
  /**
   * The run has ended: one of these, once.
   *
   * @returns null if the job completes with that; else why it doesn't: a time-out before it, a value that can't be stored
   */
  returned(value: unknown): { readonly error: unknown } | null;
  threw(error: unknown): void;
  /** It turned out that there is nothing to do: the job completes as skipped, and no cooldown starts. */
  skipped(): void;
}

/** What lets a job run, beyond the store: what else runs in this process. */
export interface Leave {
  /** Calls so that what the function triggers knows whence it comes. */
  run(call: () => void): void;
  /** To be called once, whether or not it has run. Null: there is nothing to settle. */
  end(hasRun: boolean, transition: Transition | null): void;
}

export interface Registry {
  find(task: string): Runnable | undefined;
  /** The queues of all registered tasks. */
  queues(): readonly string[];
  names(): readonly string[];
  /** The constraint keys of groups that the job's record doesn't have a key of; null = none are missing. May throw. */
  missingKeys(runnable: Runnable, job: ClaimedJob, input: unknown): readonly string[] | null;
  /** Asks the store whether the job may have these keys; null = it may. Rejects with OptionError if it may not. */
  admit?(job: ClaimedJob, keys: readonly string[]): Promise<void> | null;
  /** Whether the job's run must ask for leave. */
  needsLeave(job: ClaimedJob): boolean;
  /**
   * Asks the coordinator, waits until this process lets it run, and asks every group's `shouldExecute`; null = it is
   * to be skipped. Rejects with ShuttingDownError if it is to be given back.
   */
  leave(runnable: Runnable, job: ClaimedJob, input: unknown, signal: () => AbortSignal): Promise<Leave | null>;
}

export interface EngineOptions {
  /** Runs at once. */
  readonly concurrency: number;
  readonly leaseMs: number;
  /** False: a producer only. */
  readonly isWorking: boolean;
  /** Does the chores of the store while it is elected. Default: as `isWorking`. */
  readonly mayLead?: boolean;
  /** False: claims no more than can start at once. */
  readonly hasPrefetch: boolean;
  /** The store is opened and closed by others, who also see to the chores. Default false. */
  readonly isGuest?: boolean;
  /** For people: `host:pid`. */
  readonly workerName: string;
}
