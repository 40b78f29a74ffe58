import { describe, expect, it } from 'vitest';
import { LeaseLostError, type Store, TaskManager, task } from '../../src/index.js';
import { gate, schemaBy, snapshot, World, watch, wrapped } from './world.js';

const LEASE_MS = 3_000;

describe('a worker that dies', () => {
  it('given a running job, when its worker is killed, then another runs it within lease and sweep, and it completes once', async () => {
    const world = new World();
    const runs: { by: string; at: number; attempt: number }[] = [];
    const works = (by: string) =>
      task('works', async (_input: undefined, { attempt }) => {
        runs.push({ by, at: world.time.now, attempt });
        await world.sleep(by === 'a' ? 60_000 : 100);
        return by;
      });
    const a = await world.startedLife({ tasks: [works('a')], leaseMs: LEASE_MS });
    const job = await a.manager.enqueue(works('a'));
    await world.time.settle();
    const b = await world.started({ tasks: [works('b')], leaseMs: LEASE_MS });
    await world.time.advance('10s');
    const killedAt = world.time.now;
    a.kill();
    await world.time.advance('10s');
    expect(runs.map((run) => run.by)).toEqual(['a', 'b']);
    expect((runs[1] as { at: number }).at - killedAt).toBeLessThanOrEqual(LEASE_MS + LEASE_MS + 2 * (LEASE_MS / 3));
    expect(await snapshot(b, job.id)).toMatchObject({
      state: 'completed',
      result: 'b',
      suspect: true,
      attempt: 1,
      generation: 1,
    });
    expect(a.events.filter((event) => event.type === 'completed')).toEqual([]);
  });

  it('given a job that runs for many leases, when its worker lives, then nobody takes it', async () => {
    const world = new World();
    let runs = 0;
    const works = task('works', async () => {
      runs += 1;
      await world.sleep(10 * LEASE_MS);
    });
    const a = await world.started({ tasks: [works], leaseMs: LEASE_MS });
    await world.started({ tasks: [works], leaseMs: LEASE_MS });
    const job = await a.enqueue(works);
    await world.time.advance(11 * LEASE_MS);
    expect(runs).toBe(1);
    expect(await snapshot(a, job.id)).toMatchObject({ state: 'completed', suspect: false, attempt: 1 });
  });

  it('given a job that kills every worker, when it is tried time and again, then it starts at most maxAttempts + 1 times and fails', async () => {
    const world = new World();
    let starts = 0;
    let dying: (() => void) | undefined;
    const killer = task(
      'killer',
      () => {
        starts += 1;
        dying?.();
        return new Promise<void>(() => {});
      },
      { retry: { attempts: 2, backoff: 1 } },
    );
    const keeper = world.manager({ work: false });
    const job = await keeper.enqueue(killer);
    for (let i = 0; i < 5; i++) {
      const life = world.life({ tasks: [killer], leaseMs: LEASE_MS });
      dying = life.kill;
      await life.manager.start();
      await world.time.advance('10s');
    }
    await world.started({ leaseMs: LEASE_MS });
    await world.time.advance('10s');
    expect(starts).toBe(3);
    const ended = await snapshot(keeper, job.id);
    expect(ended).toMatchObject({ state: 'failed', reason: 'lease-expired', attempt: 2 });
    expect(ended.errors.map((error) => [error.name, error.reason])).toEqual([
      ['LeaseExpired', 'lease-expired'],
      ['LeaseExpired', 'lease-expired'],
    ]);
  });

  it('given several jobs were beside a killer, when their worker died, then all others complete at no attempt', async () => {
    const world = new World();
    let dying: (() => void) | undefined;
    const killer = task(
      'killer',
      () => {
        dying?.();
        return new Promise<void>(() => {});
      },
      { retry: { attempts: 1 } },
    );
    const good = task('good', () => world.sleep(500), { retry: { attempts: 1 } });
    const first = await world.startedLife({ tasks: [killer, good], leaseMs: LEASE_MS });
    const goods = await first.manager.enqueueMany(good, Array(5).fill(undefined));
    await world.time.settle();
    dying = first.kill;
    const bad = await first.manager.enqueue(killer);
    await world.time.settle();
    for (let i = 0; i < 3; i++) {
      const life = world.life({ tasks: [killer, good], leaseMs: LEASE_MS });
      dying = life.kill;
      await life.manager.start();
      await world.time.advance('15s');
    }
    const keeper = await world.started({ tasks: [good], leaseMs: LEASE_MS });
    await world.time.advance('15s');
    for (const job of goods) expect(await snapshot(keeper, job.id)).toMatchObject({ state: 'completed', attempt: 1 });
    expect((await snapshot(keeper, bad.id)).state).toBe('failed');
  });

  it('given suspects, when a worker takes them, then at most one runs beside whatever else runs', async () => {
    const world = new World();
    let isFirstLife = true;
    let running = 0;
    let most = 0;
    const works = task('works', async () => {
      if (isFirstLife) return world.sleep(600_000);
      most = Math.max(most, ++running);
      await world.sleep(500);
      running -= 1;
    });
    const first = await world.startedLife({ tasks: [works], leaseMs: LEASE_MS });
    await first.manager.enqueueMany(works, Array(4).fill(undefined));
    await world.time.settle();
    first.kill();
    isFirstLife = false;
    const next = await world.started({ tasks: [works], leaseMs: LEASE_MS });
    await world.time.advance('20s');
    expect(await next.count()).toMatchObject({ completed: 4 });
    expect(most).toBe(1);
  });

  it('given a leader that dies, when its term is over, then another leads and rescues', async () => {
    const world = new World();
    const works = task('works', () => world.sleep(100));
    const leader = await world.startedLife({ leaseMs: LEASE_MS });
    const second = await world.started({ tasks: [works], leaseMs: LEASE_MS });
    await world.time.advance('1s');
    leader.kill();
    await second.schedule(works, undefined, { id: 'tick', every: '1s' });
    await world.time.advance(2 * LEASE_MS);
    expect((await second.count({ schedule: 'tick' })).completed).toBeGreaterThanOrEqual(2);
  });
});

