/** A producer over a store that answers at once. */

import { describe, expect, it } from 'vitest';
import type { Host } from '../../src/core/host.js';
import { type NewJob, READER_VERSION, RECORD_VERSION } from '../../src/core/job.js';
import { Producer } from '../../src/engine/producer.js';
import type { InsertAnswer, Store } from '../../src/store/index.js';
import { memory } from '../../src/stores/memory/index.js';
import { VirtualTime } from '../../src/testing/virtual-time.js';

/** On a monotonic clock that the test moves within a turn, as work does. */
class Turn {
  readonly stored: string[] = [];
  readonly batches: string[][] = [];
  readonly #soon: (() => void)[] = [];
  #nowMs = 0;
  readonly #producer: Producer;

  constructor() {
    const host: Host = {
      ...new VirtualTime().host,
      monotonic: () => this.#nowMs,
      soon: (callback) => void this.#soon.push(callback),
    };
    const store = memory();
    const counted = {
      ...store,
      insert: (jobs: readonly NewJob[]) => {
        this.batches.push(jobs.map(({ id }) => id));
        return store.insert(jobs);
      },
    };
    this.#producer = new Producer(counted, host, (jobs) => this.stored.push(...jobs.map(({ id }) => id)));
  }

  /** As the manager does. */
  add(id: string): Promise<unknown> {
    const job = jobOf(id);
    const answer = this.#producer.insertNow(job);
    return answer === null ? this.#producer.insert(job).answers : Promise.resolve(answer);
  }

  work(ms: number): void {
    this.#nowMs += ms;
  }

  /** What others wait for their turn with. */
  async next(): Promise<void> {
    for (const callback of this.#soon.splice(0)) callback();
    await settled();
  }
}

function jobOf(id: string): NewJob {
  return {
    id,
    partition: 0,
    recordVersion: RECORD_VERSION,
    minReader: READER_VERSION,
    task: 'resize',
    queue: 'images',
    input: null,
    delayMs: 0,
    dueAt: null,
    priority: 0,
    maxAttempts: 3,
    labels: null,
    keys: null,
    unique: null,
    digest: null,
    rare: null,
  };
}

const settled = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await undefined;
};

describe('a producer over a store that answers at once', () => {
  it('given calls that nobody awaits, when they take long, then each job is stored within its call all the same', () => {
    const turn = new Turn();
    for (let i = 0; i < 5; i++) {
      void turn.add(`job-${i}`);
      turn.work(20);
    }
    expect(turn.stored).toEqual(['job-0', 'job-1', 'job-2', 'job-3', 'job-4']);
    expect(turn.batches).toEqual([]);
  });

  it('given a turn that goes on and on because calls are awaited, then the next ones wait for another turn, in their order', async () => {
    const turn = new Turn();
    await turn.add('first');
    turn.work(20);
    void turn.add('second');
    void turn.add('third');
    await settled();
    expect(turn.stored).toEqual(['first']);
    await turn.next();
    expect(turn.stored).toEqual(['first', 'second', 'third']);
    expect(turn.batches).toEqual([['second', 'third']]);
    void turn.add('fourth');
    expect(turn.stored.at(-1)).toBe('fourth');
  });

  it('given awaited calls that are quick, then each is stored within its call', async () => {
    const turn = new Turn();
    for (const id of ['first', 'second', 'third']) {
      await turn.add(id);
      turn.work(3);
    }
    expect(turn.stored).toEqual(['first', 'second', 'third']);
    expect(turn.batches).toEqual([]);
  });
});

describe('a producer over a store that works on one call while the next is put together', () => {
  it('given 300 jobs in one turn, when they are sent, then two calls are under way, the first ones small, and all in order', async () => {
    const calls = new Calls();
    void Promise.allSettled(calls.add(300));
    await settled();
    expect(calls.sizes).toEqual([50, 50]);
    calls.answer();
    await settled();
    expect(calls.sizes).toEqual([50, 50, 200]);
    calls.answer();
    calls.answer();
    await calls.producer.whenIdle();
    expect(calls.ids).toEqual(Array.from({ length: 300 }, (_, i) => `job-${i}`));
  });

  it('given a call under way, when a few jobs come, then they wait for it; when many come, then they do not', async () => {
    const calls = new Calls();
    void Promise.allSettled(calls.add(1));
    await settled();
    void Promise.allSettled(calls.add(31));
    await settled();
    expect(calls.sizes).toEqual([1]);
    void Promise.allSettled(calls.add(1));
    await settled();
    expect(calls.sizes).toEqual([1, 32]);
  });

  it('given a call that fails, when another is under way, then only its own jobs are told', async () => {
    const calls = new Calls();
    const told = calls.add(100).map((answers) =>
      answers.then(
        () => 'inserted',
        () => 'failed',
      ),
    );
    await settled();
    calls.fail();
    calls.answer();
    const answers = await Promise.all(told);
    expect(answers.slice(0, 50)).toEqual(Array.from({ length: 50 }, () => 'failed'));
    expect(answers.slice(50)).toEqual(Array.from({ length: 50 }, () => 'inserted'));
  });
});

describe('many jobs at once, over such a store', () => {
  it('given 3,500 jobs, when they are inserted, then two calls are under way, and the answers are in order', async () => {
    const calls = new Calls();
    const answers = calls.addMany(3_500);
    await settled();
    expect(calls.sizes).toEqual([1_000, 1_000]);
    for (let i = 0; i < 4; i++) {
      calls.answer();
      await settled();
    }
    expect(calls.sizes).toEqual([1_000, 1_000, 1_000, 500]);
    expect((await answers).map(({ id }) => id)).toEqual(calls.ids);
  });

  it('given two calls under way that fail, when the later one fails first, then it rejects once, when both are over', async () => {
    const calls = new Calls();
    let outcome = '';
    void calls.addMany(2_000).catch((error: Error) => {
      outcome = error.message;
    });
    await settled();
    calls.fail(1);
    await settled();
    expect(outcome).toBe('');
    calls.fail();
    await settled();
    expect(outcome).toBe('connection reset');
    await calls.producer.whenIdle();
  });
});

/** Calls of a pipelined store, answered by hand. */
class Calls {
  readonly ids: string[] = [];
  readonly sizes: number[] = [];
  readonly producer: Producer;
  readonly #pending: { readonly answer: () => void; readonly fail: () => void }[] = [];
  #made = 0;

  constructor() {
    const store: Store = {
      ...memory(),
      direct: undefined,
      pipeline: { settles: 1 },
      insert: (jobs) => {
        this.sizes.push(jobs.length);
        this.ids.push(...jobs.map(({ id }) => id));
        return new Promise((resolve, reject) =>
          this.#pending.push({
            answer: () => resolve(jobs.map(({ id }) => ({ status: 'inserted', id, digest: null }))),
            fail: () => reject(new Error('connection reset')),
          }),
        );
      },
    };
    this.producer = new Producer(store, new VirtualTime().host, () => {});
  }

  add(n: number): Promise<unknown>[] {
    return Array.from({ length: n }, () => this.producer.insert(jobOf(`job-${this.#made++}`)).answers);
  }

  addMany(n: number): Promise<readonly InsertAnswer[]> {
    return this.producer.insertMany(Array.from({ length: n }, () => jobOf(`job-${this.#made++}`)));
  }

  answer(): void {
    this.#pending.shift()?.answer();
  }

  fail(at = 0): void {
    this.#pending.splice(at, 1)[0]?.fail();
  }
}
