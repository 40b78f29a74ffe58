/** Schedules that somebody looks at, or triggers between their slots. */
import { describe, expect, it } from 'vitest';
import { ScheduleError, UnknownScheduleError } from '../../src/index.js';
import { all, World, wrapped } from '../engine/world.js';
import { ticking } from './ticking.js';

describe('triggerSchedule', () => {
  it('given a schedule, when it is triggered, then its job runs now with all that a slot’s has, and the slots stay', async () => {
    const world = new World();
    const { tick, runs } = ticking(world);
    const manager = await world.running(tick);
    const options = { id: 's', every: '10s', priority: 7, labels: { v: '1' }, attempts: 9 };
    const before = await manager.schedule(tick, { n: 1 }, options);
    await world.time.advance('4s');
    const handle = await world.manager({ work: false }).triggerSchedule('s');
    await world.time.settle();
    expect(runs).toEqual([{ slot: 4_000, at: 4_000 }]);
    expect(await manager.get(handle.id)).toMatchObject({
      state: 'completed',
      input: { n: 1 },
      priority: 7,
      labels: { v: '1' },
      maxAttempts: 9,
      schedule: { id: 's' },
    });
    const [after] = await manager.schedules();
    expect(after).toMatchObject({ nextAt: before.nextAt, firedCount: 0, lastSlot: undefined });
    await world.time.advance('7s');
    expect(runs.map((run) => run.at)).toEqual([4_000, 10_000]);
  });

  it('given overlap skip and a job that runs, when it is triggered, then both run and the next slot fires as ever', async () => {
    const world = new World();
    const { tick, at } = ticking(world, 5_000);
    const manager = await world.running(tick);
    await manager.schedule(tick, undefined, { id: 's', every: '10s', overlap: 'skip' });
    await world.time.advance('11s');
    const ids = [(await manager.triggerSchedule('s')).id, (await manager.triggerSchedule('s')).id];
    await world.time.advance('1s');
    expect(new Set(ids).size).toBe(2);
    expect(at()).toEqual([10_000, 11_000, 11_000]);
    await world.time.advance('9s');
    expect(at()).toEqual([10_000, 11_000, 11_000, 20_000]);
  });

  it('given a triggered job that waits, when the schedule is removed, then it goes with it', async () => {
    const world = new World();
    const { tick } = ticking(world);
    const manager = await world.running(tick);
    await manager.schedule(tick, undefined, { id: 's', every: '10s' });
    await manager.pause('default');
    await manager.triggerSchedule('s');
    expect(await all(manager.list({ schedule: 's' }))).toHaveLength(1);
    await manager.unschedule('s');
    expect(await all(manager.list())).toEqual([]);
  });

  it('given a triggered job that waits, when the rule changes, then it runs all the same', async () => {
    const world = new World();
    const { tick, runs } = ticking(world);
    const manager = await world.running(tick);
    await manager.schedule(tick, undefined, { id: 's', every: '1h' });
    await manager.pause('default');
    const handle = await manager.triggerSchedule('s');
    await manager.schedule(tick, undefined, { id: 's', every: '2h' });
    await manager.resumeQueue('default');
    await world.time.settle();
    expect(await manager.get(handle.id)).toMatchObject({ state: 'completed', schedule: { id: 's' } });
    expect(runs).toHaveLength(1);
  });

  it('given an id that is not there, when it is triggered, then that is an error with the nearest one', async () => {
    const world = new World();
    const { tick } = ticking(world);
    const manager = await world.running(tick);
    await manager.schedule(tick, undefined, { id: 'nightly', every: '10s' });
    const error = await manager.triggerSchedule('nihgtly').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UnknownScheduleError);
    expect(error).toMatchObject({ code: 'UNKNOWN_SCHEDULE', message: expect.stringContaining("mean 'nightly'?") });
    await expect(manager.nextSlots('other')).rejects.toThrow(/never made/);
  });

  it('given a damaged record, when it is triggered, then it is named', async () => {
    const world = new World();
    const { tick } = ticking(world);
    await (await world.running(tick)).schedule(tick, undefined, { id: 's', every: '10s' });
    const store = wrapped(world.store, {
      listSchedules: async (...given) =>
        (await world.store.listSchedules(...given)).map((record) => ({ ...record, template: '{' })),
    });
    await expect(world.manager({ store, work: false }).triggerSchedule('s')).rejects.toThrow(ScheduleError);
  });
});

describe('nextSlots', () => {
  it('given a schedule, when its slots are asked for, then they go on from the stored one, until it ends', async () => {
    const world = new World();
    const { tick } = ticking(world);
    const manager = await world.running(tick);
    const t0 = world.time.now;
    await manager.schedule(tick, undefined, { id: 's', every: '10s', repeat: 3 });
    expect(await manager.nextSlots('s', 2)).toEqual([t0 + 10_000, t0 + 20_000]);
    await world.time.advance('11s');
    expect(await manager.nextSlots('s')).toEqual([t0 + 20_000, t0 + 30_000]);
    await world.time.advance('30s');
    expect(await manager.nextSlots('s')).toEqual([]);
    await expect(manager.nextSlots('s', -1)).rejects.toThrow(/preview/);
  });
});
