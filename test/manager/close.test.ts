import { describe, expect, it } from 'vitest';
import { ClosedError, ShuttingDownError, type TaskManager, task } from '../../src/index.js';
import { all, gate, snapshot, World, watch, wrapped } from '../engine/world.js';

const quick = task('quick', () => 'done');

describe('close', () => {
  it('given jobs run, when it is closed, then it waits for them, closes the store and leaves no timer', async () => {
    const world = new World();
    let storeClosed = 0;
    const store = wrapped(world.store, { close: async () => void storeClosed++ });
    const slow = task('slow', () => world.sleep(3_000));
    const { manager, openTimers } = await world.startedLife({ tasks: [slow], store });
    await manager.enqueue(slow);
    await manager.enqueue(slow, undefined, { in: '1h' });
    await world.time.settle();
    const closed = watch(manager.close());
    await world.time.advance(2_999);
    expect([closed.isSettled, storeClosed]).toEqual([false, 0]);
    await world.time.advance('1s');
    expect([closed.isSettled, storeClosed]).toEqual([true, 1]);
    expect(openTimers()).toBe(0);
    expect(await world.store.count({})).toMatchObject({ completed: 1, pending: 1 });
  });

  it('given enqueueMany is under way, when it is closed, then all of its jobs are stored first', async () => {
    const world = new World();
    const slowly = wrapped(world.store, {
      insert: async (jobs) => {
        await world.sleep(100);
        return world.store.insert(jobs);
      },
    });
    const manager = await world.started({ tasks: [quick], store: slowly, work: false });
    const enqueued = watch(manager.enqueueMany(quick, Array(3_000).fill(undefined)));
    await world.time.advance(50);
    const closed = watch(manager.close());
    await world.time.advance('1s');
    expect([enqueued.isSettled, closed.isSettled]).toEqual([true, true]);
    expect(await world.store.count({})).toMatchObject({ pending: 3_000 });
  });

  it('given a timeout, when a job runs longer, then its signal says ShuttingDownError, it is given back at no attempt, and another completes it', async () => {
    const world = new World();
    const reasons: unknown[] = [];
    const slow = (ms: number) =>
      task('slow', async (_input: undefined, { signal, attempt }) => {
        await world.sleep(ms, signal).catch((error: unknown) => {
          reasons.push(error);
          throw error;
        });
        return attempt;
      });
    const first = await world.startedLife({ tasks: [slow(60_000)] });
    const job = await first.manager.enqueue(slow(0));
    await world.time.settle();
    const closed = watch(first.manager.close({ timeout: '2s' }));
    await world.time.advance(1_999);
    expect(reasons).toEqual([]);
    await world.time.advance(1);
    expect(reasons).toEqual([expect.any(ShuttingDownError)]);
    expect(closed.isSettled).toBe(true);
    expect(first.openTimers()).toBe(0);
    const second = await world.started({ tasks: [slow(10)] });
    await world.time.advance('1s');
    expect(await snapshot(second, job.id)).toMatchObject({ state: 'completed', result: 1, suspect: false, errors: [] });
  });

  it('given a running job, when it is closed, then the job may still look at other jobs, and nobody may afterwards', async () => {
    const world = new World();
    const looking = task('looking', async (_input: undefined, ctx) => {
      await world.sleep(1_000);
      const listed: string[] = [];
      for await (const { id } of manager.list({ state: 'running' })) listed.push(id);
      const own = await manager.get(ctx.job!.id);
      return { running: (await manager.count()).running, listed, task: own?.task };
    });
    const { manager } = await world.startedLife({ tasks: [looking] });
    const job = await manager.enqueue(looking);
    await world.time.settle();
    const closed = watch(manager.close());
    await world.time.advance('2s');
    expect(closed.isSettled).toBe(true);
    await expect(manager.count()).rejects.toThrow(ClosedError);
    const other = await world.started({ tasks: [] });
    expect(await snapshot(other, job.id)).toMatchObject({
      state: 'completed',
      result: { running: 1, listed: [job.id], task: 'looking' },
    });
  });

  it('given a job that ignores its signal, when it is closed, then it is given back all the same, and its late end changes nothing', async () => {
    const world = new World();
    const late = gate<string>();
    const stubborn = task('stubborn', () => late.promise);
    const { manager, openTimers } = await world.startedLife({ tasks: [stubborn] });
    const job = await manager.enqueue(stubborn);
    await world.time.settle();
    const closed = watch(manager.close({ timeout: 0 }));
    await world.time.advance('1s');
    expect(closed.isSettled).toBe(true);
    expect(openTimers()).toBe(0);
    late.open('too late');
    await world.time.settle();
    const [record] = await world.store.get([job.id]);
    expect(record).toMatchObject({ state: 'pending', reason: 'released', attempt: 0 });
  });

  it('given a timeout longer than a timer reaches, when a job runs, then it has that long', async () => {
    const world = new World();
    const slow = task('slow', () => world.sleep(3_000));
    const manager = await world.running(slow);
    const job = await manager.enqueue(slow);
    await world.time.settle();
    const closed = watch(manager.close({ timeout: '30d' }));
    await world.time.advance('5s');
    expect(closed).toEqual({ isSettled: true, value: undefined });
    expect((await world.store.get([job.id]))[0]?.state).toBe('completed');
  });

  it('given it timed out and is in its long grace, when it is closed, then the job is given back or settled, not left to its lease', async () => {
    const world = new World();
    const never = task('never', () => new Promise<void>(() => {}), {
      timeout: '1s',
      grace: '1h',
      retry: { attempts: 5 },
    });
    const manager = await world.running(never);
    const job = await manager.enqueue(never);
    await world.time.advance('2s');
    void manager.close({ timeout: 0 });
    await world.time.advance('5s');
    expect((await world.store.get([job.id]))[0]?.state).toBe('pending');
  });

  it('given it is closed twice, also at once, then both settle and the store is closed once', async () => {
    const world = new World();
    let storeClosed = 0;
    const manager = await world.started({
      tasks: [quick],
      store: wrapped(world.store, { close: async () => void storeClosed++ }),
    });
    await Promise.all([manager.close(), manager.close()]);
    await manager.close();
    expect(storeClosed).toBe(1);
  });

  it('given a heartbeat that the store answers only when it closes, when the manager is closed, then no error is told', async () => {
    const world = new World();
    let isClosed = false;
    let beats = 0;
    const store = wrapped(world.store, {
      extend: async (request) => {
        beats += 1;
        if (beats === 1 || request.leaving) return world.store.extend(request);
        while (!isClosed) await world.sleep(100);
        throw new ClosedError('use the store');
      },
      close: async () => {
        isClosed = true;
      },
    });
    const life = await world.startedLife({ store, leaseMs: 3_000 });
    await world.time.advance('2s');
    const closing = watch(life.manager.close());
    await world.time.advance('20s');
    expect(beats).toBeGreaterThan(1);
    expect(closing.isSettled).toBe(true);
    expect(life.errors).toEqual([]);
  });

  it('given it was never started, when it is closed, then it settles and can’t be started', async () => {
    const world = new World();
    const { manager, openTimers } = world.life({ tasks: [quick] });
    await manager.close();
    await expect(manager.start()).rejects.toThrow(ClosedError);
    expect(openTimers()).toBe(0);
  });

  it('given a store that fails to open, when it is closed meanwhile, then close settles', async () => {
    const world = new World();
    const opened = gate();
    const { manager, openTimers } = world.life({ store: wrapped(world.store, { open: () => opened.promise }) });
    const starting = watch(manager.start());
    await world.time.settle();
    const closed = watch(manager.close());
    opened.fail(new Error('no such host'));
    await world.time.advance('1s');
    expect(starting.error).toEqual(new Error('no such host'));
    expect(closed.isSettled).toBe(true);
    expect(openTimers()).toBe(0);
  });

  it('given `await using`, when the block ends, then the manager is closed', async () => {
    const world = new World();
    const manager = await world.running(quick);
    await manager[Symbol.asyncDispose]();
    await expect(manager.enqueue(quick)).rejects.toThrow(ClosedError);
  });

  it('given results are awaited, when it is closed, then they reject with ClosedError', async () => {
    const world = new World();
    const { manager, openTimers } = await world.startedLife({ tasks: [quick] });
    const job = await manager.enqueue(quick, undefined, { in: '1h' });
    const result = watch(job.result({ timeout: '1h' }));
    await world.time.settle();
    await manager.close();
    await world.time.settle();
    expect(result.error).toBeInstanceOf(ClosedError);
    expect(openTimers()).toBe(0);
  });

  const calls: Record<string, (manager: TaskManager) => Promise<unknown>> = {
    start: (m) => m.start(),
    tick: (m) => m.tick(),
    whenIdle: (m) => m.whenIdle(),
    enqueue: (m) => m.enqueue(quick),
    enqueueMany: (m) => m.enqueueMany(quick, [undefined]),
    schedule: (m) => m.schedule(quick, undefined, { id: 's', every: '1m' }),
    unschedule: (m) => m.unschedule('s'),
    schedules: (m) => m.schedules(),
    get: (m) => m.get('x'),
    list: (m) => all(m.list()),
    count: (m) => m.count(),
    cancel: (m) => m.cancel('x'),
    retry: (m) => m.retry({}),
    explain: (m) => m.explain('x'),
    pause: (m) => m.pause('default'),
    resumeQueue: (m) => m.resumeQueue('default'),
    setQueueConcurrency: (m) => m.setQueueConcurrency('default', 1),
    workers: (m) => m.workers(),
    'handle.result': (m) => m.handle('x').result(),
    'handle.cancel': (m) => m.handle('x').cancel(),
  };
  for (const [name, call] of Object.entries(calls)) {
    it(`given it is closed, when ${name} is called, then it rejects with ClosedError that says what couldn’t be done`, async () => {
      const world = new World();
      const manager = await world.running(quick);
      await manager.close();
      await expect(call(manager)).rejects.toThrow(ClosedError);
      await expect(call(manager)).rejects.toThrow(/this manager is closed/);
    });
  }
});
