import { OptionError } from '../core/errors.js';
import { type AnyTask, Task } from './task.js';

/** @throws OptionError unless it is an array of tasks */
export function checkMembers(tasks: readonly AnyTask[], what: string): AnyTask[] {
  if (!Array.isArray(tasks))
    throw new OptionError(`The taskArray of ${what} is ${typeof tasks}; give an array of tasks.`);
  return tasks.map((task, index) => checkMember(task, `taskArray[${index}] of ${what}`));
}

export function checkMember(task: unknown, what: string): AnyTask {
  if (task instanceof Task) return task;
  throw new OptionError(`${what} is ${task === null ? 'null' : typeof task}; give a Task.`);
}
