/** What a user says of a simulation: a world outside, tasks, a start, and what must hold in the end. */

import type { Duration } from '../core/duration.js';
import type { JobSnapshot, TaskConstraintGroup, TaskManager } from '../manager/index.js';
import type { AnyTask } from '../task/index.js';

/** The tasks of a scenario: a list, or by names of one's own. */
export type ScenarioTasks = readonly AnyTask[] | Readonly<Record<string, AnyTask>>;

/** What a process of a simulation has of time, chance and the world outside. */
export interface Sim<TWorld = undefined> {
  /** What the scenario's `world` made: one for all processes of a seed, whatever dies. */
  readonly world: TWorld;
  /** The name of this process. */
  readonly process: string;
  /** Simulated time, epoch ms, by the clock of this process, which may be wrong. Use it instead of `Date.now()`. */
  now(): number;
  /** Simulated time passes. Never resolves in a process that has died. Use it instead of timers. */
  sleep(duration: Duration): Promise<void>;
  /**
   * Asks something outside: `call` is carried out there a little later, and answered a little later still. The
   * process may die before and after, and the connection may break either way (it rejects then), as with a real service.
   */
  request<T>(what: string, call: () => T | Promise<T>): Promise<T>;
  /** From 0 up to, but not, 1; repeats with the seed. Use it instead of `Math.random()`. */
  random(): number;
}

/** What `start` is given. */
export interface Producer<TWorld, TTasks> extends Sim<TWorld> {
  /** Enqueues, and runs nothing. */
  readonly manager: TaskManager;
  /** What the scenario's `tasks` made for this process. */
  readonly tasks: TTasks;
}

/** What `check` is given, once everything has ended. */
export interface Ended<TWorld> {
  /** As the tasks have left it. */
  readonly world: TWorld;
  /** All jobs of the store, oldest first. */
  readonly jobs: readonly JobSnapshot[];
  /** On the store, for looking. */
  readonly manager: TaskManager;
}

/** What is simulated. Write its fields in this order, so that their types are inferred from each other. */
export interface Scenario<TWorld = undefined, TTasks extends ScenarioTasks = ScenarioTasks> {
  /** Makes the fakes that the tasks work on, once a seed. Default: none. */
  readonly world?: (() => TWorld) | undefined;
  /** Makes the tasks, for each process anew, as each real one does. */
  readonly tasks: (sim: Sim<TWorld>) => TTasks;
  /** Makes the constraint groups, for each process anew. Default: none. */
  readonly groups?: ((sim: Sim<TWorld>) => Iterable<TaskConstraintGroup>) | undefined;
  /** Enqueues what is to be done. Its process is spared: it doesn't die, and its calls come through. */
  readonly start: (producer: Producer<TWorld, TTasks>) => unknown;
  /** Says what must hold when everything has ended, by throwing. Default: that everything ends is enough. */
  readonly check?: ((ended: Ended<TWorld>) => unknown) | undefined;
}

/** Tasks as a list. */
export function listOf(tasks: ScenarioTasks): readonly AnyTask[] {
  return Array.isArray(tasks) ? tasks : Object.values(tasks);
}
