/** A producer over a store that answers at once. */

import { describe, expect, it } from 'vitest';
import type { Host } from '../../src/core/host.js';
import { type NewJob, READER_VERSION, RECORD_VERSION } from '../../src/core/job.js';
import { Producer } from '../../src/engine/producer.js';
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
