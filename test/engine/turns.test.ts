import { describe, expect, it } from 'vitest';
import { task } from '../../src/index.js';
import { gate, snapshot, World, watch, wrapped } from './world.js';

const quick = task('quick', () => 'done');

describe('turns of a manager that is not started', () => {
  it('given a store that takes its time, when two turns overlap, then what they claim runs at its first attempt', async () => {
    const world = new World();
    const store = wrapped(world.store, {
      exchange: async (request) => {
        await world.sleep(10);
        return world.store.exchange(request);
      },
    });
    const { manager, events } = world.life({ tasks: [quick], store, concurrency: 2 });
    const jobs = await manager.enqueueMany(quick, Array(4).fill(undefined));
    const turns = watch(Promise.all([manager.tick(), manager.tick()]));
    await world.time.advance('1s');
    expect(turns.isSettled).toBe(true);
    for (const job of jobs) expect(await snapshot(manager, job.id)).toMatchObject({ state: 'completed', attempt: 1 });
    expect(events.filter(({ type }) => type === 'returned')).toEqual([]);
  });

  it('given an exchange that only settles is under way, when a turn is asked for, then it claims too', async () => {
    const world = new World();
    const settling = gate();
    const store = wrapped(world.store, {
      exchange: async (request) => {
        if (request.claim === null) await settling.promise;
        return world.store.exchange(request);
      },
    });
    const release = gate();
    const waits = task('waits', () => release.promise);
    const manager = world.manager({ tasks: [waits, quick], store });
    const first = await manager.enqueue(waits);
    await manager.tick();
    release.open();
    await world.time.settle();
    const second = await manager.enqueue(quick);
    const turn = watch(manager.tick());
    await world.time.settle();
    expect(turn.isSettled).toBe(false);
    settling.open();
    await world.time.advance('1s');
    expect(turn).toEqual({ isSettled: true, value: undefined });
    expect((await snapshot(manager, first.id)).state).toBe('completed');
    expect((await snapshot(manager, second.id)).state).toBe('completed');
  });

  it('given a turn made it the leader, when it is closed, then another manager leads at once', async () => {
    const world = new World();
    const manager = world.manager({ tasks: [quick] });
    await manager.tick();
    expect(await world.store.leader?.campaign('other', 1_000)).toBeNull();
    await manager.close();
    expect(await world.store.leader?.campaign('other', 1_000)).not.toBeNull();
  });
});
