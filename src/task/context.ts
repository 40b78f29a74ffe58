/** What a running function is given beside its input. */

import type { Logger } from '../core/logger.js';
import type { EnqueueOptions } from './enqueue.js';
import type { InputArgs, InputOf, TaskLike, TaskRef } from './reference.js';

/** What a task's function is given as its second argument. */
export interface TaskContext<TStep extends string = string, TSetup = unknown> {
  /** Aborted on cancel, time-out, a lost lease or shutdown; its reason says which. Hand it to what you call. */
  readonly signal: AbortSignal;
  /** From 1. A trigger is its own only attempt. */
  readonly attempt: number;
  /** Undefined under `trigger`. */
  readonly job: JobInfo | undefined;
  /** What the task's `setup` returned. */
  readonly setup: TSetup;
  /** Writes to the manager's logger, marked with the job. */
  readonly log: Logger;
  /** 0 to 100. */
  progress(percent: number): void;
  /** Begins a declared step, which completes the one before it. @throws OptionError for a step that isn't declared */
  notifyStep(name: TStep): void;
  /**
   * Enqueues a child. Unless you give another `idempotencyKey`, it is parent id + task + input, so that a retry of
   * this attempt makes no twins: the same task with the same input is one child. Under `trigger` there is no parent,
   * and each call makes a job; it needs a manager that has the task.
   */
  readonly enqueue: ContextEnqueue;
}

/** The job that an attempt belongs to. */
export interface JobInfo {
  /** The job's id. */
  readonly id: string;
  /** The queue that it waited in. */
  readonly queue: string;
  /** A larger one runs first. */
  readonly priority: number;
  /** Those of its task when it was enqueued, and its own. */
  readonly labels: Readonly<Record<string, string>>;
  /** Epoch ms. */
  readonly createdAt: number;
  /** When it was due; epoch ms. */
  readonly dueAt: number;
  /** `Infinity` = without end. */
  readonly maxAttempts: number;
  /** The slot (epoch ms) and schedule that made the job. */
  readonly schedule: { readonly id: string; readonly slot: number } | undefined;
  /** The job that enqueued it, if one did. */
  readonly parentId: string | undefined;
}

/** What `ctx.enqueue` is: as `manager.enqueue`, but it resolves with no handle. */
export type ContextEnqueue = <TTask extends TaskLike | TaskRef>(
  task: TTask,
  ...args: InputArgs<InputOf<TTask>, EnqueueOptions>
) => Promise<{ readonly id: string; readonly isNew: boolean }>;
