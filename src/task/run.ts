/** One run of a task: its hooks, its setup, its function. It is what the function is given as `ctx`. */

import { TaskRecursionError } from '../core/errors.js';
import type { Logger } from '../core/logger.js';
import { isThenable } from '../core/thenable.js';
import type { ContextEnqueue, JobInfo, TaskContext } from './context.js';
import type { TaskHome } from './home.js';
import { RunProgress } from './progress.js';
import type { Setup } from './setup.js';
import type { StepDef } from './steps.js';
import type { ITaskStep } from './task-step.js';

/** Runs that one run started, one within the other: more is an endless loop. */
const DEEPEST = 100;

/** How a task runs: the one normal form of its options. */
export interface RunPlan {
  readonly name: string;
  readonly steps: readonly StepDef[];
  readonly run: (input: unknown, ctx: Run) => unknown;
  readonly setup: Setup<unknown> | null;
  /** Null = the input is passed as it is. @throws InvalidInputError */
  readonly parse: ((input: unknown) => unknown) | null;
  readonly preTask: Hook | null;
  readonly afterTask: Hook | null;
  /** Null = none. */
  readonly timeoutMs: number | null;
  readonly graceMs: number;
  readonly catchErrors: boolean;
}

/** Gives the task to be run before or after. */
export type Hook = () => { readonly runs: RunOwner };

/** What a run belongs to, and whom it tells how it goes. */
export interface RunOwner {
  readonly plan: RunPlan;
  readonly home: TaskHome;
  began(run: Run): void;
  stepped(run: Run, name: string): void;
  completed(run: Run): void;
  failed(run: Run, error: unknown): void;
  trigger(input: unknown, parent: Run | null): Promise<unknown>;
}

/** Who awaits a run hears how it ended: one of these, once. */
export interface RunEnd {
  returned(value: unknown): void;
  threw(error: unknown): void;
}

export abstract class Run implements TaskContext<string> {
  readonly owner: RunOwner;
  /** Within whose run it was started, as hook or member. */
  readonly parent: Run | null;
  setup: unknown = undefined;
  #progress: RunProgress | null = null;
  #isCompleted = false;

  constructor(owner: RunOwner, parent: Run | null) {
    this.owner = owner;
    this.parent = parent;
  }

  abstract get signal(): AbortSignal;
  abstract get attempt(): number;
  abstract get job(): JobInfo | undefined;
  abstract get log(): Logger;
  abstract get enqueue(): ContextEnqueue;

  // Functions that are got, not methods, so that `const { progress } = ctx` works.
  get progress(): (percent: number) => void {
    return (percent) => {
      this.#steps().set(percent);
      this.reportProgress(this.percent, this.step);
    };
  }

  get notifyStep(): (name: string) => void {
    return (name) => {
      this.#steps().begin(name, this.owner.home.host.now());
      this.owner.stepped(this, name);
      this.reportProgress(this.percent, name);
    };
  }

  /** 0–100. */
  get percent(): number {
    if (this.#progress !== null) return this.#progress.percent;
    return this.#isCompleted && this.owner.plan.steps.length === 0 ? 100 : 0;
  }

  /** The active step. */
  get step(): string | null {
    return this.#progress?.step ?? null;
  }

  /** Only looks: a run that never told how far it has come is not begun anew by who asks. */
  steps(): ITaskStep[] {
    return (this.#progress ?? this.#fresh()).steps();
  }

  /** Runs the function; calls `returned` or `threw` once, now or later, and never throws. */
  start(input: unknown): void {
    const { plan } = this.owner;
    this.owner.began(this);
    const isPlain = plan.preTask === null && plan.afterTask === null && plan.setup === null && this.parse === null;
    if (!isPlain) void this.#startInSteps(plan, input);
    else this.#call(plan, input);
  }

  /** Null where the input is parsed already. */
  protected abstract get parse(): RunPlan['parse'];
  protected abstract reportProgress(percent: number, step: string | null): void;
  protected abstract returned(value: unknown): void;
  protected abstract threw(error: unknown): void;

  /** To be called by whoever ends the run, before it is told. */
  protected noteReturn(): void {
    this.#isCompleted = true;
    this.#progress?.complete(this.owner.home.host.now());
    this.owner.completed(this);
  }

  protected noteThrow(error: unknown): void {
    this.owner.failed(this, error);
  }

  /** The way without hooks and setup, which costs no promise where the function makes none. */
  #call(plan: RunPlan, input: unknown): void {
    let value: unknown;
    let isPromised: boolean;
    try {
      value = plan.run(input, this);
      isPromised = isThenable(value);
    } catch (error) {
      return this.threw(error);
    }
    if (!isPromised) return this.returned(value);
    // A foreign thenable may do anything; a promise of our own tames it.
    const promise = value instanceof Promise ? value : Promise.resolve(value);
    promise.then(
      (result: unknown) => this.returned(result),
      (error: unknown) => this.threw(error),
    );
  }

  async #startInSteps(plan: RunPlan, given: unknown): Promise<void> {
    let value: unknown;
    try {
      const input = this.parse === null ? given : await this.parse(given);
      if (plan.preTask !== null) await this.#hook(plan.preTask, input);
      if (plan.setup !== null) this.setup = await plan.setup.value();
      // All that took its time: it may have been given up, and its slot be another's.
      this.signal.throwIfAborted();
      value = await plan.run(input, this);
      if (plan.afterTask !== null) this.signal.throwIfAborted();
      if (plan.afterTask !== null) await this.#hook(plan.afterTask, value);
    } catch (error) {
      return this.threw(error);
    }
    this.returned(value);
  }

  #hook(hook: Hook, input: unknown): Promise<unknown> {
    return this.triggerWithin(hook().runs, input);
  }

  /** Triggers a hook or member as part of this run. @throws TaskRecursionError if that would never end */
  triggerWithin(owner: RunOwner, input: unknown): Promise<unknown> {
    const names = [owner.plan.name];
    let isLoop = false;
    for (let run: Run | null = this; run !== null; run = run.parent) {
      names.push(run.owner.plan.name);
      isLoop ||= run.owner === owner;
    }
    if (isLoop || names.length > DEEPEST) throw new TaskRecursionError(names.reverse());
    return owner.trigger(input, this);
  }

  #steps(): RunProgress {
    this.#progress ??= this.#fresh();
    return this.#progress;
  }

  #fresh(): RunProgress {
    return new RunProgress(this.owner.plan.name, this.owner.plan.steps);
  }
}
