/** The options of a task, and their checks. */

import { type Duration, durationMs } from '../core/duration.js';
import { OptionError } from '../core/errors.js';
import { defaultKeep, type Keep } from '../core/job.js';
import { checkOptions, wholeNumber } from '../core/options.js';
import type { RetryOptions } from '../core/retry.js';
import type { TaskContext } from './context.js';
import type { RunOwner } from './run.js';
import type { StandardSchema } from './schema.js';
import type { StepDef, StepNames } from './steps.js';

/** How long ended jobs stay: an age, and at most so many. `Infinity` = for ever. Never under a minute. */
export interface KeepOptions {
  /** Default a day; cancelled jobs too. */
  readonly completed?: Duration | undefined;
  /** Default two weeks. */
  readonly failed?: Duration | undefined;
  /** At most this many ended jobs of the task. Default: no bound. */
  readonly count?: number | undefined;
}

/** A task that runs before or after another: itself, or a function that gives it anew for each run. */
export type HookTask = HookedTask | (() => HookedTask);

/** As much of a task as a hook needs. */
export interface HookedTask {
  /** @internal */
  readonly runs: RunOwner;
  /** Whatever it takes: it is given the input of the run, or its result. */
  trigger(...input: never): Promise<unknown>;
}

/** How a task runs: the third argument of `task`. */
export interface TaskSettings<
  TSetup = unknown,
  TSteps extends readonly StepDef[] = readonly StepDef[],
  TData = unknown,
> {
  /** Where its jobs wait. Default `'default'`. */
  readonly queue?: string | undefined;
  /** Default: 3 attempts, exponential backoff from 1 s. A trigger is not retried. */
  readonly retry?: RetryOptions | undefined;
  /** A run that takes longer is aborted by its signal and fails as `timed-out`. Default: none. */
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
  /** What `notifyStep` may name; progress is counted by their weights. */
  readonly steps?: TSteps | undefined;
  /** Typed values of the task's own, for constraint keys and routing. Default `{}`. */
  readonly data?: TData | undefined;
  /** Copied to its jobs when they are enqueued. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /**
   * Of triggers only: `bufferMax` run at once, as many wait, and a call beyond replaces the newest that waits, which
   * then settles as its replacement does. Default false.
   */
  readonly buffered?: boolean | undefined;
  /** Default 1. */
  readonly bufferMax?: number | undefined;
  /** Runs before each run, on its input; the run fails if it does. */
  readonly preTask?: HookTask | undefined;
  /** Runs after each run that succeeded, on its result; the run fails if it does. */
  readonly afterTask?: HookTask | undefined;
  /** Of triggers only: one that fails resolves with `undefined` instead of rejecting. Default false. */
  readonly catchErrors?: boolean | undefined;
}

export const settingNames: readonly (keyof TaskSettings)[] = [
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
  'buffered',
  'bufferMax',
  'preTask',
  'afterTask',
  'catchErrors',
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
  /** A manager needs it; a task that is only triggered can do without. */
  readonly name?: TName | undefined;
  /** What a run calls: its input, what `taskSetup` returned, and the context. */
  readonly taskFunction: (
    input: TInput,
    setup: T,
    ctx: TaskContext<StepNames<TSteps>, T>,
  ) => TOutput | Promise<TOutput>;
  /** The documented name of `setup`. */
  readonly taskSetup?: (() => T | Promise<T>) | undefined;
}

/** The documented type of a task's function; `T` is the setup value. */
// biome-ignore lint/suspicious/noExplicitAny: the documented type takes and gives anything
export type ITaskFunction<T = undefined> = (input?: any, setupValue?: T) => Promise<any>;

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

export function checkFlag(value: boolean | undefined, what: string): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? false;
  throw new OptionError(`${what} is ${String(value)}; it is true or false.`);
}

export function positiveMs(duration: Duration, what: string): number {
  const ms = durationMs(duration, what);
  if (ms > 0 && ms <= 2_147_483_647) return ms;
  throw new OptionError(`${what} is ${JSON.stringify(duration)}; it must be more than 0 and at most 24 days.`);
}

export function keepOf(keep: KeepOptions, what: string): Keep {
  checkOptions(`keep of ${what}`, keep, ['completed', 'failed', 'count']);
  const age = (value: Duration | undefined, name: string, normal: number | null): number | null =>
    value === undefined ? normal : value === Infinity ? null : durationMs(value, `keep.${name} of ${what}`);
  return {
    completedMs: age(keep.completed, 'completed', defaultKeep.completedMs),
    failedMs: age(keep.failed, 'failed', defaultKeep.failedMs),
    count: keep.count === undefined ? null : wholeNumber(keep.count, `keep.count of ${what}`, 1),
  };
}

/** @returns what gives the hook's task for a run, or null without a hook */
export function hookOf(hook: HookTask | undefined, what: string): (() => { readonly runs: RunOwner }) | null {
  if (hook === undefined) return null;
  if (typeof hook !== 'function') {
    const fixed = checkHook(hook, what);
    return () => fixed;
  }
  return () => checkHook(hook(), what);
}

function checkHook(task: unknown, what: string): { readonly runs: RunOwner } {
  const runs = (task as { runs?: RunOwner } | null | undefined)?.runs;
  if (typeof runs?.trigger === 'function') return { runs };
  throw new OptionError(
    `${what} is ${task === null ? 'null' : typeof task}; give a Task, or a function that returns one.`,
  );
}
