/** A run's progress through the steps that its task declares. */

import { OptionError } from '../core/errors.js';
import { nearest } from '../core/options.js';

/** A step that a task declares. */
export interface StepDef {
  readonly name: string;
  readonly description: string;
  /** The step's weight: its share of the whole, 0–100. All of a task's sum to 100. */
  readonly percentage: number;
}

/** The names of declared steps, for `notifyStep`. */
export type StepNames<TSteps extends readonly StepDef[]> = TSteps[number]['name'];

/** @throws OptionError for a step without a name, two of one name, or weights that don't sum to 100 */
export function checkSteps(task: string, steps: readonly StepDef[]): void {
  if (steps.length === 0) return;
  const names = new Set(steps.map((step) => step.name));
  if (names.size !== steps.length || names.has(''))
    throw new OptionError(`Task '${task}' has steps without a name or with the same name.`);
  const sum = steps.reduce((total, step) => total + step.percentage, 0);
  if (!(Math.abs(sum - 100) < 0.01) || steps.some((step) => !(step.percentage >= 0))) {
    throw new OptionError(
      `The steps of task '${task}' weigh ${sum} together; their percentages must be 0 or more and sum to 100.`,
    );
  }
}

/** The progress of one run: by steps, or as the function says. */
export class RunProgress {
  readonly #task: string;
  readonly #steps: readonly StepDef[];
  #active = -1;
  #percent = 0;

  constructor(task: string, steps: readonly StepDef[]) {
    this.#task = task;
    this.#steps = steps;
  }

  get percent(): number {
    return this.#percent;
  }

  get step(): string | null {
    return this.#steps[this.#active]?.name ?? null;
  }

  set(percent: number): void {
    if (!Number.isFinite(percent)) throw new OptionError(`progress(${String(percent)}): give a number from 0 to 100.`);
    this.#percent = Math.min(100, Math.max(0, percent));
  }

  /** Completed steps count whole, the active one half. */
  begin(name: string): void {
    const index = this.#steps.findIndex((step) => step.name === name);
    if (index < 0) {
      const known = this.#steps.map((step) => step.name);
      const near = nearest(name, known);
      const hint =
        known.length === 0
          ? 'It declares none.'
          : near === null
            ? `It declares ${known.join(', ')}.`
            : `Did you mean '${near}'?`;
      throw new OptionError(`Task '${this.#task}' has no step '${name}'. ${hint}`);
    }
    this.#active = index;
    const before = this.#steps.slice(0, index).reduce((total, step) => total + step.percentage, 0);
    this.#percent = before + (this.#steps[index] as StepDef).percentage / 2;
  }
}
