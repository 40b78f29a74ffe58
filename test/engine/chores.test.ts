import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/index.js';
import { ticking } from '../manager/ticking.js';
import { World, wrapped } from './world.js';

/** A store that doesn't take the jobs of the schedule `bad`. */
function refusing(store: Store): Store {
  return wrapped(store, {
    insert: (jobs) =>
      jobs.some((job) => job.rare?.scheduleId === 'bad')
        ? Promise.reject(new Error('no such partition'))
        : store.insert(jobs),
  });
}

describe('chores that fail', () => {
  it('given a schedule whose jobs the store refuses, when another is due after it, then that fires', async () => {
    const world = new World();
    const { tick, at } = ticking(world);
    const { manager, errors } = await world.startedLife({ tasks: [tick], store: refusing(world.store) });
    await manager.schedule(tick, undefined, { id: 'bad', every: '9s' });
    await manager.schedule(tick, undefined, { id: 'good', every: '10s' });
    await world.time.advance('36s');
    expect(at()).toHaveLength(3);
    expect(at()[0]).toBeLessThanOrEqual(15_000);
    expect(errors[0]).toMatchObject({ during: "firing schedule 'bad'", error: new Error('no such partition') });
    expect(errors.length).toBeLessThan(12);
  });

  it('given a store that cannot be maintained, when a schedule is due, then it fires at its moment', async () => {
    const world = new World();
    const { tick, at } = ticking(world);
    const store = wrapped(world.store, { maintain: () => Promise.reject(new Error('disk full')) });
    const { manager, errors } = await world.startedLife({ tasks: [tick], store });
    await manager.schedule(tick, undefined, { id: 's', every: '10s' });
    await world.time.advance('25s');
    expect(at()).toEqual([10_000, 20_000]);
    expect(errors[0]).toMatchObject({ during: 'the housekeeping of the store', error: new Error('disk full') });
  });
});

describe('the leader', () => {
  it('given a schedule was just written, when its manager closes, then it campaigns no more after it resigned', async () => {
    const world = new World();
    const { tick } = ticking(world);
    const calls: string[] = [];
    const leader = world.store.leader as NonNullable<Store['leader']>;
    const store = wrapped(world.store, {
      leader: {
        campaign: (worker, leaseMs) => {
          calls.push('campaign');
          return leader.campaign(worker, leaseMs);
        },
        resign: (worker, term) => {
          calls.push('resign');
          return leader.resign(worker, term);
        },
      },
    });
    const manager = await world.started({ tasks: [tick], store });
    await manager.schedule(tick, undefined, { id: 's', every: '10s' });
    const closed = manager.close();
    await world.time.advance('1m');
    await closed;
    expect(calls.filter((call) => call === 'resign')).toHaveLength(1);
    expect(calls.at(-1)).toBe('resign');
    expect(await leader.campaign('other', 1_000)).not.toBeNull();
  });

  it('given it cannot renew its term, when that can have ended by its own clock, then it does no chore and fires no slot, and another leads', async () => {
    const world = new World();
    const { tick, runs } = ticking(world);
    const leader = world.store.leader as NonNullable<Store['leader']>;
    const chores: number[] = [];
    let hasLed = false;
    const t0 = world.time.now;
    const note = (): void => void chores.push(world.time.now - t0);
    const store = wrapped(world.store, {
      leader: {
        ...leader,
        campaign: async (worker, leaseMs) => {
          if (hasLed) throw new Error('cut off');
          hasLed = true;
          return leader.campaign(worker, leaseMs);
        },
      },
      // One piece after the other, each of a second, and always more.
      maintain: async (request) => {
        note();
        await world.sleep(1_000);
        return { ...(await world.store.maintain(request)), more: true };
      },
      listSchedules: (...args) => {
        note();
        return world.store.listSchedules(...args);
      },
    });
    const life = await world.startedLife({ store, leaseMs: 3_000, work: true });
    const other = await world.started({ tasks: [tick], leaseMs: 3_000 });
    await other.schedule(tick, undefined, { id: 's', every: '2s' });
    await world.time.advance('9s');
    expect(chores).toEqual([0, 1_000, 2_000]);
    expect(life.errors.map(({ error }) => (error as Error).message)).toContain('cut off');
    expect(runs.slice(-2)).toEqual([6_000, 8_000].map((moment) => ({ slot: moment, at: moment })));
  });

  it('given its clock is 10 minutes behind, when slots come by the store’s clock, then each fires at its moment', async () => {
    const world = new World();
    const { tick, runs } = ticking(world);
    const host = { ...world.time.host, now: () => world.time.now - 600_000 };
    await world.started({ tasks: [tick], host });
    await world.manager({ tasks: [tick] }).schedule(tick, undefined, { id: 's', every: '10s' });
    await world.time.advance('35s');
    expect(runs).toEqual([10_000, 20_000, 30_000].map((moment) => ({ slot: moment, at: moment })));
  });
});
