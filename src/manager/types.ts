/** What a user gives to a manager, and how its types are inferred. */

import type { Duration } from '../core/duration.js';
import type { JobState } from '../core/job.js';
import type { Logger } from '../core/logger.js';
import type { RecurrenceOptions } from '../core/recurrence/index.js';
import type { Host } from '../engine/index.js';
import type { Store } from '../store/index.js';
import type { AnyTask, Task } from '../task/index.js';

export interface TaskManagerOptions {
  /** A URL (`memory:`, `sqlite:./tasks.db`) or a store from a factory. Default: memory, which dies with the process. */
  readonly store?: string | Store | undefined;
  readonly tasks?: Iterable<AnyTask> | undefined;
  /** Jobs that run here at once. Default 10. */
  readonly concurrency?: number | undefined;
  /** How long the store waits for a sign of life before it gives a job to another, ms. Default 30 000; at least 50. */
  readonly leaseMs?: number | undefined;
  /** False: enqueues and looks, but runs no jobs. Default true. */
  readonly work?: boolean | undefined;
  /** False: claims no more jobs than can start at once. Default true. */
  readonly prefetch?: boolean | undefined;
  /** Default: warnings and errors to the console. */
  readonly logger?: Logger | undefined;
  /** The clock, timers and randomness of the engine. Default: the platform's. */
  readonly host?: Host | undefined;
}

export const managerOptionNames: readonly (keyof TaskManagerOptions)[] = [
  'store',
  'tasks',
  'concurrency',
  'leaseMs',
  'work',
  'prefetch',
  'logger',
  'host',
];

export interface EnqueueOptions {
  /** Due in this long. */
  readonly in?: Duration | undefined;
  /** Due at this time (epoch ms or Date); a past one is due at once. Not together with `in`. */
  readonly at?: Date | number | undefined;
  /** Larger runs first. Default: the task's. */
  readonly priority?: number | undefined;
  /** Added to the task's labels. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Same key, same task and input: same job, as long as its record exists. Another input is an error. */
  readonly idempotencyKey?: string | undefined;
  /**
   * Coalescing: while a job under this key of the queue waits (`until: 'started'`) or hasn't ended (`'finished'`, the
   * default), no second one is made; `onConflict: 'keep'` (default) leaves it, `'replace'` gives a waiting one the new input and due time.
   */
  readonly unique?:
    | { readonly key: string; readonly until?: 'started' | 'finished' | undefined; readonly onConflict?: 'keep' | 'replace' | undefined }
    | undefined;
  /** Tries in all; `Infinity` = without end. Default: the task's. */
  readonly attempts?: number | undefined;
}

export const enqueueOptionNames: readonly (keyof EnqueueOptions)[] = [
  'in',
  'at',
  'priority',
  'labels',
  'idempotencyKey',
  'unique',
  'attempts',
];

/** Keys are for single jobs: many under one key would be one. */
export const enqueueManyOptionNames: readonly (keyof EnqueueOptions)[] = ['in', 'at', 'priority', 'labels', 'attempts'];

export interface ScheduleOptions extends RecurrenceOptions {
  /** Stable: scheduling again under the same id replaces the rule if it differs. */
  readonly id: string;
  /** In a rolling deploy the definition with the higher version wins. Default 0; equals overwrite. */
  readonly definitionVersion?: number | undefined;
  readonly priority?: number | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly attempts?: number | undefined;
}

/** A task by its name, for producers that import only its type. */
export interface TaskRef<TTask extends AnyTask = AnyTask> {
  readonly name: string;
  /** Must be the task's own, where that isn't `'default'`. */
  readonly queue: string;
  readonly isTaskRef: true;
  /** Carries the type; never there. */
  readonly task?: TTask;
}

/** @example enqueue(taskRef<typeof resize>('resize', { queue: 'images' }), { path: 'a.png', width: 10 }) */
export function taskRef<TTask extends AnyTask>(name: string, options: { readonly queue?: string | undefined } = {}): TaskRef<TTask> {
  return { name, queue: options.queue ?? 'default', isTaskRef: true };
}

// biome-ignore lint/suspicious/noExplicitAny: positions that aren't inferred
export type InputOf<T> = T extends TaskRef<infer U> ? InputOf<U> : T extends Task<any, any, any, infer I, any, any> ? I : never;
// biome-ignore lint/suspicious/noExplicitAny: positions that aren't inferred
export type OutputOf<T> = T extends TaskRef<infer U> ? OutputOf<U> : T extends Task<any, any, any, any, infer O, any> ? O : never;

/** The input may be left out where the task takes none. */
// biome-ignore lint/suspicious/noConfusingVoidType: a task without input infers void
export type InputArgs<TInput, TOptions> = [void] extends [TInput]
  ? [input?: TInput, options?: TOptions]
  : undefined extends TInput
    ? [input?: TInput, options?: TOptions]
    : [input: TInput, options?: TOptions];

/** All given fields must match. */
export interface JobQuery {
  readonly state?: JobState | readonly JobState[] | undefined;
  readonly queue?: string | undefined;
  readonly task?: string | AnyTask | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Under this key of this constraint group. */
  readonly constraint?: { readonly group: string; readonly key: string } | undefined;
  readonly schedule?: string | undefined;
  readonly parent?: string | undefined;
  readonly createdBefore?: Date | number | undefined;
  readonly createdAfter?: Date | number | undefined;
}

export const jobQueryNames: readonly (keyof JobQuery)[] = [
  'state',
  'queue',
  'task',
  'labels',
  'constraint',
  'schedule',
  'parent',
  'createdBefore',
  'createdAfter',
];
