/** The jobs of the memory store beside a plain map and a plain list, which are asked the same. */

import { describe, expect, it } from 'vitest';
import { hashedId, idGenerator, uuidv7 } from '../../src/core/id.js';
import { type NewJob, READER_VERSION, RECORD_VERSION } from '../../src/core/job.js';
import { Arrivals } from '../../src/stores/memory/arrivals.js';
import { Row } from '../../src/stores/memory/row.js';

const kind = { task: 'resize', queue: 'images', maxAttempts: 3, since: 1_000 };

function rowOf(id: string, seq: number): Row {
  const job: NewJob = {
    id,
    partition: 0,
    recordVersion: RECORD_VERSION,
    minReader: READER_VERSION,
    task: kind.task,
    queue: kind.queue,
    input: null,
    delayMs: 0,
    dueAt: null,
    priority: 0,
    maxAttempts: kind.maxAttempts,
    labels: null,
    keys: null,
    unique: null,
    digest: null,
    rare: null,
  };
  return new Row(kind, job, seq, 2_000);
}

/** Whole numbers below `n`, always the same ones. */
function numbers(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

describe('the jobs of the memory store', () => {
  it.each([1, 2, 3, 4, 5])(
    'given ids that increase, that fall behind and that are made of keys (%i), when jobs come and go, then each is found by its id, and all newest first',
    (seed) => {
      const chance = numbers(seed);
      const random32 = (): number => chance(2 ** 32);
      const inOrder = idGenerator(random32);
      const arrivals = new Arrivals();
      const model = new Map<string, Row>();
      const gone: string[] = [];
      let nowMs = 1_000_000;
      const newId = (): string => {
        const makers = [
          () => inOrder(nowMs, 0),
          () => inOrder(nowMs, 0),
          () => uuidv7(nowMs - chance(5), random32, 0),
          () => hashedId(['key', chance(2 ** 32)], 0),
          // Somebody repeats an insert after the job was deleted.
          () => gone[chance(gone.length)] ?? inOrder(nowMs, 0),
        ];
        return (makers[chance(makers.length)] as () => string)();
      };
      for (let seq = 1; seq <= 6_000; seq++) {
        nowMs += chance(3);
        const id = newId();
        expect(arrivals.find(id)).toBe(model.get(id));
        if (!model.has(id)) {
          const row = rowOf(id, seq);
          arrivals.add(row);
          model.set(id, row);
        }
        const held = [...model.values()];
        for (let i = chance(3); i > 0; i--) {
          const row = held[chance(held.length)] as Row;
          expect(arrivals.find(row.id)).toBe(model.get(row.id));
          if (!model.delete(row.id)) continue;
          arrivals.remove(row);
          gone.push(row.id);
        }
      }
      const newestFirst = [...model.values()].sort((a, b) => b.seq - a.seq);
      expect([...arrivals.newestFirst()]).toEqual(newestFirst);
      const middle = newestFirst[newestFirst.length >> 1] as Row;
      expect([...arrivals.newestFirst(middle.seq)]).toEqual(newestFirst.slice((newestFirst.length >> 1) + 1));
      for (const row of newestFirst.toReversed()) expect(arrivals.find(row.id)).toBe(row);
      for (const id of gone) expect(arrivals.find(id)).toBe(model.get(id));
    },
  );
});
