import { checkMembers } from './members.js';
import type { InputOf, OutputOf } from './reference.js';
import type { Run } from './run.js';
import type { TaskSettings } from './settings.js';
import { type AnyTask, Task } from './task.js';

/** What `new Taskparallel` takes. */
export interface TaskparallelOptions<TTasks extends readonly AnyTask[], TName extends string = string>
  extends Omit<TaskSettings<undefined, readonly []>, 'setup' | 'schema' | 'steps'> {
  /** A manager needs it; one that is only triggered can do without. */
  readonly name?: TName | undefined;
  /** All get the same input. */
  readonly taskArray: TTasks;
}

/**
 * Runs tasks at the same time, each on the same input; resolves with their results in order. If one fails, it rejects
 * with that error once all have ended: a retry never runs beside what is left of the try before.
 *
 * As a job, all of it is one attempt.
 */
export class Taskparallel<
  const TTasks extends readonly AnyTask[] = readonly AnyTask[],
  TName extends string = string,
  // biome-ignore lint/complexity/noBannedTypes: no data, as Task has it by default
> extends Task<undefined, readonly [], {}, ParallelInput<TTasks>, ParallelOutput<TTasks>, TName> {
  /** Its tasks, in the order of their results. */
  readonly taskArray: readonly AnyTask[];

  /** @throws OptionError as `new Task` does, and unless `taskArray` is an array of tasks */
  constructor(options: TaskparallelOptions<TTasks, TName>) {
    const { taskArray, ...settings } = options;
    const members = checkMembers(taskArray, `Taskparallel '${options.name ?? ''}'`);
    super({
      ...settings,
      data: undefined,
      taskFunction: (input, _setup, ctx) =>
        runTogether(members, input, ctx as unknown as Run) as Promise<ParallelOutput<TTasks>>,
    });
    this.taskArray = members;
  }
}

async function runTogether(members: readonly AnyTask[], input: unknown, ctx: Run): Promise<unknown[]> {
  const failures: unknown[] = [];
  const results = await Promise.all(
    members.map(async (member) => {
      try {
        return await ctx.triggerWithin(member.runs, input);
      } catch (error) {
        failures.push(error);
        return undefined;
      }
    }),
  );
  if (failures.length > 0) throw failures[0];
  return results;
}

/** What fits them all. */
type ParallelInput<TTasks extends readonly AnyTask[]> = TTasks extends readonly []
  ? // biome-ignore lint/suspicious/noExplicitAny: without tasks it takes anything
    any
  : Parameters<{ [K in keyof TTasks]: (input: InputOf<TTasks[K]>) => void }[number]>[0];

type ParallelOutput<TTasks extends readonly AnyTask[]> = { -readonly [K in keyof TTasks]: OutputOf<TTasks[K]> };
