/** A slot is fired by insert, then advance: what if the schedule changes just before? */

import { describe, expect, it } from 'vitest';
import { type Store, type TaskManager, task } from '../../src/index.js';
import { all, World, wrapped } from './world.js';

const tick = task('tick', () => {});

/** A leader that is about to fire the schedule `s` every minute; just before it inserts a slot’s job, `meanwhile` happens. */
async function leader(world: World, meanwhile: (store: Store) => Promise<void>): Promise<TaskManager> {
  let hasHappened = false;
  const store = wrapped(world.store, {
    insert: async (jobs) => {
      const isSlot = jobs.some((job) => job.rare?.scheduleVersion !== undefined);
      if (isSlot && !hasHappened) {
        hasHappened = true;
        await meanwhile(world.store);
      }
      return world.store.insert(jobs);
    },
  });
  const manager = await world.started({ store, tasks: [tick] });
  // Nothing is claimed, so that what stays can be seen.
  await manager.pause('default');
  await manager.schedule(tick, undefined, { id: 's', every: '1m' });
  return manager;
}

describe('a slot that is fired', () => {
  it('given its schedule is removed at that moment, when the leader sees so, then the slot’s job is withdrawn', async () => {
    const world = new World();
    const manager = await leader(world, async (store) => void (await store.removeSchedule('s')));
    await world.time.advance('90s');
    expect(await all(manager.list())).toEqual([]);
  });

  it('given its rule is changed at that moment, when the leader sees so, then only the new rule has a job', async () => {
    const world = new World();
    const other = await world.started({ work: false });
    const manager = await leader(world, async () => {
      await other.schedule(tick, undefined, { id: 's', every: '100s' });
    });
    await world.time.advance('4m');
    const jobs = await all(manager.list({ schedule: 's' }));
    expect(jobs).toHaveLength(1);
    const [schedule] = await manager.schedules();
    expect(jobs[0]?.id).toBe(schedule?.lastJobId);
  });
});
