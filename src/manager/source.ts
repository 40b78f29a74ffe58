import { OptionError, UnknownTaskError } from '../core/errors.js';
import { nearest, nonEmptyString } from '../core/options.js';
import { parseWith, Task, type TaskLike, type TaskRef } from '../task/index.js';
import type { JobSource } from './new-job.js';
import type { TaskRegistry } from './registry.js';

/** What jobs of this task are made of. @throws OptionError if it is neither a task nor a reference to one */
export function sourceOf(registry: TaskRegistry, task: TaskLike | TaskRef): JobSource {
  if (task instanceof Task) return { name: named(task), queue: task.queue, task };
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

/** @throws OptionError: a job is never merged with another, so such a task would not do as it says */
export function refuseCoalescing({ task, name }: JobSource, action: string): void {
  const coalesces = task?.coalesces ?? null;
  if (coalesces === null) return;
  const [kind, instead] = {
    buffered: ['buffered', 'a constraint group with maxConcurrent'],
    TaskOnce: ['a TaskOnce', 'an `idempotencyKey`, or `unique`'],
    TaskDebounced: ['a TaskDebounced', "`unique` with onConflict: 'replace' and a delay (`in`)"],
  }[coalesces];
  throw new OptionError(
    `Can't ${action} task '${name}': it is ${kind}, which merges triggers, and jobs are never merged. For jobs use a plain task, with ${instead}.`,
  );
}

export function unknownTask(name: string, registry: TaskRegistry): UnknownTaskError {
  const names = registry.names();
  const near = nearest(String(name), names);
  const known = names.length === 0 ? 'None is registered.' : `Registered: ${names.join(', ')}.`;
  return new UnknownTaskError(
    `No task named '${String(name)}' is registered in this manager. ${near === null ? known : `Did you mean '${near}'?`}`,
  );
}

/** @throws OptionError for a task without a name */
function named(task: Task): string {
  if (task.name !== '') return task.name;
  throw new OptionError('This task has no name, and a job finds its task by name: give it one.');
}