describe('a lease that is lost', () => {
  /** The store as one worker sees it, whose heartbeats fail or hang while `isCut`. */
  function cutOff(store: Store, how: 'rejects' | 'hangs') {
    const line = { isCut: false };
    return {
      line,
      store: wrapped(store, {
        extend: (request) => {
          if (!line.isCut) return store.extend(request);
          return how === 'rejects' ? Promise.reject(new Error('cut off')) : new Promise<never>(() => {});
        },
        // What it claims from now on would hide what becomes of what it held.
        exchange: (request) => store.exchange(line.isCut ? { ...request, claim: null } : request),
      }),
    };
  }

  for (const how of ['rejects', 'hangs'] as const) {
    it(`given a worker whose heartbeat ${how}, when its lease is over, then another runs the job and the late settle changes nothing`, async () => {
      const world = new World();
      const done = gate<string>();
      const runs: string[] = [];
      const works = (by: string) =>
        task('works', async () => {
          runs.push(by);
          return by === 'a' ? done.promise : world.sleep(5_000).then(() => by);
        });
      const { line, store } = cutOff(world.store, how);
      const a = await world.startedLife({ tasks: [works('a')], leaseMs: LEASE_MS, store });
      const job = await a.manager.enqueue(works('a'));
      await world.time.settle();
      const b = await world.started({ tasks: [works('b')], leaseMs: LEASE_MS });
      line.isCut = true;
      await world.time.advance('8s');
      expect(runs).toEqual(['a', 'b']);
      done.open('late');
      await world.time.advance('1s');
      expect((await snapshot(b, job.id)).state).toBe('running');
      await world.time.advance('10s');
      expect(await snapshot(b, job.id)).toMatchObject({ state: 'completed', result: 'b' });
      expect(a.events.map((event) => event.type)).toEqual(['started', 'lost']);
    });

    it(`given a worker whose heartbeat ${how}, when its lease is over, then the signal is aborted with LeaseLostError`, async () => {
      const world = new World();
      const reasons: unknown[] = [];
      const works = task('works', async (_input: undefined, { signal }) => {
        await world.sleep(60_000, signal).catch((error: unknown) => {
          reasons.push(error);
          throw error;
        });
      });
      const { line, store } = cutOff(world.store, how);
      const life = await world.startedLife({ tasks: [works], leaseMs: LEASE_MS, store });
      const job = await life.manager.enqueue(works);
      await world.time.advance('2s');
      line.isCut = true;
      await world.time.advance(2 * LEASE_MS);
      expect(reasons).toMatchObject([{ constructor: LeaseLostError, message: expect.stringContaining(job.id) }]);
      expect(life.events.map((event) => event.type).slice(0, 2)).toEqual(['started', 'lost']);
    });
  }

  it('given a claim that the store gave to another, when the heartbeat hears of it, then the signal is aborted and the slot freed', async () => {
    const world = new World();
    const reasons: unknown[] = [];
    const works = task('works', async (_input: undefined, { signal }) => {
      await world.sleep(60_000, signal).catch((error: unknown) => {
        reasons.push(error);
        throw error;
      });
    });
    let isLost = false;
    const store = wrapped(world.store, {
      extend: async (request) => {
        const reply = await world.store.extend(request);
        return isLost ? { ...reply, lost: request.tokens } : reply;
      },
    });
    const life = await world.startedLife({ tasks: [works], leaseMs: LEASE_MS, store });
    await life.manager.enqueue(works);
    await world.time.advance('1s');
    isLost = true;
    await world.time.advance('1s');
    expect(reasons).toEqual([expect.any(LeaseLostError)]);
    expect(life.events.map((event) => event.type)).toEqual(['started', 'lost']);
  });

  it('given a function that ignores its lost lease, when its grace is over, then its slot is free', async () => {
    const world = new World();
    const never = task('never', () => new Promise<void>(() => {}), { grace: '2s' });
    const { line, store } = cutOff(world.store, 'rejects');
    const life = await world.startedLife({ tasks: [never], concurrency: 1, leaseMs: LEASE_MS, store });
    await life.manager.enqueue(never);
    await world.time.advance('1s');
    line.isCut = true;
    await world.time.advance('3s');
    expect(life.events.map((event) => event.type)).toEqual(['started']);
    await world.time.advance('3s');
    expect(life.events.map((event) => event.type)).toEqual(['started', 'lost']);
  });

  it('given a heartbeat that fails once or twice, when it comes through in time, then nothing is lost', async () => {
    const world = new World();
    const works = task('works', () => world.sleep(9_000));
    const { line, store } = cutOff(world.store, 'rejects');
    const life = await world.startedLife({ tasks: [works], leaseMs: LEASE_MS, store });
    const job = await life.manager.enqueue(works);
    await world.time.advance(900);
    line.isCut = true;
    await world.time.advance(1_500);
    line.isCut = false;
    await world.time.advance('9s');
    expect(await snapshot(life.manager, job.id)).toMatchObject({ state: 'completed', suspect: false });
    expect(life.errors.map((error) => error.during)).toContain('the heartbeat');
  });

  /** A manager whose process can stand still: its timers come late, all at once. */
  function freezable(world: World) {
    const held: (() => void)[] = [];
    let isFrozen = false;
    const late = (callback: () => void) => () => (isFrozen ? void held.push(callback) : callback());
    return {
      host: {
        ...world.time.host,
        timer: (ms: number, callback: () => void) => world.time.host.timer(ms, late(callback)),
        soon: (callback: () => void) => world.time.host.soon(late(callback)),
      },
      freeze: () => {
        isFrozen = true;
      },
      thaw: () => {
        isFrozen = false;
        for (const callback of held.splice(0)) callback();
      },
    };
  }

  it('given a process that stood still for longer than its lease, when it goes on, then what it had not started is not started there twice', async () => {
    const world = new World();
    const runs: string[] = [];
    const first = gate();
    const works = (by: string) =>
      task('works', async (n: number) => {
        if (n < 0) return;
        runs.push(`${by}${n}`);
        await (by === 'a' && n === 0 ? first.promise : world.sleep(10));
      });
    const { host, freeze, thaw } = freezable(world);
    const aTask = works('a');
    const a = world.manager({ tasks: [aTask], leaseMs: LEASE_MS, concurrency: 1, host });
    await a.start();
    await world.time.advance(1);
    await a.enqueueMany(aTask, Array(30).fill(-1));
    await world.time.advance(1);
    await a.enqueueMany(aTask, [0, 1, 2]);
    await world.time.settle();
    expect(runs).toEqual(['a0']);
    expect((await a.count()).running).toBe(3);
    freeze();
    await world.started({ tasks: [works('b')], leaseMs: LEASE_MS });
    await world.time.advance('20s');
    first.open();
    await world.time.settle();
    thaw();
    await world.time.advance('10s');
    expect(runs.sort()).toEqual(['a0', 'b0', 'b1', 'b2']);
    expect((await a.count()).completed).toBe(33);
  });

  it('given a worker that claims its own lost job again, when the first run ends, then the second still counts and is waited for', async () => {
    const world = new World();
    const ends = [gate(), gate()];
    let starts = 0;
    const works = task('works', () => ends[starts++]?.promise, { grace: '1m' });
    const { host, freeze, thaw } = freezable(world);
    const life = world.life({ tasks: [works], leaseMs: LEASE_MS, concurrency: 2, host });
    // It leads, and has no such task: it rescues, and leaves the job to who can run it.
    await world.started({ leaseMs: LEASE_MS });
    await life.manager.start();
    await world.time.advance(1);
    const job = await life.manager.enqueue(works);
    await world.time.settle();
    freeze();
    await world.time.advance('20s');
    thaw();
    await world.time.advance('10s');
    expect(starts).toBe(2);
    ends[0]?.open();
    await world.time.settle();
    const closed = watch(life.manager.close({ timeout: '20s' }));
    await world.time.advance('5s');
    expect(closed.isSettled).toBe(false);
    ends[1]?.open();
    await world.time.advance('1s');
    expect(closed.isSettled).toBe(true);
    const [record] = await world.store.get([job.id]);
    expect(record?.state).toBe('completed');
  });
});

describe('a job that waits for leave to run', () => {
  it('given a process that stands still while the input is checked, when it goes on after the lease, then the job is given back and not started under it', async () => {
    const world = new World();
    let stoodMs = 0;
    const host = { ...world.time.host, monotonic: () => world.time.host.monotonic() + stoodMs };
    let checks = 0;
    const schema = schemaBy(async (value) => {
      checks += 1;
      // The first time, timers come late: this one before that of the lease.
      await world.sleep(100);
      if (checks === 2) stoodMs = 40_000;
      return { value: value as string };
    });
    const works = task('works', (_input: string) => {}, { schema });
    const manager = new TaskManager({
      tasks: [works],
      store: world.store,
      host,
      logger: { debug() {}, info() {}, warn() {}, error() {} },
    });
    const events: string[] = [];
    for (const type of ['started', 'returned', 'completed'] as const) manager.on(type, () => events.push(type));
    await manager.start();
    const enqueued = manager.enqueue(works, 'input');
    await world.time.advance('5s');
    await enqueued;
    await world.time.advance('5s');
    expect(events).toEqual(['returned', 'started', 'completed']);
    void manager.close({ timeout: 0 });
    await world.time.advance('5s');
  });
});
