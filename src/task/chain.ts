import { TaskchainError } from '../core/errors.js';
import { checkMember, checkMembers } from './members.js';
import type { InputOf, OutputOf } from './reference.js';
import type { Run } from './run.js';
import type { TaskSettings } from './settings.js';
import { type AnyTask, Task } from './task.js';

/** What `new Taskchain` takes. */
export interface TaskchainOptions<TTasks extends readonly AnyTask[], TName extends string = string>
  extends Omit<TaskSettings<undefined, readonly []>, 'setup' | 'schema' | 'steps'> {
  /** A manager needs it; a chain that is only triggered can do without. */
  readonly name?: TName | undefined;
  /** In order. Each gets what the one before resolved with; what doesn't fit doesn't compile. */
  readonly taskArray: TTasks & Chained<TTasks>;
}

/**
 * Runs tasks one after the other, each on the result of the one before; resolves with the last one's. One that fails
 * stops the chain: TaskchainError names it, and keeps its error as `cause`. Without tasks it resolves with its input.
 *
 * As a job, the whole chain is one attempt.
 */
export class Taskchain<
  const TTasks extends readonly AnyTask[] = readonly AnyTask[],
  TName extends string = string,
  // biome-ignore lint/complexity/noBannedTypes: no data, as Task has it by default
> extends Task<undefined, readonly [], {}, ChainInput<TTasks>, ChainOutput<TTasks>, TName> {
  /** Its tasks, in order. */
  readonly taskArray: AnyTask[];

  /** @throws OptionError as `new Task` does, and unless `taskArray` is an array of tasks */
  constructor(options: TaskchainOptions<TTasks, TName>) {
    const { taskArray, ...settings } = options;
    const members = checkMembers(taskArray, `Taskchain '${options.name ?? ''}'`);
    super({
      ...settings,
      data: undefined,
      taskFunction: (input, _setup, ctx) =>
        runInOrder(this.name, [...members], input, ctx as unknown as Run) as Promise<ChainOutput<TTasks>>,
    });
    this.taskArray = members;
  }

  /** Appends one. Runs under way go on as they began. */
  addTask(task: AnyTask): void {
    this.taskArray.push(checkMember(task, `addTask of Taskchain '${this.name}'`));
  }

  /** Takes one out. Runs under way go on as they began. @returns whether it was there; if it is there twice, the first one goes */
  removeTask(task: AnyTask): boolean {
    const index = this.taskArray.indexOf(task);
    if (index >= 0) this.taskArray.splice(index, 1);
    return index >= 0;
  }

  /** Takes the first one out. */
  shiftTask(): AnyTask | undefined {
    return this.taskArray.shift();
  }
}

async function runInOrder(chain: string, members: readonly AnyTask[], input: unknown, ctx: Run): Promise<unknown> {
  let value = input;
  for (const [index, member] of members.entries()) {
    // Whoever asked the chain to stop doesn't want the next one begun.
    if (index > 0) ctx.signal.throwIfAborted();
    try {
      value = await ctx.triggerWithin(member.runs, value);
    } catch (error) {
      throw new TaskchainError(chain, member.name, index, error);
    }
  }
  return value;
}

/** The same tuple if each output fits the next input, else one that no array of tasks fits. */
type Chained<TTasks extends readonly AnyTask[]> = TTasks extends readonly [
  infer A extends AnyTask,
  infer B extends AnyTask,
  ...infer Rest extends readonly AnyTask[],
]
  ? Fits<OutputOf<A>, InputOf<B>> extends true
    ? readonly [A, ...Chained<readonly [B, ...Rest]>]
    : readonly [A, Misfit<OutputOf<A>, InputOf<B>>, ...Rest]
  : TTasks;

/** A task that takes nothing follows any other. */
// biome-ignore lint/suspicious/noConfusingVoidType: a task without input infers void
type Fits<TOutput, TInput> = [TOutput] extends [TInput] ? true : [void] extends [TInput] ? true : false;

/** Shown by the compiler where two members of a chain don't fit. */
interface Misfit<TOutput, TInput> {
  readonly 'the task before results in': TOutput;
  readonly 'but this one takes': TInput;
}

// biome-ignore lint/suspicious/noExplicitAny: a chain without tasks takes and gives anything
type ChainInput<TTasks> = TTasks extends readonly [infer A extends AnyTask, ...unknown[]] ? InputOf<A> : any;
// biome-ignore lint/suspicious/noExplicitAny: as above
type ChainOutput<TTasks> = TTasks extends readonly [...unknown[], infer Z extends AnyTask] ? OutputOf<Z> : any;
