import type { Coalescing } from './runs.js';
import type { TaskOptions } from './settings.js';
import type { StepDef } from './steps.js';
import { Task } from './task.js';

/** The first trigger runs; whoever triggers later, or meanwhile, settles as the first one did. */
export class TaskOnce<
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
  readonly #once: Once;

  /** @throws OptionError as `new Task` does, and if it is to be `buffered` too */
  constructor(options: TaskOptions<T, TSteps, TData, TInput, TOutput, TName>) {
    const once = new Once();
    super(options, { kind: 'TaskOnce', coalescing: () => once });
    this.#once = once;
  }

  /** Whether the one run has begun. */
  get hasTriggered(): boolean {
    return this.#once.outcome !== null;
  }
}

class Once implements Coalescing {
  outcome: Promise<unknown> | null = null;

  trigger(input: unknown, run: (input: unknown) => Promise<unknown>): Promise<unknown> {
    if (this.outcome !== null) return this.outcome;
    let settle!: (outcome: Promise<unknown>) => void;
    this.outcome = new Promise((resolve) => {
      settle = resolve;
    });
    // Only now: a function that triggers its own task must find it triggered.
    settle(run(input));
    return this.outcome;
  }
}
