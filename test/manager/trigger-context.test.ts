import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { TaskConstraintGroup, task } from '../../src/index.js';
import { World, watch } from '../engine/world.js';
import { groupOf } from './groups.js';

describe('the async context of a trigger', () => {
  for (const scope of ['process', 'cluster'] as const) {
    it(`given callers with contexts of their own wait for one slot of scope ${scope}, when each runs, then it sees its own caller’s`, async () => {
      const world = new World();
      const manager = world.manager();
      manager.addConstraintGroup(
        new TaskConstraintGroup({ name: 'one', scope, maxConcurrent: 1, constraintKeyForExecution: () => 'all' }),
      );
      const request = new AsyncLocalStorage<string>();
      const seen: unknown[] = [];
      const look = task('look', async (name: string) => {
        await world.sleep(100);
        seen.push([name, request.getStore()]);
      });
      const names = ['A', 'B', 'C'];
      const all = Promise.all(names.map((name) => request.run(name, () => manager.triggerTask(look, name))));
      await world.time.advance('20s');
      await all;
      expect(seen).toEqual(names.map((name) => [name, name]));
    });
  }

  it('given a caller without a context waits for the slot of one that has its own, when it runs, then it sees none', async () => {
    const world = new World();
    const manager = world.manager();
    manager.addConstraintGroup(groupOf('mutex', { look: 'a' }));
    const request = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const look = task('look', async () => {
      seen.push(request.getStore());
      await world.sleep(10);
    });
    request.run('tenant', () => watch(manager.triggerTask(look)));
    watch(manager.triggerTask(look));
    await world.time.advance('1s');
    expect(seen).toEqual(['tenant', undefined]);
  });
});
