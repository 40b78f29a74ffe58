/** A task: a named function, and how it should run. */

import type { Subject } from 'rxjs';
import { durationMs } from '../core/duration.js';
import { OptionError } from '../core/errors.js';
import { defaultKeep, type Keep } from '../core/job.js';
import { checkOptions, nonEmptyString, wholeNumber } from '../core/options.js';
import { type RetryPolicy, retryPolicy } from '../core/retry.js';
import { Buffer } from './buffer.js';
import type { TaskContext } from './context.js';
import type { TaskHome } from './home.js';
import type { ITaskEvent, ITaskMetadata } from './metadata.js';
import type { InputArg } from './reference.js';
import type { Run } from './run.js';
import { type Coalescing, TaskRuns } from './runs.js';
import { parseWith, type StandardSchema } from './schema.js';
import {
  checkFlag,
  checkLabels,
  checkPriority,
  hookOf,
  keepOf,
  positiveMs,
  settingNames,
  type TaskOptions,
  type TaskSettings,
} from './settings.js';
import { Setup } from './setup.js';
import { checkSteps, type StepDef, type StepNames } from './steps.js';
import type { ITaskStep } from './task-step.js';

/** What a kind of task with a way of its own to take triggers adds. */
interface Kind {
  /** Its class, as it is called in messages. */
  readonly kind: 'TaskOnce' | 'TaskDebounced';
  readonly coalescing: (home: () => TaskHome) => Coalescing;
}

/**
 * A named function, and how it should run. `task` makes one too.
 *
 * `T` is the setup value, `TSteps` the declared steps, `TData` the data bag; input, output and name are inferred.
 */
export class Task<
  T = undefined,
  const TSteps extends readonly StepDef[] = readonly [],
  // biome-ignore lint/complexity/noBannedTypes: no data by default, and any object fits
  TData = {},
  // biome-ignore lint/suspicious/noExplicitAny: a task of any input must fit where tasks are listed
  TInput = any,
  // biome-ignore lint/suspicious/noExplicitAny: as above
  TOutput = any,
  TName extends string = string,
