/** How many jobs to take beyond the free slots, measured: about 50 ms of work, and none until something was measured. */

const WORK_MS = 50;
const MOST = 1_000;
/** The weight of one more run in the mean. */
const WEIGHT = 0.05;
/** No prefetch before so many runs were measured. */
const ENOUGH_RUNS = 8;

export class Pace {
  readonly #concurrency: number;
  readonly #isOn: boolean;
  #meanMs = 0;
  #runs = 0;

  constructor(concurrency: number, isOn: boolean) {
    this.#concurrency = concurrency;
    this.#isOn = isOn;
  }

  measured(durationMs: number): void {
    this.#meanMs = this.#runs === 0 ? durationMs : this.#meanMs + (durationMs - this.#meanMs) * WEIGHT;
    this.#runs += 1;
  }

  /** What waited beside a run waited so long: it takes at least that. */
  slower(durationMs: number): void {
    this.#meanMs = Math.max(this.#meanMs, durationMs);
  }

  get prefetch(): number {
    if (!this.#isOn || this.#runs < ENOUGH_RUNS) return 0;
    return Math.min(MOST, Math.floor((WORK_MS / Math.max(this.#meanMs, 0.001)) * this.#concurrency));
  }
}
