import { describe, expect, it } from 'vitest';
import { memory, type Store, TaskManager, task } from '../../src/index.js';
import { gate, snapshot, World, watch, wrapped } from '../engine/world.js';

const quick = task('quick', () => 'done');

describe('start and stop', () => {
  it('given start is called twice, also at once, when jobs come, then each runs once', async () => {
    const world = new World();
    let runs = 0;
    const counted = task('counted', () => void runs++);
    const { manager, openTimers } = world.life({ tasks: [counted] });
    await Promise.all([manager.start(), manager.start()]);
    await manager.start();
    await manager.enqueueMany(counted, Array(5).fill(undefined));
    await world.time.advance('10s');
    expect(runs).toBe(5);
    expect(openTimers()).toBe(1);
  });

  it('given a manager is stopped, when jobs are due, then none starts; when it is started again, then they run', async () => {
    const world = new World();
    const manager = await world.running(quick);
    await manager.stop();
    await manager.stop();
    const job = await manager.enqueue(quick);
    await world.time.advance('1m');
    expect((await snapshot(manager, job.id)).state).toBe('pending');
    await manager.start();
    await world.time.settle();
    expect((await snapshot(manager, job.id)).state).toBe('completed');
  });

  it('given a job runs, when the manager is stopped, then it finishes under its lease, and then no timer is left', async () => {
    const world = new World();
    const slow = task('slow', () => world.sleep(20_000));
    const { manager, openTimers } = await world.startedLife({ tasks: [slow], leaseMs: 3_000 });
    const job = await manager.enqueue(slow);
    await world.time.settle();
    await manager.stop();
    await world.running(slow);
    await world.time.advance('30s');
    expect(await snapshot(manager, job.id)).toMatchObject({ state: 'completed', suspect: false, attempt: 1 });
    expect(openTimers()).toBe(0);
  });

  it('given a claim is under way, when the manager is stopped, then what it brings is given back and not started', async () => {
    const world = new World();
    const replied = gate();
    let isSlow = false;
    let runs = 0;
    const store = wrapped(world.store, {
      exchange: async (request) => {
        const reply = await world.store.exchange(request);
        if (isSlow && reply.jobs.length > 0) await replied.promise;
        return reply;
      },
    });
    const counted = task('counted', () => void runs++);
    const manager = await world.started({ tasks: [counted], store });
    isSlow = true;
    const job = await manager.enqueue(counted);
    await world.time.settle();
    const stopped = watch(manager.stop());
    replied.open();
    await world.time.advance('10s');
    expect(stopped.isSettled).toBe(true);
    expect(runs).toBe(0);
    expect(await snapshot(manager, job.id)).toMatchObject({ state: 'pending', attempt: 0 });
  });

  it('given a sweep is under way, when the manager is stopped, then no timer is left', async () => {
    const world = new World();
    const listed = gate();
    let isSlow = false;
    const store = wrapped(world.store, {
      listSchedules: async (...args) => {
        if (isSlow) await listed.promise;
        return world.store.listSchedules(...args);
      },
    });
    const { manager, openTimers } = await world.startedLife({ tasks: [quick], store });
    await manager.schedule(quick, undefined, { id: 's', every: '20d' });
    await world.time.advance('1s');
    isSlow = true;
    await world.time.advance('5s');
    const stopped = watch(manager.stop());
    await world.time.settle();
    listed.open();
    await world.time.advance('1s');
    expect(stopped.isSettled).toBe(true);
    expect(openTimers()).toBe(0);
  });

  it('given stop is called in a handler, when it is awaited there, then it settles and the job completes', async () => {
    const world = new World();
    let manager!: TaskManager;
    const stops = task('stops', async () => {
      await manager.stop();
      return 'stopped';
    });
    manager = await world.running(stops);
    const job = await manager.enqueue(stops);
    const next = await manager.enqueue(stops, undefined, { in: '1s' });
    await world.time.advance('5s');
    expect(await snapshot(manager, job.id)).toMatchObject({ state: 'completed', result: 'stopped' });
    expect((await snapshot(manager, next.id)).state).toBe('pending');
  });

  it('given stop comes while start is under way, when both have settled, then nothing leaks', async () => {
    const world = new World();
    const { manager, openTimers } = world.life({ tasks: [quick] });
    const starting = manager.start();
    await manager.stop();
    await starting;
    await manager.stop();
    await world.time.advance('10s');
    expect(openTimers()).toBe(0);
  });

  it('given work: false, when it is started, then it runs nothing and is no worker', async () => {
    const world = new World();
    const { manager, openTimers } = await world.startedLife({ tasks: [quick], work: false });
    const job = await manager.enqueue(quick);
    await world.time.advance('1m');
    expect((await snapshot(manager, job.id)).state).toBe('pending');
    expect(await manager.workers()).toEqual([]);
    expect(openTimers()).toBe(0);
  });

  it('given a store that can’t be opened, when start is called, then it rejects; when the store is back, then start works', async () => {
    const world = new World();
    let isAway = true;
    const store = wrapped(world.store, {
      open: () => (isAway ? Promise.reject(new Error('no such host')) : world.store.open()),
    });
    const manager = world.manager({ tasks: [quick], store });
    await expect(manager.start()).rejects.toThrow('no such host');
    await expect(manager.enqueue(quick)).rejects.toThrow('no such host');
    isAway = false;
    await manager.start();
    const job = await manager.enqueue(quick);
    await world.time.settle();
    expect((await snapshot(manager, job.id)).state).toBe('completed');
  });
});

