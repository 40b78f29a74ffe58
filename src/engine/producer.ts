/** Inserts jobs; calls of one turn, and those that come while a call is under way, share the next call. */

import type { Host } from '../core/host.js';
import type { NewJob } from '../core/job.js';
import type { InsertAnswer, Store } from '../store/index.js';
import { Turns } from './turns.js';

/** No single call grows with the backlog. */
const BATCH = 1_000;
/** Calls under way, of a store that works on one while the next is put together. */
const PIPELINED = 2;
/** Fewer jobs are not worth a call of their own beside another; so many are enough for one, if others follow. */
const PIPELINED_LEAST = 32;
const PIPELINED_ENOUGH = 50;

/** Of a store in this process, which has no claim open. */
const noAnswers: readonly InsertAnswer[] = [];

/** Jobs that go in one call, and the promise that all who gave them wait for. */
class Batch {
  readonly jobs: NewJob[] = [];
  readonly answers: Promise<readonly InsertAnswer[]>;
  resolve!: (answers: readonly InsertAnswer[]) => void;
  reject!: (error: unknown) => void;

  constructor() {
    this.answers = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

export class Producer {
  readonly #store: Store;
  readonly #onInserted: (jobs: readonly NewJob[], answers: readonly InsertAnswer[]) => void;
  readonly #turns: Turns;
  readonly #most: number;
  /** Not sent yet; only the last one takes more. */
  #batches: Batch[] = [];
  /** Each sends one batch after the other, until none is left. */
  #lanes = 0;
  /** Calls of `insertMany`, and the flush. */
  #underWay = 0;
  #idle: (() => void)[] = [];

  constructor(
    store: Store,
    host: Host,
    onInserted: (jobs: readonly NewJob[], answers: readonly InsertAnswer[]) => void,
  ) {
    this.#store = store;
    this.#turns = new Turns(host);
    this.#onInserted = onInserted;
    this.#most = store.pipeline !== undefined ? PIPELINED : 1;
  }

  /** The answer, from a store that has it at once; null: it has to be waited for. */
  insertNow(job: NewJob): InsertAnswer | null {
    const { direct } = this.#store;
    // What waits for its call was there before.
    if (direct === undefined || this.#lanes > 0 || this.#turns.isOver()) return null;
    const answer = direct.insert(job);
    this.#onInserted([job], noAnswers);
    return answer;
  }

  /** The answers of the call that the job goes with, and its place among them: a promise for each job would cost more. */
  insert(job: NewJob): { readonly answers: Promise<readonly InsertAnswer[]>; readonly at: number } {
    let batch = this.#batches.at(-1);
    if (batch === undefined || batch.jobs.length >= this.#enough) {
      batch = new Batch();
      this.#batches.push(batch);
    }
    const { answers } = batch;
    const at = batch.jobs.push(job) - 1;
    if (this.#lanes === 0 || (this.#lanes < this.#most && at + 1 === PIPELINED_LEAST)) {
      this.#lanes += 1;
      this.#underWay += 1;
      queueMicrotask(() => this.#flush());
    }
    return { answers, at };
  }

  /** Jobs of the batch that takes more. The first ones are small, so that all calls that may be under way have one. */
  get #enough(): number {
    return this.#most > 1 && this.#batches.length <= this.#most ? PIPELINED_ENOUGH : BATCH;
  }

  /** One promise for many jobs; in chunks, so a failure may leave others inserted. */
  async insertMany(jobs: readonly NewJob[]): Promise<readonly InsertAnswer[]> {
    const answers: InsertAnswer[] = [];
    const sent: Promise<readonly InsertAnswer[]>[] = [];
    this.#underWay += 1;
    try {
      for (let i = 0; i < jobs.length; i += BATCH) {
        const turn = this.#turns.due();
        if (turn !== null) await turn;
        const some = this.#insertSome(jobs.slice(i, i + BATCH));
        // It may fail while an earlier one is waited for.
        some.catch(() => {});
        sent.push(some);
        if (sent.length === this.#most) answers.push(...(await (sent.shift() as Promise<readonly InsertAnswer[]>)));
      }
      for (const some of await Promise.all(sent)) answers.push(...some);
    } finally {
      await Promise.allSettled(sent);
      this.#ended();
    }
    return answers;
  }

  async #insertSome(jobs: readonly NewJob[]): Promise<readonly InsertAnswer[]> {
    const answers = await this.#store.insert(jobs);
    this.#onInserted(jobs, answers);
    return answers;
  }

  /** Resolves when no insert is under way. */
  whenIdle(): Promise<void> {
    return this.#underWay > 0 ? new Promise((resolve) => this.#idle.push(resolve)) : Promise.resolve();
  }

  async #flush(): Promise<void> {
    while (this.#batches.length > 0) {
      // Who calls meanwhile shares the next insert.
      const turn = this.#turns.due();
      if (turn !== null) await turn;
      await this.#send(this.#batches.shift() as Batch);
    }
    this.#lanes -= 1;
    this.#ended();
  }

  #ended(): void {
    this.#underWay -= 1;
    if (this.#underWay === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #send({ jobs, resolve, reject }: Batch): Promise<void> {
    try {
      resolve(await this.#insertSome(jobs));
    } catch (error) {
      reject(error);
    }
  }
}
