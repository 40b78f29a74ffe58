/** What a user gives to a manager, and how its types are inferred. */

import type { Host } from '../core/host.js';
import type { JobState } from '../core/job.js';
import type { Logger } from '../core/logger.js';
import type { RecurrenceOptions } from '../core/recurrence/index.js';
import type { Store } from '../store/index.js';
import type { AnyTask, EnqueueOptions } from '../task/index.js';
import type { AbstractDistributedCoordinator } from './coordination/coordinator.js';

/** What `new TaskManager` takes. */
export interface TaskManagerOptions {
  /** A URL (`memory:`, `sqlite:./tasks.db`) or a store from a factory. Default: memory, which dies with the process. */
  readonly store?: string | Store | undefined;
  /** Registered as by `addTask`. Default: none. */
  readonly tasks?: Iterable<AnyTask> | undefined;
  /** Jobs that run here at once. Default 10. */
  readonly concurrency?: number | undefined;
  /** How long the store waits for a sign of life before it gives a job to another, ms. Default 30 000; at least 50. */
  readonly leaseMs?: number | undefined;
  /** False: enqueues and looks, but runs no jobs. Default true. */
  readonly work?: boolean | undefined;
  /**
   * Takes part in the election of the store's leader, who does its housekeeping: rescues the jobs of dead workers, fires
   * schedules, prunes. Some process on a store must. Default: as `work`.
   */
  readonly lead?: boolean | undefined;
  /** False: claims no more jobs than can start at once. Default true. */
  readonly prefetch?: boolean | undefined;
  /**
   * Asked before each scheduled run, for processes that have the same schedules and a store each; see
   * `distributedCoordination`. Default: none.
   */
  readonly distributedCoordinator?: AbstractDistributedCoordinator | undefined;
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
  'lead',
  'prefetch',
  'distributedCoordinator',
  'logger',
  'host',
];

/** Keys are for single jobs: many under one key would be one. */
export const enqueueManyOptionNames: readonly (keyof EnqueueOptions)[] = [
  'in',
  'at',
  'priority',
  'labels',
  'attempts',
  'timeout',
];

/** What `schedule` takes: an id, a rule, and what its jobs get. */
export interface ScheduleOptions extends RecurrenceOptions {
  /** Stable: scheduling again under the same id replaces the rule if it differs. */
  readonly id: string;
  /** In a rolling deploy the definition with the higher version wins. Default 0; equals overwrite. */
  readonly definitionVersion?: number | undefined;
  /** Of its jobs. Default: the task's. */
  readonly priority?: number | undefined;
  /** Added to the task's, on its jobs. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Of its jobs: tries in all. Default: the task's. */
  readonly attempts?: number | undefined;
}

/** All given fields must match. */
export interface JobQuery {
  /** In this state, or one of these. */
  readonly state?: JobState | readonly JobState[] | undefined;
  /** In this queue. */
  readonly queue?: string | undefined;
  /** Of this task, or the one of this name. */
  readonly task?: string | AnyTask | undefined;
  /** All of these; a job may have more. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Under this key of this constraint group. */
  readonly constraint?: { readonly group: string; readonly key: string } | undefined;
  /** Made by the schedule with this id. */
  readonly schedule?: string | undefined;
  /** Enqueued by the job with this id. */
  readonly parent?: string | undefined;
  /** Enqueued before this time (a Date, or epoch ms). */
  readonly createdBefore?: Date | number | undefined;
  /** Enqueued after this time (a Date, or epoch ms). */
  readonly createdAfter?: Date | number | undefined;
}

/** Which schedules to list. */
export interface ScheduleQuery {
  /** At most so many, the next to fire first. */
  readonly limit?: number | undefined;
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
