/** Which functions run in a manager under test, and whether they wait for virtual time or for something real. */

import type { EventJob } from '../engine/index.js';
import { timers } from '../hosts/index.js';
import type { TaskManager } from '../manager/index.js';

/** How often it looks whether what is real has come. */
const LOOK_MS = 2;

/** More than any test needs; a task that enqueues itself needs it all. */
export const MOST_RUNS = 5_000;

export class Runs {
  /** How many were ever started, by task. */
  readonly started: Map<string, number> = new Map();
  total = 0;
  readonly #running: Set<EventJob> = new Set();
  /** Waited for once already, in vain. */
  readonly #stuck: Set<EventJob> = new Set();
  readonly #sleepers: () => number;

  constructor(manager: TaskManager, sleepers: () => number) {
    this.#sleepers = sleepers;
    manager.on('started', ({ job }) => {
      this.#running.add(job);
      this.total += 1;
      this.started.set(job.task, (this.started.get(job.task) ?? 0) + 1);
    });
    manager.on('ended', ({ job }) => {
      this.#running.delete(job);
      this.#stuck.delete(job);
    });
  }

  /** Functions that are called and haven't ended. */
  get running(): readonly EventJob[] {
    return [...this.#running];
  }

  /** Some wait for something that is neither virtual time nor was waited for in vain. */
  get isBusy(): boolean {
    return this.#running.size > this.#sleepers() + this.#stuck.size;
  }

  /** Waits in real time, at most so long without any start or end; who goes on then is stuck. */
  async waitForReal(patienceMs: number, settle: () => Promise<void>): Promise<void> {
    const { monotonic, timer } = timers();
    let since = monotonic();
    const before = this.total;
    let seen = '';
    await settle();
    while (this.isBusy) {
      const now = `${this.total}/${this.#running.size}`;
      if (now !== seen) [seen, since] = [now, monotonic()];
      if (monotonic() - since >= patienceMs) {
        for (const job of this.#running) this.#stuck.add(job);
        return;
      }
      if (this.total - before > MOST_RUNS) return;
      await new Promise<void>((resolve) => timer(LOOK_MS, resolve));
      await settle();
    }
  }

  /** Who was waited for in vain is waited for again. */
  forgive(): void {
    this.#stuck.clear();
  }

  /** Those that were waited for in vain. */
  get stuck(): readonly EventJob[] {
    return [...this.#stuck];
  }
}
