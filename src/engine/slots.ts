/** The attempts that run. A set of many that come and go costs each of them more than starting it. */

import type { Attempt } from './attempt.js';

export class Slots {
  readonly #attempts: Attempt[] = [];

  get count(): number {
    return this.#attempts.length;
  }

  add(attempt: Attempt): void {
    attempt.slot = this.#attempts.length;
    this.#attempts.push(attempt);
  }

  /** The last one takes its slot. */
  free(attempt: Attempt): void {
    const last = this.#attempts.pop() as Attempt;
    if (last === attempt) return;
    this.#attempts[attempt.slot] = last;
    last.slot = attempt.slot;
  }

  /** A list of its own: what is done to an attempt may end it. */
  all(): readonly Attempt[] {
    return [...this.#attempts];
  }
}
