import { describe, expect, it } from 'vitest';
import { task } from '../../src/index.js';
import { gate, World, watch, wrapped } from '../engine/world.js';
import { clusterWide, groupOf } from './groups.js';

const PERMIT = 'taskspan:permit';

describe('the store of permits fails', () => {
  it('given it can’t insert one, when it works again, then the trigger had rejected, and the next runs', async () => {
    const world = new World();
    let isDown = true;
    const store = wrapped(world.store, {
      insert: async (jobs) => {
        if (isDown) throw new Error('down');
        return world.store.insert(jobs);
      },
    });
    const life = world.life({ store });
    life.manager.addConstraintGroup(clusterWide());
    const visit = task('visit', async () => 'ok');
    const first = watch(life.manager.triggerTask(visit));
    await world.time.advance('200s');
    expect(first.error).toMatchObject({ message: 'down' });
    isDown = false;
    const next = watch(life.manager.triggerTask(visit));
    await world.time.advance('5s');
    expect([next.value, life.openTimers()]).toEqual(['ok', 0]);
  });

  it('given it can’t be opened, when it can again, then the next trigger opens it and runs', async () => {
    const world = new World();
    let isDown = true;
    const store = wrapped(world.store, {
      open: async () => {
        if (isDown) throw new Error('down');
        await world.store.open();
      },
    });
    const life = world.life({ store });
    life.manager.addConstraintGroup(clusterWide());
    const visit = task('visit', async () => 'ok');
    const first = watch(life.manager.triggerTask(visit));
    await world.time.advance('5s');
    expect(first.error).toMatchObject({ message: 'down' });
    isDown = false;
    const next = watch(life.manager.triggerTask(visit));
    await world.time.advance('5s');
    expect([next.value, life.openTimers()]).toEqual(['ok', 0]);
  });

  it('given it takes long to open, when the manager closes meanwhile, then neither permit nor timer stays', async () => {
    const world = new World();
    const [mayOpen, opened] = [gate(), gate()];
    const store = wrapped(world.store, {
      open: async () => {
        await mayOpen.promise;
        await world.store.open();
        opened.open();
      },
    });
    const life = world.life({ store });
    life.manager.addConstraintGroup(clusterWide());
    const waiting = watch(life.manager.triggerTask(task('visit', () => {})));
    await world.time.advance('1s');
    const closed = watch(life.manager.close({ timeout: '5s' }));
    await world.time.settle();
    mayOpen.open();
    await opened.promise;
    await world.time.advance('120s');
    expect(waiting.error).toMatchObject({ code: 'CLOSED' });
    expect([closed.isSettled, life.openTimers(), life.errors]).toEqual([true, 0, []]);
    expect(await world.store.count({ task: PERMIT })).toMatchObject({ pending: 0, running: 0 });
  });

  it('given a process can’t extend its leases for longer than they last, when the store is back, then what it waited for runs', async () => {
    const world = new World();
    const leaseMs = 10_000;
    const visit = task('visit', async () => {
      await world.sleep(100_000);
      return 'visited';
    });
    let isAway = false;
    const store = wrapped(world.store, {
      extend: async (request) => {
        if (isAway) throw new Error('away');
        return world.store.extend(request);
      },
    });
    const [one, stalls] = [world.manager({ leaseMs }), world.manager({ leaseMs, store })];
    for (const manager of [one, stalls]) manager.addConstraintGroup(clusterWide());
    watch(one.triggerTask(visit));
    await world.time.advance('1s');
    const waiting = watch(stalls.triggerTask(visit));
    await world.time.advance('1s');
    isAway = true;
    await world.time.advance('60s');
    isAway = false;
    await world.time.advance('200s');
    expect(waiting).toMatchObject({ isSettled: true, value: 'visited' });
  });
});

describe('permits that come to an end', () => {
  it('given one is cancelled while its trigger waits for a slot of the process, when it hears of it, then it never runs', async () => {
    const world = new World();
    const manager = world.manager();
    const inProcess = groupOf('process', { visit: 'a' });
    for (const group of [inProcess, clusterWide()]) manager.addConstraintGroup(group);
    let calls = 0;
    const visit = task('visit', () => {
      calls += 1;
    });
    inProcess.acquireSlot('a');
    const waiting = watch(manager.triggerTask(visit));
    await world.time.advance('1s');
    const { jobs } = await world.store.list({ task: PERMIT, states: ['running'] }, null, 10);
    const permit = jobs[0]?.id ?? '';
    expect([jobs.length, await manager.cancel(permit)]).toEqual([1, 1]);
    await world.time.advance('20s');
    expect((await world.store.get([permit]))[0]?.state).toBe('cancelled');
    inProcess.releaseSlot('a');
    await world.time.advance('1s');
    expect([calls, waiting.isSettled]).toEqual([0, true]);
    expect(waiting.error).toMatchObject({ code: 'JOB_CANCELLED' });
  });

  it('given more live permits than one look takes in, when a process died that had one, then that one is swept all the same', async () => {
    const world = new World();
    const leaseMs = 10_000;
    const [dead, live] = [world.life({ leaseMs }), world.life({ leaseMs })];
    for (const { manager } of [dead, live]) manager.addConstraintGroup(clusterWide());
    const visit = task('visit', () => world.sleep(1_000_000));
    watch(live.manager.triggerTask(visit));
    await world.time.advance('1s');
    watch(dead.manager.triggerTask(visit));
    await world.time.advance('1s');
    dead.kill();
    for (let i = 0; i < 150; i++) watch(live.manager.triggerTask(visit));
    await world.time.advance('120s');
    expect((await world.store.count({ task: PERMIT })).pending).toBe(150);
  });

  it('given triggers come about when their engine goes to rest, when each has run, then none was lost and all is at rest', async () => {
    const world = new World();
    const life = world.life();
    life.manager.addConstraintGroup(clusterWide());
    const visit = task('visit', async () => 'ok');
    for (let pauseMs = 990; pauseMs <= 1_010; pauseMs++) {
      const outcome = watch(life.manager.triggerTask(visit));
      await world.time.advance(pauseMs);
      expect(outcome.value).toBe('ok');
    }
    await world.time.advance('5s');
    expect([life.openTimers(), life.errors, await world.store.workers()]).toEqual([0, [], []]);
  });

  it('given several run for longer than closing waits, when the manager has closed, then all have settled and hold nothing', async () => {
    const world = new World();
    const manager = world.manager();
    manager.addConstraintGroup(clusterWide(5));
    const visit = task('visit', () => world.sleep(100_000));
    const ran = [1, 2, 3].map(() => watch(manager.triggerTask(visit)));
    await world.time.advance('50s');
    const closed = watch(manager.close({ timeout: '1s' }));
    await world.time.advance('60s');
    expect([ran.every(({ isSettled }) => isSettled), closed.isSettled]).toEqual([true, true]);
    expect((await world.store.count({ task: PERMIT })).running).toBe(0);
  });
});
