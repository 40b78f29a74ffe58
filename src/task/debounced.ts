import { longTimer } from '../core/host.js';
import { wholeNumber } from '../core/options.js';
import type { TaskHome } from './home.js';
import type { Coalescing } from './runs.js';
import type { TaskOptions } from './settings.js';
import type { StepDef } from './steps.js';
import { Task } from './task.js';

/** What `new TaskDebounced` takes. */
export interface TaskDebouncedOptions<
  T = undefined,
  TSteps extends readonly StepDef[] = readonly [],
  TData = Record<string, never>,
  TInput = unknown,
  TOutput = unknown,
  TName extends string = string,
> extends TaskOptions<T, TSteps, TData, TInput, TOutput, TName> {
  /** How long nobody must have triggered before it runs, ms. */
  readonly debounceTimeInMillis: number;
}

/** Triggers in quick succession are one run, once it has been quiet: on the last input, and all of them settle with it. */
export class TaskDebounced<
  T = undefined,
  const TSteps extends readonly StepDef[] = readonly [],
  // biome-ignore lint/complexity/noBannedTypes: no data by default, and any object fits
  TData = {},
  // biome-ignore lint/suspicious/noExplicitAny: as Task has it
  TInput = any,
  // biome-ignore lint/suspicious/noExplicitAny: as Task has it
  TOutput = any,
  TName extends string = string,
> extends Task<T, TSteps, TData, TInput, TOutput, TName> {
  /** How long nobody must have triggered before it runs, ms. */
  readonly debounceTimeInMillis: number;

  /** @throws OptionError as `new Task` does, if it is to be `buffered` too, and unless `debounceTimeInMillis` is a whole number */
  constructor(options: TaskDebouncedOptions<T, TSteps, TData, TInput, TOutput, TName>) {
    const { debounceTimeInMillis, ...own } = options;
    const quietMs = wholeNumber(debounceTimeInMillis, `debounceTimeInMillis of task '${own.name}'`, 0);
    super(own as TaskOptions<T, TSteps, TData, TInput, TOutput, TName>, {
      kind: 'TaskDebounced',
      coalescing: (home) => new Debounce(quietMs, home),
    });
    this.debounceTimeInMillis = quietMs;
  }
}

interface Burst {
  readonly outcome: Promise<unknown>;
  readonly resolve: (outcome: Promise<unknown>) => void;
  cancelTimer: () => void;
}

class Debounce implements Coalescing {
  readonly #quietMs: number;
  readonly #home: () => TaskHome;
  #burst: Burst | null = null;

  constructor(quietMs: number, home: () => TaskHome) {
    this.#quietMs = quietMs;
    this.#home = home;
  }

  trigger(input: unknown, run: (input: unknown) => Promise<unknown>): Promise<unknown> {
    this.#burst ??= newBurst();
    const burst = this.#burst;
    burst.cancelTimer();
    burst.cancelTimer = longTimer(this.#home().host, this.#quietMs, () => {
      this.#burst = null;
      burst.resolve(run(input));
    });
    return burst.outcome;
  }
}

function newBurst(): Burst {
  let resolve!: (outcome: Promise<unknown>) => void;
  const outcome = new Promise<unknown>((settle) => {
    resolve = settle;
  });
  return { outcome, resolve, cancelTimer: () => {} };
}
