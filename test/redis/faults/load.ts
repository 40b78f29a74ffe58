/** Managers at work on a server while something goes wrong there, and what is then asked of every job. */

import { type JobSnapshot, TaskManager, task } from 'taskspan';
import { expect, onTestFinished } from 'vitest';
import type { Store } from '../../../src/store/index.js';
import { redis } from '../../../src/stores/redis/index.js';
import { until } from '../servers/until.js';

/** Enqueued one after the other, by so many who wait for each answer. */
const PRODUCERS = 4;
const LEASE_MS = 1_500;

export interface LoadOptions {
  readonly managers?: number;
  readonly leaseMs?: number;
  /** Default: a `redis` for the URL. */
  readonly store?: (index: number) => Store;
}

export class Load {
  readonly managers: readonly TaskManager[];
  /** Of each job, how often its function was called. */
  readonly runs: Map<string, number> = new Map();
  readonly acknowledged: Set<string> = new Set();
  readonly refused: unknown[] = [];
  /** What each manager complained of. */
  readonly errors: readonly unknown[][];
  completed = 0;
  #isFlowing = false;
  #flow: Promise<unknown> = Promise.resolve();
  readonly work = task('work', (_input: number, { job }) => {
    if (job !== undefined) this.runs.set(job.id, (this.runs.get(job.id) ?? 0) + 1);
  });

  constructor(url: string, { managers = 2, leaseMs = LEASE_MS, store = () => redis({ url }) }: LoadOptions = {}) {
    const errors: unknown[][] = [];
    this.managers = Array.from({ length: managers }, (_, i) => {
      const own: unknown[] = [];
      errors.push(own);
      const manager = new TaskManager({ store: store(i), tasks: [this.work], leaseMs, logger: silent });
      manager.on('error', ({ error }) => own.push(error));
      manager.on('completed', () => {
        this.completed += 1;
      });
      return manager;
    });
    this.errors = errors;
    onTestFinished(() => this.close());
  }

  get manager(): TaskManager {
    return this.managers[0]!;
  }

  async start(): Promise<this> {
    await Promise.all(this.managers.map((manager) => manager.start()));
    return this;
  }

  /** Enqueues until `stopFlow()`. */
  flow(): void {
    this.#isFlowing = true;
    this.#flow = Promise.all(
      Array.from({ length: PRODUCERS }, async (_, i) => {
        while (this.#isFlowing) await this.enqueue(i);
      }),
    );
  }

  async enqueue(i: number): Promise<void> {
    try {
      this.acknowledged.add((await this.managers[i % this.managers.length]!.enqueue(this.work, i)).id);
    } catch (error) {
      this.refused.push(error);
    }
  }

  /** Resolves once all that was asked for is answered. */
  async stopFlow(): Promise<void> {
    this.#isFlowing = false;
    await this.#flow;
  }

  /** Resolves after so many more jobs have completed. */
  async progress(jobs: number): Promise<void> {
    const from = this.completed;
    await until(`${jobs} more jobs to complete`, () => this.completed >= from + jobs);
  }

  /** Every acknowledged job has completed, and nothing else is in the store. */
  async expectAllDone(): Promise<void> {
    await this.expectEndOfAll();
    expect(await this.ids()).toEqual([...this.acknowledged].sort());
  }

  /** Every acknowledged job that the store has, has completed. */
  async expectEndOfAll(): Promise<void> {
    await until('the end of all jobs', async () => {
      const { pending, running } = await this.manager.count();
      return pending + running === 0;
    });
    const wrong = (await this.jobs()).filter(({ state, attempt }) => state !== 'completed' || attempt !== 1);
    expect(wrong).toEqual([]);
  }

  async ids(): Promise<readonly string[]> {
    return (await this.jobs()).map(({ id }) => id).sort();
  }

  async jobs(): Promise<readonly JobSnapshot[]> {
    const jobs: JobSnapshot[] = [];
    for await (const job of this.manager.list()) jobs.push(job);
    return jobs;
  }

  /** Those whose function was called more than once. */
  get repeated(): readonly string[] {
    return [...this.runs].filter(([, n]) => n > 1).map(([id]) => id);
  }

  /** How many losses each manager has reported. */
  get losses(): readonly number[] {
    const isLoss = (error: unknown): boolean => (error as { code?: string }).code === 'WRITES_LOST';
    return this.errors.map((errors) => errors.filter(isLoss).length);
  }

  /** So that its keys stand still. */
  async close(): Promise<void> {
    this.#isFlowing = false;
    await Promise.all(this.managers.map((manager) => manager.close({ timeout: 500 })));
  }
}

export const silent = { debug() {}, info() {}, warn() {}, error() {} };
