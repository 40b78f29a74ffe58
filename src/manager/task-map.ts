import type { AnyTask } from '../task/index.js';

/** The tasks of a manager by name, for reading. */
export interface TaskMap {
  readonly size: number;
  get(name: string): AnyTask | undefined;
  has(name: string): boolean;
  values(): IterableIterator<AnyTask>;
  /** The first for which it is true. */
  find(isWanted: (task: AnyTask) => boolean): AnyTask | undefined;
  forEach(call: (task: AnyTask) => void): void;
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