describe('tick', () => {
  it('given a manager that isn’t started, when it ticks, then what is due runs, and nothing by itself', async () => {
    const world = new World();
    const { manager, openTimers } = world.life({ tasks: [quick] });
    const [first] = [await manager.enqueue(quick), await manager.enqueue(quick, undefined, { in: '10s' })];
    await world.time.advance('1m');
    expect((await manager.count()).completed).toBe(0);
    await tickOnce(world, manager);
    expect((await snapshot(manager, first.id)).result).toBe('done');
    expect((await manager.count()).completed).toBe(2);
    expect(openTimers()).toBe(0);
  });

  it('given a schedule and no loop, when it ticks after a slot, then the slot’s job runs', async () => {
    const world = new World();
    const manager = world.manager({ tasks: [quick] });
    await manager.schedule(quick, undefined, { id: 's', every: '10s' });
    await world.time.advance('11s');
    await tickOnce(world, manager);
    await tickOnce(world, manager);
    expect((await manager.count({ schedule: 's' })).completed).toBe(1);
  });

  it('given a started manager, when it ticks, then nothing runs twice', async () => {
    const world = new World();
    let runs = 0;
    const counted = task('counted', () => void runs++);
    const manager = await world.running(counted);
    await manager.enqueue(counted);
    await tickOnce(world, manager);
    expect(runs).toBe(1);
  });

  async function tickOnce(world: World, manager: TaskManager): Promise<void> {
    const ticked = watch(manager.tick());
    await world.time.settle();
    await world.time.settle();
    expect(ticked).toEqual({ isSettled: true, value: undefined });
  }
});

describe('whenIdle', () => {
  it('given jobs run and wait, when all have ended, then it resolves', async () => {
    const world = new World();
    const slow = task('slow', () => world.sleep(1_000));
    const manager = await world.started({ tasks: [slow], concurrency: 1 });
    await manager.enqueueMany(slow, [undefined, undefined]);
    const idle = watch(manager.whenIdle());
    await world.time.advance(1_990);
    expect(idle.isSettled).toBe(false);
    await world.time.advance(100);
    expect(idle.isSettled).toBe(true);
  });

  it('given a delayed job, when asked, then it is waited for only with includeDelayed', async () => {
    const world = new World();
    const manager = await world.running(quick);
    await manager.enqueue(quick, undefined, { in: '10s' });
    const idle = watch(manager.whenIdle());
    const really = watch(manager.whenIdle({ includeDelayed: true }));
    await world.time.advance('5s');
    expect([idle.isSettled, really.isSettled]).toEqual([true, false]);
    await world.time.advance('6s');
    expect(really.isSettled).toBe(true);
  });

  it('given another worker runs a job, when asked, then it is waited for', async () => {
    const world = new World();
    const slow = task('slow', () => world.sleep(2_000));
    await world.running(slow);
    const manager = world.manager();
    await manager.enqueue(slow);
    const idle = watch(manager.whenIdle());
    await world.time.advance('1s');
    expect(idle.isSettled).toBe(false);
    await world.time.advance('3s');
    expect(idle.isSettled).toBe(true);
  });

  it('given a job that no live code can run, when asked, then it is not waited for', async () => {
    const world = new World();
    const manager = await world.running(quick);
    await world.put({ id: 'orphan-1', task: 'nobody-has-it' });
    await world.put({ id: 'orphan-2', task: 'nobody-has-it', queue: 'nobody-serves-it' });
    const idle = watch(manager.whenIdle());
    await world.time.advance('10s');
    expect(idle.isSettled).toBe(true);
  });
});

describe('the store that a manager is given', () => {
  it('given no store, when a manager is made, then it has memory', async () => {
    const manager = new TaskManager();
    expect(manager.store).toMatchObject({ kind: 'memory', durability: 'none' } satisfies Partial<Store>);
    await manager.close();
  });

  it('given two managers on one memory store, when one is closed, then the other goes on', async () => {
    const world = new World();
    const store = memory({ clock: world.time.clock });
    const [a, b] = [await world.started({ store, tasks: [quick] }), await world.started({ store, tasks: [quick] })];
    await a.close();
    const job = await b.enqueue(quick);
    await world.time.advance('1s');
    expect((await snapshot(b, job.id)).state).toBe('completed');
  });
});