> {
  /** Empty if it has none. */
  readonly name: TName;
  /** As given; `{}` by default. */
  readonly data: TData;
  /** Copied to jobs when they are enqueued. */
  readonly labels: Record<string, string>;
  /** Where its jobs wait. */
  readonly queue: string;
  /** Of its jobs; a larger one runs first. */
  readonly priority: number;
  /** As declared. */
  readonly steps: TSteps;
  /** When a failed attempt is tried again. */
  readonly retry: RetryPolicy;
  /** Null = none. */
  readonly timeoutMs: number | null;
  /** After a time-out or cancel: how long the function may take to stop. */
  readonly graceMs: number;
  /** How long its ended jobs stay. */
  readonly keep: Keep;
  /** Null = the defaults: then it isn't written into each record. */
  readonly ownKeep: Keep | null;
  /** Undefined if its inputs aren't checked. */
  readonly schema: StandardSchema | undefined;
  /** Whether a trigger that fails resolves with undefined. */
  readonly catchErrors: boolean;
  /** Whether triggers beyond `bufferMax` wait and replace each other. */
  readonly buffered: boolean;
  /** Undefined unless `buffered`. */
  readonly bufferMax: number | undefined;
  /** The one normal form of its function. */
  readonly run: (input: TInput, ctx: TaskContext<StepNames<TSteps>, T>) => TOutput | Promise<TOutput>;
  /** @internal */
  readonly runs: TaskRuns;
  /** What in it merges triggers, so that jobs can't; null = nothing. @internal */
  readonly coalesces: 'buffered' | 'TaskOnce' | 'TaskDebounced' | null;

  /** @throws OptionError for a missing function, an unknown option, or a value that an option can't take */
  constructor(options: TaskOptions<T, TSteps, TData, TInput, TOutput, TName>);
  /** @internal */
  constructor(options: TaskOptions<T, TSteps, TData, TInput, TOutput, TName>, kind: Kind);
  constructor(options: TaskOptions<T, TSteps, TData, TInput, TOutput, TName>, kind: Kind | null = null) {
    const { name, taskFunction, taskSetup, ...settings } = options;
    this.name = (name === undefined ? '' : nonEmptyString(name, "A task's name", 255)) as TName;
    const what = name === undefined ? 'a task without a name' : `task '${name}'`;
    if (typeof taskFunction !== 'function') throw new OptionError(`${what} has no function; give one as taskFunction.`);
    checkOptions(
      what,
      settings,
      settingNames.filter((option) => option !== 'setup'),
    );
    this.run = (input, ctx) => taskFunction(input, ctx.setup, ctx);
    this.queue = nonEmptyString(settings.queue ?? 'default', `The queue of ${what}`, 255);
    this.retry = retryPolicy(settings.retry);
    this.timeoutMs = settings.timeout === undefined ? null : positiveMs(settings.timeout, `The timeout of ${what}`);
    this.graceMs = durationMs(settings.grace ?? 5_000, `The grace of ${what}`);
    this.priority = checkPriority(settings.priority ?? 0, `The priority of ${what}`);
    this.ownKeep = settings.keep === undefined ? null : keepOf(settings.keep, what);
    this.keep = this.ownKeep ?? defaultKeep;
    if (settings.schema !== undefined && typeof settings.schema['~standard']?.validate !== 'function') {
      throw new OptionError(`The schema of ${what} is no Standard Schema: it has no '~standard'.validate.`);
    }
    if (taskSetup !== undefined && typeof taskSetup !== 'function')
      throw new OptionError(`The setup of ${what} is ${typeof taskSetup}; give a function.`);
    this.schema = settings.schema;
    this.steps = (settings.steps ?? []) as unknown as TSteps;
    checkSteps(what, this.steps);
    this.data = (settings.data ?? {}) as TData;
    this.labels = checkLabels(settings.labels ?? {}, `The labels of ${what}`);
    this.catchErrors = checkFlag(settings.catchErrors, `catchErrors of ${what}`);
    this.buffered = checkFlag(settings.buffered, `buffered of ${what}`);
    const bufferMax = wholeNumber(settings.bufferMax ?? 1, `bufferMax of ${what}`, 1);
    this.bufferMax = this.buffered ? bufferMax : undefined;
    if (this.buffered && kind !== null)
      throw new OptionError(`${what} is a ${kind.kind}, which merges its triggers by itself: leave \`buffered\` out.`);
    this.coalesces = kind?.kind ?? (this.buffered ? 'buffered' : null);
    const coalescing = kind?.coalescing(() => this.runs.home) ?? (this.buffered ? new Buffer(bufferMax) : null);
    this.runs = new TaskRuns(
      {
        name: this.name,
        steps: this.steps,
        run: this.run as (input: unknown, ctx: Run) => unknown,
        setup: taskSetup === undefined ? null : new Setup(taskSetup),
        parse:
          settings.schema === undefined
            ? null
            : (input) => parseWith(settings.schema as StandardSchema, input, this.name),
        preTask: hookOf(settings.preTask, `preTask of ${what}`),
        afterTask: hookOf(settings.afterTask, `afterTask of ${what}`),
        timeoutMs: this.timeoutMs,
        graceMs: this.graceMs,
        catchErrors: this.catchErrors,
      },
      coalescing,
      this,
    );
  }

  /**
   * Runs it here and now, without a store and beside all constraint groups (a manager's `triggerTask` obeys them).
   * Not retried.
   *
   * @returns the function's result. Rejects with what it throws, unless `catchErrors`; with TimeoutError past its time-out;
   *   with InvalidInputError if its schema refuses the input.
   */
  trigger(...[input]: InputArg<TInput>): Promise<TOutput> {
    return this.runs.trigger(input, null) as Promise<TOutput>;
  }

  // Its runs in this process: triggers and jobs alike

  /** Whether a run is under way here. */
  get running(): boolean {
    return this.runs.running > 0;
  }

  /** Whether none is. */
  get idle(): boolean {
    return !this.running;
  }

  /** How many runs have started. */
  get runCount(): number {
    return this.runs.runCount;
  }

  /** When the last run started. */
  get lastRun(): Date | undefined {
    return this.runs.lastRunAt === null ? undefined : new Date(this.runs.lastRunAt);
  }

  /** Of the last run that failed, until one succeeds or `clearError`. */
  get lastError(): Error | undefined {
    return this.runs.lastError;
  }

  /** How many runs have failed. */
  get errorCount(): number {
    return this.runs.errorCount;
  }

  /** Forgets `lastError`, and that the last run failed; `errorCount` stays. */
  clearError(): void {
    this.runs.clearError();
  }

  /** Hears of all its runs here. A subscriber that throws harms nobody. */
  get eventSubject(): Subject<ITaskEvent> {
    return this.runs.subject;
  }

  /** Begins a declared step of the run that started last; runs that overlap use `ctx.notifyStep`. @throws OptionError */
  notifyStep(name: StepNames<TSteps>): void {
    const { latest } = this.runs;
    if (latest === null) throw new OptionError(`Task '${this.name}' has not run yet, so it has no step to begin.`);
    latest.notifyStep(name);
  }

  /** Of the run that started last, 0–100. */
  getProgress(): number {
    return this.runs.latest?.percent ?? 0;
  }

  /** Of the run that started last. */
  getStepsMetadata(): ITaskStep[] {
    return this.getMetadata().steps;
  }

  /** All of this as plain data, as it is now. */
  getMetadata(): ITaskMetadata {
    return this.runs.metadata();
  }

  // Labels

  /** Jobs enqueued from now on get it too. @throws OptionError unless it is a string */
  setLabel(key: string, value: string): void {
    Object.assign(this.labels, checkLabels({ [key]: value }, `setLabel of task '${this.name}'`));
  }

  /** The label's value; undefined if it has none of this key. */
  getLabel(key: string): string | undefined {
    return Object.hasOwn(this.labels, key) ? this.labels[key] : undefined;
  }

  /** Jobs enqueued from now on don't get it. @returns whether it was there */
  removeLabel(key: string): boolean {
    const wasThere = Object.hasOwn(this.labels, key);
    delete this.labels[key];
    return wasThere;
  }

  /** Whether it has the label, with this value if one is given. */
  hasLabel(key: string, value?: string): boolean {
    return Object.hasOwn(this.labels, key) && (value === undefined || this.labels[key] === value);
  }
}

