/**
 * A task's buffer: so many run at once, as many wait in order, and with all places taken a new call takes the newest
 * waiting one's place. Who was replaced settles as the call that replaced it does.
 */

import type { Coalescing } from './runs.js';

type RunOne = (input: unknown) => Promise<unknown>;

/** A call that waits, and all that it replaced. */
interface Waiting {
  readonly outcome: Promise<unknown>;
  /** Begins it as a continuation of its caller's, and so in that one's async context; or answers it with another's outcome. */
  readonly settle: (instead: Promise<unknown> | null) => void;
}

export class Buffer implements Coalescing {
  readonly #max: number;
  #running = 0;
  readonly #waiting: Waiting[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  trigger(input: unknown, run: RunOne): Promise<unknown> {
    if (this.#running < this.#max) return this.#start(input, run);
    const waiting = this.#wait(input, run);
    if (this.#waiting.length < this.#max) this.#waiting.push(waiting);
    else this.#waiting.splice(-1, 1, waiting)[0]?.settle(waiting.outcome);
    return waiting.outcome;
  }

  #wait(input: unknown, run: RunOne): Waiting {
    let settle!: Waiting['settle'];
    const turn = new Promise<{ readonly instead: Promise<unknown> | null }>((resolve) => {
      settle = (instead) => resolve({ instead });
    });
    return { outcome: turn.then(({ instead }) => instead ?? this.#run(input, run)), settle };
  }

  #start(input: unknown, run: RunOne): Promise<unknown> {
    this.#running += 1;
    return this.#run(input, run);
  }

  #run(input: unknown, run: RunOne): Promise<unknown> {
    const outcome = run(input);
    const next = (): void => this.#next();
    outcome.then(next, next);
    return outcome;
  }

  /** Its place goes to who waits, at once, so that nobody who calls now takes it. */
  #next(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else next.settle(null);
  }
}
