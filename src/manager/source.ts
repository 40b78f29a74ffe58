import { OptionError } from '../core/errors.js';
import { nonEmptyString } from '../core/options.js';
import { parseWith, Task, type TaskLike, type TaskRef } from '../task/index.js';
import type { JobSource } from './new-job.js';
import type { TaskRegistry } from './registry.js';

/** What jobs of this task are made of. @throws OptionError if it is neither a task nor a reference to one */
export function sourceOf(registry: TaskRegistry, task: TaskLike | TaskRef): JobSource {
  if (task instanceof Task) return { name: task.name, queue: task.queue, task };
  if (typeof task !== 'object' || task === null || !('isTaskRef' in task)) {
    throw new OptionError('enqueue and schedule take a Task, or a taskRef(name) where only its name is known.');
  }
  const registered = registry.task(task.name);
  return {
    name: nonEmptyString(task.name, "A task's name", 255),
    queue: registered?.queue ?? task.queue,
    task: registered,
  };
}

/** Holds an input against its task's schema. A promise only where that is asynchronous. @throws InvalidInputError */
export function validate({ task, name }: JobSource, input: unknown): Promise<unknown> | null {
  if (task?.schema === undefined) return null;
  const parsed = parseWith(task.schema, input, name);
  return parsed instanceof Promise ? parsed : null;
}
