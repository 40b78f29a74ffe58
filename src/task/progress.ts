/** How far a run has come: by the steps that its task declares, or as the function says. */

import { OptionError } from '../core/errors.js';
import { type StepDef, unknownStep } from './steps.js';
import { type ITaskStep, TaskStep } from './task-step.js';

export class RunProgress {
  readonly #task: string;
  readonly #defs: readonly StepDef[];
  readonly #steps: readonly TaskStep[];
  #active: TaskStep | null = null;
  #percent = 0;

  constructor(task: string, steps: readonly StepDef[]) {
    this.#task = task;
    this.#defs = steps;
    this.#steps = steps.map((step) => new TaskStep(step));
  }

  get percent(): number {
    return this.#percent;
  }

  /** The active step's name. */
  get step(): string | null {
    return this.#active?.name ?? null;
  }

  steps(): ITaskStep[] {
    return this.#steps.map((step) => step.getMetadata());
  }

  /** @throws OptionError unless it is a finite number; what is beyond 0 … 100 is cut */
  set(percent: number): void {
    if (!Number.isFinite(percent)) throw new OptionError(`progress(${String(percent)}): give a number from 0 to 100.`);
    this.#percent = Math.min(100, Math.max(0, percent));
  }

  /** Completes the step before it. @throws OptionError for a step that isn't declared */
  begin(name: string, now: number): void {
    const next = this.#steps.find((step) => step.name === name);
    if (next === undefined) throw unknownStep(this.#task, name, this.#defs);
    this.#active?.complete(now);
    this.#active = next;
    next.begin(now);
    this.#count();
  }

  /** The run has succeeded: so has its active step. Without steps, all is done. */
  complete(now: number): void {
    this.#active?.complete(now);
    this.#active = null;
    if (this.#steps.length === 0) this.#percent = 100;
    else this.#count();
  }

  /** Completed steps count whole, the active one half. */
  #count(): void {
    let sum = 0;
    for (const { status, percentage } of this.#steps) {
      if (status === 'completed') sum += percentage;
      else if (status === 'active') sum += percentage / 2;
    }
    this.#percent = Math.min(100, Math.round(sum * 1e6) / 1e6);
  }
}
