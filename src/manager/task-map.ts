import type { AnyTask } from '../task/index.js';

/** The tasks of a manager by name, for reading. */
export interface TaskMap {
  /** How many tasks there are. */
  readonly size: number;
  /** The task of this name. */
  get(name: string): AnyTask | undefined;
  /** Whether there is a task of this name. */
  has(name: string): boolean;
  /** All of them. */
  values(): IterableIterator<AnyTask>;
  /** The first for which it is true. */
  find(isWanted: (task: AnyTask) => boolean): AnyTask | undefined;
  /** Calls it with each. */
  forEach(call: (task: AnyTask) => void): void;
  /** All of them, in a new array. */
  getArray(): AnyTask[];
}

/** Shows what `tasks` answers at the time. */
export function taskMap(tasks: () => readonly AnyTask[], byName: (name: string) => AnyTask | undefined): TaskMap {
  return {
    get size() {
      return tasks().length;
    },
    get: byName,
    has: (name) => byName(name) !== undefined,
    values: () => tasks().values(),
    find: (isWanted) => tasks().find(isWanted),
    forEach: (call) => tasks().forEach((task) => void call(task)),
    getArray: () => [...tasks()],
  };
}
