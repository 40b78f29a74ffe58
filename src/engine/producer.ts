/** Inserts jobs; calls of one turn, and those that come while a call is under way, share the next call. */

import type { NewJob } from '../core/job.js';
import type { InsertAnswer, Store } from '../store/index.js';
import type { Host } from './host.js';
import { Turns } from './turns.js';

/** No single call grows with the backlog. */
const BATCH = 1_000;

interface Waiting {
  readonly job: NewJob;
  readonly resolve: (answer: InsertAnswer) => void;
  readonly reject: (error: unknown) => void;
}

export class Producer {
  readonly #store: Store;
  readonly #onInserted: (jobs: readonly NewJob[]) => void;
  readonly #turns: Turns;
  #waiting: Waiting[] = [];
  #isBusy = false;
  #idle: (() => void)[] = [];

  constructor(store: Store, host: Host, onInserted: (jobs: readonly NewJob[]) => void) {
    this.#store = store;
    this.#turns = new Turns(host);
    this.#onInserted = onInserted;
  }

  insert(job: NewJob): Promise<InsertAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, resolve, reject });
      if (this.#isBusy) return;
      this.#isBusy = true;
      queueMicrotask(() => this.#flush());
    });
  }

  /** One promise for many jobs; in chunks, so a failure may leave the earlier ones inserted. */
  async insertMany(jobs: readonly NewJob[]): Promise<readonly InsertAnswer[]> {
    const answers: InsertAnswer[] = [];
    for (let i = 0; i < jobs.length; i += BATCH) {
      const batch = jobs.slice(i, i + BATCH);
      const turn = this.#turns.due();
      if (turn !== null) await turn;
      answers.push(...(await this.#store.insert(batch)));
      this.#onInserted(batch);
    }
    return answers;
  }

  /** Resolves when no single insert is under way. */
  whenIdle(): Promise<void> {
    return this.#isBusy ? new Promise((resolve) => this.#idle.push(resolve)) : Promise.resolve();
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      // Who calls meanwhile shares the next insert.
      const turn = this.#turns.due();
      if (turn !== null) await turn;
      const batch = this.#waiting.slice(0, BATCH);
      this.#waiting = this.#waiting.slice(BATCH);
      await this.#insertBatch(batch);
    }
    this.#isBusy = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #insertBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const jobs = batch.map((item) => item.job);
      const answers = await this.#store.insert(jobs);
      batch.forEach((item, i) => {
        item.resolve(answers[i] as InsertAnswer);
      });
      this.#onInserted(jobs);
    } catch (error) {
      for (const item of batch) item.reject(error);
    }
  }
}