/** Any task, whatever its types. */
// biome-ignore lint/suspicious/noExplicitAny: variance makes `any` the only supertype of all tasks
export type AnyTask = Task<any, any, any, any, any, any>;

/**
 * Makes a task from a function of `(input, ctx)`.
 *
 * @throws OptionError as `new Task` does
 */
export function task<
  const TName extends string,
  TIn,
  TOut,
  T = undefined,
  const TSteps extends readonly StepDef[] = readonly [],
  // biome-ignore lint/complexity/noBannedTypes: no data by default, and any object fits
  TData = {},
  TParsed = TIn,
>(
  name: TName,
  run: (input: TParsed, ctx: TaskContext<StepNames<TSteps>, T>) => TOut | Promise<TOut>,
  settings: Omit<TaskSettings<T, TSteps, TData>, 'schema'> & { readonly schema: StandardSchema<TIn, TParsed> },
): Task<T, TSteps, TData, TIn, TOut, TName>;
export function task<
  const TName extends string,
  TIn = void,
  TOut = unknown,
  T = undefined,
  const TSteps extends readonly StepDef[] = readonly [],
  // biome-ignore lint/complexity/noBannedTypes: no data by default, and any object fits
  TData = {},
>(
  name: TName,
  run: (input: TIn, ctx: TaskContext<StepNames<TSteps>, T>) => TOut | Promise<TOut>,
  settings?: Omit<TaskSettings<T, TSteps, TData>, 'schema'> & { readonly schema?: undefined },
): Task<T, TSteps, TData, TIn, TOut, TName>;
export function task(
  name: string,
  run: (input: unknown, ctx: TaskContext<never, unknown>) => unknown,
  { setup, ...settings }: TaskSettings = {},
): AnyTask {
  nonEmptyString(name, "A task's name", 255);
  if (typeof run !== 'function')
    throw new OptionError(
      `task '${String(name)}' has no function; write task('${String(name)}', async (input, ctx) => { … }).`,
    );
  return new Task<unknown, readonly StepDef[], unknown>({
    ...settings,
    name,
    taskSetup: setup,
    taskFunction: (input, _setup, ctx) => run(input, ctx as unknown as TaskContext<never, unknown>),
  });
}
