/** What clients of one process were answered by the store in memory has a legal order, job by job. */

import { describe, it } from 'vitest';
import { completed } from '../../src/core/transitions.js';
import { memory, type Store } from '../../src/index.js';
import { Chance } from '../../src/testing/simulation/chance.js';
import { makeCalls } from './calls.mjs';
import type { LogLine } from './job-history.js';
import { expectLegalOrders, jobIds } from './legal-order.js';

const CALLS = 500;
const transition = completed(null, { completedMs: 3_600_000, failedMs: 3_600_000, count: null });

describe('histories of clients on memory', () => {
  it.each([1, 2, 3])(
    'given four clients whose calls arrive late and are answered late, and two of them die, when seed %i decides who waits, then each job’s has a legal order',
    async (seed) => {
      const store = memory();
      await store.open();
      const lines: LogLine[] = [];
      let time = 0;
      const clients = [0, 1, 2, 3].map((i) => {
        const chance = new Chance(100 * seed + i);
        let written = 0;
        // Whoever dies writes no more; its last call may be under way.
        const mostLines = i >= 2 ? CALLS : Infinity;
        return makeCalls({
          name: `c${i}`,
          store: delayed(store, chance),
          ids: jobIds,
          calls: CALLS,
          seed: 11 * i + seed,
          now: () => ++time,
          transition,
          write: (line) => {
            written += 1;
            if (written > mostLines) throw new Error('dead');
            lines.push(line);
          },
        });
      });
      await Promise.allSettled(clients);
      await store.close();
      expectLegalOrders(lines);
    },
  );
});

/** Its calls take a few turns to get there, and their answers to come back, so that others come in between. */
function delayed(store: Store, chance: Chance): Store {
  const turns = async (): Promise<void> => {
    for (let left = chance.int(0, 5); left > 0; left--) await Promise.resolve();
  };
  const later = <A, R>(verb: (argument: A, ...more: never[]) => Promise<R>): typeof verb => {
    return async (...args) => {
      await turns();
      const reply = await verb(...args);
      await turns();
      return reply;
    };
  };
  const { insert, exchange, control, get } = store;
  return {
    ...store,
    insert: later(insert),
    exchange: later(exchange),
    control: later(control),
    get: later(get),
  } as Store;
}
