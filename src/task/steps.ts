/** The steps that a task declares. */

import { OptionError } from '../core/errors.js';
import { nearest } from '../core/options.js';

/** A step that a task declares. */
export interface StepDef {
  /** For `notifyStep`; no two steps of a task share one. */
  readonly name: string;
  /** For people. */
  readonly description: string;
  /** The step's weight: its share of the whole, 0–100. All of a task's sum to 100. */
  readonly percentage: number;
}

/** The names of declared steps, for `notifyStep`. */
export type StepNames<TSteps extends readonly StepDef[]> = TSteps[number]['name'];

/** @throws OptionError for a step without a name, two of one name, or weights that don't sum to 100 */
export function checkSteps(what: string, steps: readonly StepDef[]): void {
  if (!Array.isArray(steps)) throw new OptionError(`The steps of ${what} are ${typeof steps}; give an array.`);
  if (steps.length === 0) return;
  const names = new Set(steps.map((step) => step.name));
  if (names.size !== steps.length || [...names].some((name) => typeof name !== 'string' || name === ''))
    throw new OptionError(`The steps of ${what} have some without a name, or with the same name.`);
  const sum = steps.reduce((total, step) => total + step.percentage, 0);
  if (!(Math.abs(sum - 100) < 0.01) || steps.some((step) => !(step.percentage >= 0))) {
    throw new OptionError(
      `The steps of ${what} weigh ${sum} together; their percentages must be 0 or more and sum to 100.`,
    );
  }
}

/** @throws OptionError that lists the declared steps, or suggests the nearest */
export function unknownStep(task: string, name: string, steps: readonly StepDef[]): OptionError {
  const known = steps.map((step) => step.name);
  const near = nearest(String(name), known);
  const declared = known.length === 0 ? 'It declares none.' : `It declares ${known.join(', ')}.`;
  return new OptionError(
    `Task '${task}' has no step '${String(name)}'. ${near === null ? declared : `Did you mean '${near}'?`}`,
  );
}
