/** A task: a named function, and how it should run. */

import { type Duration, durationMs } from '../core/duration.js';
import { OptionError } from '../core/errors.js';
import { defaultKeep, type Keep } from '../core/job.js';
import { checkOptions, nonEmptyString, wholeNumber } from '../core/options.js';
import { type RetryOptions, type RetryPolicy, retryPolicy } from '../core/retry.js';
import type { TaskContext } from './context.js';
import type { StandardSchema } from './schema.js';
import { checkSteps, type StepDef, type StepNames } from './steps.js';

/** How long ended jobs stay: an age, and at most so many. `Infinity` = for ever. Never under a minute. */
export interface KeepOptions {
  /** Default a day; cancelled jobs too. */
  readonly completed?: Duration | undefined;
  /** Default two weeks. */
  readonly failed?: Duration | undefined;
  /** At most this many ended jobs of the task. Default: no bound. */
  readonly count?: number | undefined;
}

/** How a task runs: the third argument of `task`. */
export interface TaskSettings<
  TSetup = unknown,
  TSteps extends readonly StepDef[] = readonly StepDef[],
  TData = unknown,
> {
  /** Where its jobs wait. Default `'default'`. */
  readonly queue?: string | undefined;
  /** Default: 3 attempts, exponential backoff from 1 s. */
  readonly retry?: RetryOptions | undefined;
  /** An attempt that runs longer is aborted by its signal and fails as `timed-out`. Default: none. */
  readonly timeout?: Duration | undefined;
  /** After a time-out or cancel: how long the function may take to stop before its slot is freed without it. Default 5 s. */
  readonly grace?: Duration | undefined;
  /** How long its ended jobs stay. */
  readonly keep?: KeepOptions | undefined;
  /** Of its jobs, unless `enqueue` says otherwise. Default 0; larger runs first. */
  readonly priority?: number | undefined;
  /** Called once per process, before the first run; what it returns is `ctx.setup`. */
  readonly setup?: (() => TSetup | Promise<TSetup>) | undefined;
  /** Any Standard Schema: inputs are checked by it at `enqueue` and parsed by it before each run. */
  readonly schema?: StandardSchema | undefined;
  /** What `ctx.notifyStep` may name; progress is counted by their weights. */
  readonly steps?: TSteps | undefined;
  /** Typed values of the task's own, for constraint keys and routing. Default `{}`. */
  readonly data?: TData | undefined;
  /** Copied to its jobs when they are enqueued. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

const settingNames: readonly (keyof TaskSettings)[] = [
  'queue',
  'retry',
  'timeout',
  'grace',
  'keep',
  'priority',
  'setup',
  'schema',
  'steps',
  'data',
  'labels',
];

/** The form of `new Task({…})`. */
export interface TaskOptions<
  T = undefined,
  TSteps extends readonly StepDef[] = readonly [],
  TData = Record<string, never>,
  TInput = unknown,
  TOutput = unknown,
  TName extends string = string,
> extends Omit<TaskSettings<T, TSteps, TData>, 'setup'> {
  readonly name: TName;
  readonly taskFunction: (
    input: TInput,
    setup: T,
    ctx: TaskContext<StepNames<TSteps>, T>,
  ) => TOutput | Promise<TOutput>;
  /** The documented name of `setup`. */
  readonly taskSetup?: (() => T | Promise<T>) | undefined;
}

/**
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
  readonly name: TName;
  readonly data: TData;
  readonly labels: Record<string, string>;
  readonly queue: string;
  readonly priority: number;
  readonly steps: TSteps;
  readonly retry: RetryPolicy;
  /** Null = none. */
  readonly timeoutMs: number | null;
  readonly graceMs: number;
  readonly keep: Keep;
  /** Null = the defaults: then it isn't written into each record. */
  readonly ownKeep: Keep | null;
  readonly schema: StandardSchema | undefined;
  /** The one normal form that the engine calls. */
  readonly run: (input: TInput, ctx: TaskContext<StepNames<TSteps>, T>) => TOutput | Promise<TOutput>;
  readonly #setup: (() => T | Promise<T>) | undefined;
  #setupOnce: Promise<T> | undefined;
  #setupValue: { readonly value: T } | undefined;

  /** @throws OptionError for a missing name or function, an unknown option, or a value that an option can't take */
  constructor(options: TaskOptions<T, TSteps, TData, TInput, TOutput, TName>) {
    const { name, taskFunction, taskSetup, ...settings } = options;
    const what = `task '${String(name)}'`;
    this.name = nonEmptyString(name, "A task's name", 255) as TName;
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
    checkSteps(name, this.steps);
    this.data = (settings.data ?? {}) as TData;
    this.labels = checkLabels(settings.labels ?? {}, `The labels of ${what}`);
    this.#setup = taskSetup;
  }

  /** What `setup` returned; a promise while it runs. It runs once, unless it failed: then the next run tries again. */
  setupValue(): T | Promise<T> {
    if (this.#setup === undefined) return undefined as T;
    if (this.#setupValue !== undefined) return this.#setupValue.value;
    this.#setupOnce ??= Promise.resolve()
      .then(this.#setup)
      .then(
        (value) => {
          this.#setupValue = { value };
          return value;
        },
        (error: unknown) => {
          this.#setupOnce = undefined;
          throw error;
        },
      );
    return this.#setupOnce;
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

/** Priorities fit 32 bits on every store. */
export function checkPriority(priority: number, what: string): number {
  return wholeNumber(priority, what, -2_147_483_648, 2_147_483_647);
}

/** @throws OptionError unless every label is a string */
export function checkLabels(labels: Readonly<Record<string, string>>, what: string): Record<string, string> {
  for (const [name, value] of Object.entries(labels)) {
    if (typeof value !== 'string') throw new OptionError(`${what}: '${name}' is ${typeof value}; labels are strings.`);
    if (name.includes('\0') || value.includes('\0'))
      throw new OptionError(`${what}: '${name}' contains NUL, which no store carries.`);
  }
  return { ...labels };
}

function positiveMs(duration: Duration, what: string): number {
  const ms = durationMs(duration, what);
  if (ms > 0 && ms <= 2_147_483_647) return ms;
  throw new OptionError(`${what} is ${JSON.stringify(duration)}; it must be more than 0 and at most 24 days.`);
}

function keepOf(keep: KeepOptions, what: string): Keep {
  checkOptions(`keep of ${what}`, keep, ['completed', 'failed', 'count']);
  const age = (value: Duration | undefined, name: string, normal: number | null): number | null =>
    value === undefined ? normal : value === Infinity ? null : durationMs(value, `keep.${name} of ${what}`);
  return {
    completedMs: age(keep.completed, 'completed', defaultKeep.completedMs),
    failedMs: age(keep.failed, 'failed', defaultKeep.failedMs),
    count: keep.count === undefined ? null : wholeNumber(keep.count, `keep.count of ${what}`, 1),
  };
}
