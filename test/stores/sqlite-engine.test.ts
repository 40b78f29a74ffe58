/**
 * The tests of engine and manager once more, with SQLite behind them. Its tables are in memory, as some 350 files would
 * cost too much time; what a file adds is tested by itself, with processes.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../../src/index.js';
import { Bell } from '../../src/stores/memory/bell.js';
import { sqlite } from '../../src/stores/sqlite/index.js';
import { useStore, World } from '../engine/world.js';

useStore((clock) => withBell(sqlite({ path: ':memory:', clock })));

beforeAll(async () => {
  // The first opening loads a module, for which virtual time does not wait.
  const first = sqlite({ path: ':memory:' });
  await first.open();
  await first.close();
});

it('given a world, when its store is asked, then it is SQLite', () => {
  expect(new World().store.kind).toBe('sqlite');
});

for (const folder of ['../engine/', '../manager/', '../task/']) {
  const here = new URL(folder, import.meta.url);
  const names = readdirSync(here).filter((name) => name.endsWith('.test.ts'));
  const inWorlds = names.filter((name) => readFileSync(new URL(name, here), 'utf8').includes('new World('));
  describe.each(inWorlds)('%s', async (name) => {
    await import(/* @vite-ignore */ folder + name);
  });
}

/** All managers of a world share one connection, which tells them of changes as the memory store does. */
function withBell(store: Store): Store {
  const bell = new Bell();
  const ringing = <A extends unknown[], R>(verb: (...args: A) => R): ((...args: A) => R) => {
    return (...args) => {
      bell.ring();
      return verb(...args);
    };
  };
  return {
    ...store,
    notify: { subscribe: (listener) => bell.subscribe(listener) },
    insert: ringing(store.insert),
    control: ringing(store.control),
    putSchedule: ringing(store.putSchedule),
    removeSchedule: ringing(store.removeSchedule),
    configure: ringing(store.configure),
    exchange: (request) => (request.settle.length > 0 ? ringing(store.exchange)(request) : store.exchange(request)),
  };
}
