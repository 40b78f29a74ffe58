/** The tasks and constraint groups of a manager, as the engine asks for them. */

import { constraintKey, groupOfKey } from '../core/constraint.js';
import { DuplicateTaskError, OptionError } from '../core/errors.js';
import { type ClaimedJob, MAX_KEYS } from '../core/job.js';
import type { Leave, Registry, Runnable } from '../engine/index.js';
import type { Store } from '../store/index.js';
import { type AnyTask, parseWith } from '../task/index.js';
import type { TaskConstraintGroup } from './constraints/group.js';
import type { Coordination } from './coordination/coordination.js';
import type { Running } from './running.js';
import type { Triggers } from './triggers/triggers.js';

/** The only kind that it gives. */
interface TaskRunnable extends Runnable {
  readonly ownTask: AnyTask;
}

export class TaskRegistry implements Registry {
  readonly #running: Running;
  readonly #triggers: Triggers;
  readonly #coordination: Coordination | null;
  readonly #store: Store;
  readonly #entries: Map<string, { readonly task: AnyTask; readonly runnable: Runnable }> = new Map();
  #queues: readonly string[] = [];
  #names: readonly string[] = [];
  #groups: readonly TaskConstraintGroup[] = [];

  constructor(running: Running, triggers: Triggers, coordination: Coordination | null, store: Store) {
    this.#running = running;
    this.#triggers = triggers;
    this.#coordination = coordination;
    this.#store = store;
  }

  /** Registering the same task again changes nothing. @throws DuplicateTaskError for another task of its name */
  add(task: AnyTask): void {
    const earlier = this.#entries.get(task.name);
    if (earlier?.task === task) return;
    if (earlier !== undefined) throw new DuplicateTaskError(task.name);
    this.#entries.set(task.name, { task, runnable: this.#runnable(task) });
    this.#list();
  }

  remove(name: string): boolean {
    const wasThere = this.#entries.delete(name);
    this.#list();
    return wasThere;
  }

  task(name: string): AnyTask | undefined {
    return this.#entries.get(name)?.task;
  }

  tasks(): readonly AnyTask[] {
    return [...this.#entries.values()].map((entry) => entry.task);
  }

  groups(): readonly TaskConstraintGroup[] {
    return this.#groups;
  }

  /** @throws OptionError if another group has its name */
  addGroup(group: TaskConstraintGroup): void {
    const twin = this.#groups.find((other) => other.name === group.name);
    if (twin !== undefined && twin !== group)
      throw new OptionError(`A constraint group named '${group.name}' is registered already.`);
    if (twin !== undefined) return;
    this.#groups = [...this.#groups, group];
    this.#triggers.add(group);
  }

  removeGroup(name: string): TaskConstraintGroup | undefined {
    const group = this.#groups.find((other) => other.name === name);
    if (group === undefined) return undefined;
    this.#groups = this.#groups.filter((other) => other !== group);
    this.#triggers.remove(group);
    return group;
  }

  find(name: string): Runnable | undefined {
    return this.#entries.get(name)?.runnable;
  }

  queues(): readonly string[] {
    return this.#queues;
  }

  names(): readonly string[] {
    return this.#names;
  }

  missingKeys(runnable: Runnable, job: ClaimedJob, input: unknown): readonly string[] | null {
    if (this.#groups.length === 0) return null;
    const known = new Set((job.keys ?? []).map(groupOfKey));
    const lacking = this.#groups.filter((group) => !known.has(group.name));
    const keys = this.#keysUnder(lacking, this.task(runnable.name), input);
    if (keys === null) return null;
    checkCount(keys.length + known.size, runnable.name);
    return keys;
  }

  admit({ queue }: ClaimedJob, keys: readonly string[]): Promise<void> | null {
    return this.#store.partitions?.admit(queue, keys) ?? null;
  }

  /** The keys that a new job of the task has under all groups. @throws what a key function throws, and OptionError */
  keysFor(task: AnyTask | undefined, input: unknown): readonly string[] | null {
    const keys = this.#keysUnder(this.#groups, task, input);
    if (keys !== null && task !== undefined) checkCount(keys.length, task.name);
    return keys;
  }

  needsLeave(job: ClaimedJob): boolean {
    return this.#triggers.mustAsk || this.#coordination?.concerns(job) === true;
  }

  leave(runnable: Runnable, job: ClaimedJob, input: unknown, signal: () => AbortSignal): Promise<Leave | null> {
    const { ownTask } = runnable as TaskRunnable;
    const enter = (): Promise<Leave | null> => this.#triggers.leave(ownTask, job, input, signal);
    return this.#coordination?.concerns(job) === true ? this.#coordination.leave(runnable, job, enter) : enter();
  }

  /** Who doesn't have the task can't ask its data: the first worker that has it will. */
  #keysUnder(
    groups: readonly TaskConstraintGroup[],
    task: AnyTask | undefined,
    input: unknown,
  ): readonly string[] | null {
    if (task === undefined || groups.length === 0) return null;
    const keys: string[] = [];
    for (const group of groups) {
      const key = group.getConstraintKey(task, input);
      if (key !== null) keys.push(constraintKey(group.name, key));
    }
    return keys.length === 0 ? null : keys;
  }

  #runnable(task: AnyTask): TaskRunnable {
    const { schema } = task;
    return {
      ownTask: task,
      name: task.name,
      queue: task.queue,
      retry: task.retry,
      timeoutMs: task.timeoutMs,
      graceMs: task.graceMs,
      keep: task.keep,
      // What merges triggers runs as one, which parses by itself.
      parse: schema === undefined || task.coalesces !== null ? null : (input) => parseWith(schema, input, task.name),
      run: (input, control) => this.#running.run(task, input, control),
    };
  }

  #list(): void {
    const tasks = this.tasks();
    this.#names = tasks.map((task) => task.name);
    this.#queues = [...new Set(tasks.map((task) => task.queue))];
  }
}

function checkCount(count: number, task: string): void {
  if (count > MAX_KEYS)
    throw new OptionError(
      `A job of task '${task}' has ${count} constraint keys; at most ${MAX_KEYS} groups may apply to one job.`,
    );
}
