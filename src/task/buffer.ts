/**
 * A task's buffer: so many run at once, as many wait in order, and with all places taken a new call takes the newest
 * waiting one's place. Who was replaced settles as the call that replaced it does.
 */

import type { Coalescing } from './runs.js';

type RunOne = (input: unknown) => Promise<unknown>;

/** A place in the line, and all calls that came to share it. */
interface Waiting {
  input: unknown;
  run: RunOne;
  readonly outcome: Promise<unknown>;
  readonly resolve: (outcome: Promise<unknown>) => void;
}

export class Buffer implements Coalescing {
  readonly #max: number;
  #running = 0;
  readonly #waiting: Waiting[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  get isFull(): boolean {
    return this.#running >= this.#max;
  }

  trigger(input: unknown, run: RunOne): Promise<unknown> {
    if (!this.isFull) return this.#start(input, run);
    const newest = this.#waiting.at(-1);
    if (newest !== undefined && this.#waiting.length >= this.#max) {
      newest.input = input;
      newest.run = run;
      return newest.outcome;
    }
    let resolve!: (outcome: Promise<unknown>) => void;
    const outcome = new Promise<unknown>((settle) => {
      resolve = settle;
    });
    this.#waiting.push({ input, run, outcome, resolve });
    return outcome;
  }

  #start(input: unknown, run: RunOne): Promise<unknown> {
    this.#running += 1;
    const outcome = run(input);
    const next = (): void => this.#next();
    outcome.then(next, next);
    return outcome;
  }

  #next(): void {
    this.#running -= 1;
    const next = this.#waiting.shift();
    if (next !== undefined) next.resolve(this.#start(next.input, next.run));
  }
}
