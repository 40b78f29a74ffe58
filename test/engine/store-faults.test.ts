import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Agenda } from '../../src/engine/agenda.js';
import { patient } from '../../src/engine/patience.js';
import { memory, type Store, task } from '../../src/index.js';
import { sqlite } from '../../src/stores/sqlite/index.js';
import { VirtualTime } from '../../src/testing/index.js';
import { snapshot, World, watch, wrapped } from './world.js';

type Fault = 'none' | 'fails' | 'reply lost';

/** A store whose exchanges go wrong as told, one by one; then all is well. */
function faulty(store: Store, faults: Fault[], verb: 'exchange' | 'insert' = 'exchange'): Store {
  const call = async (...args: [never]): Promise<never> => {
    const fault = faults.shift() ?? 'none';
    if (fault === 'fails') throw new Error('the store is away');
    const reply = await (store[verb] as (...a: [never]) => Promise<never>)(...args);
    if (fault === 'reply lost') throw new Error('connection reset');
    return reply;
  };
  return wrapped(store, { [verb]: call });
}

describe('a store that fails for a while', () => {
  it('given exchanges that fail, when the store is back, then work resumes and nothing is lost', async () => {
    const world = new World();
    const works = task('works', () => 'done');
    const life = await world.startedLife({
      tasks: [works],
      store: faulty(world.store, ['none', 'fails', 'fails', 'fails', 'fails']),
    });
    const jobs = await life.manager.enqueueMany(works, Array(20).fill(undefined));
    await world.time.advance('10s');
    for (const job of jobs)
      expect(await snapshot(life.manager, job.id)).toMatchObject({ state: 'completed', attempt: 1 });
    expect(life.errors).toHaveLength(4);
    expect(life.errors[0]).toMatchObject({
      during: 'the exchange with the store',
      error: new Error('the store is away'),
    });
    expect(life.logged.filter(({ level }) => level === 'error')).toHaveLength(4);
  });

  it('given a store that stays away, when a minute passes, then it is asked ever more seldom, at most every 5 s', async () => {
    const world = new World();
    const at: number[] = [];
    let isAway = false;
    const store = wrapped(world.store, {
      exchange: (request) => {
        if (!isAway) return world.store.exchange(request);
        at.push(world.time.now);
        return Promise.reject(new Error('away'));
      },
    });
    const works = task('works', () => {});
    const manager = await world.started({ tasks: [works], store });
    isAway = true;
    await manager.enqueue(works);
    await world.time.advance('1m');
    const gaps = at.slice(1).map((t, i) => t - (at[i] as number));
    expect(gaps.slice(0, 7)).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000]);
    expect(Math.max(...gaps)).toBe(5_000);
    isAway = false;
    await world.time.advance('6s');
    expect((await manager.count()).completed).toBe(1);
  });

  it('given any faults of any exchanges, when all is well again, then each job ran once and completed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom<Fault>('none', 'fails', 'reply lost'), { maxLength: 12 }),
        fc.integer({ min: 1, max: 4 }),
        async (faults, concurrency) => {
          const world = new World();
          const runs = new Map<number, number>();
          const works = task('works', async (n: number) => {
            runs.set(n, (runs.get(n) ?? 0) + 1);
            if (n % 2 === 0) await world.sleep(30);
          });
          const manager = await world.started({ tasks: [works], store: faulty(world.store, [...faults]), concurrency });
          await manager.enqueueMany(works, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
          await world.time.advance('90s');
          expect(await manager.count()).toMatchObject({ completed: 9, running: 0, pending: 0 });
          expect([...runs.values()]).toEqual(Array(9).fill(1));
        },
      ),
      { numRuns: 15, seed: 11 },
    );
  });

  it('given an insert whose reply is lost, when the caller repeats it with its key, then it is one job', async () => {
    const world = new World();
    const works = task('works', (n: number) => n);
    const manager = await world.started({ tasks: [works], store: faulty(world.store, ['reply lost'], 'insert') });
    await expect(manager.enqueue(works, 1, { idempotencyKey: 'once' })).rejects.toThrow('connection reset');
    const again = await manager.enqueue(works, 1, { idempotencyKey: 'once' });
    expect(again.isNew).toBe(false);
    await world.time.advance('6s');
    expect(await manager.count()).toMatchObject({ completed: 1, pending: 0 });
  });

  it('given an insert that fails, when it is one of many of the same turn, then each caller hears of it and later ones go on', async () => {
    const world = new World();
    const works = task('works', (n: number) => n);
    const manager = await world.started({ tasks: [works], store: faulty(world.store, ['fails'], 'insert') });
    const outcomes = await Promise.allSettled([manager.enqueue(works, 1), manager.enqueue(works, 2)]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected']);
    const job = await manager.enqueue(works, 3);
    expect(job.isNew).toBe(true);
  });

  it('given housekeeping fails, when it works again, then schedules fire and leases are rescued', async () => {
    const world = new World();
    let isAway = true;
    const store = wrapped(world.store, {
      maintain: (request) => (isAway ? Promise.reject(new Error('away')) : world.store.maintain(request)),
    });
    const works = task('works', () => {});
    const life = await world.startedLife({ tasks: [works], store, leaseMs: 3_000 });
    await life.manager.schedule(works, undefined, { id: 'tick', every: '1s' });
    await world.time.advance('5s');
    expect(life.errors.length).toBeGreaterThan(0);
    expect(life.errors.length).toBeLessThan(15);
    isAway = false;
    await world.time.advance('5s');
    expect((await life.manager.count({ schedule: 'tick' })).completed).toBeGreaterThanOrEqual(3);
  });

  it('given progress can not be written, when a job reports some, then the job completes all the same', async () => {
    const world = new World();
    const store = wrapped(world.store, { update: () => Promise.reject(new Error('away')) });
    const works = task('works', async (_input: undefined, ctx) => {
      ctx.progress(10);
      await world.sleep(1_000);
    });
    const life = await world.startedLife({ tasks: [works], store });
    const job = await life.manager.enqueue(works);
    await world.time.advance('2s');
    expect((await snapshot(life.manager, job.id)).state).toBe('completed');
    expect(life.errors.map((error) => error.during)).toEqual(['writing progress']);
  });

  it('given a claim whose reply was lost, when it is answered again after the lease, then the job does not run on two workers', async () => {
    const world = new World();
    let running = 0;
    let most = 0;
    const works = task('works', async () => {
      most = Math.max(most, ++running);
      await world.sleep(5_000);
      running -= 1;
    });
    // It leads, and sweeps 50 ms after a change and then every 1.5 s: right after the lost claim is answered again.
    await world.started({ leaseMs: 4_500 });
    await world.time.advance('1s');
    const job = { id: 'late-1', task: 'works' };
    let claimedAt = 0;
    const flaky = wrapped(world.store, {
      exchange: async (request) => {
        if (claimedAt !== 0 && world.time.now < claimedAt + 1_400) throw new Error('away');
        const reply = await world.store.exchange(request);
        if (claimedAt !== 0 || reply.jobs.length === 0) return reply;
        claimedAt = world.time.now;
        throw new Error('connection reset');
      },
    });
    const a = await world.started({ tasks: [works], leaseMs: 1_200, store: flaky });
    await world.put(job);
    await a.resumeQueue('default');
    await world.time.settle();
    expect(claimedAt).not.toBe(0);
    await world.started({ tasks: [works], leaseMs: 30_000 });
    await world.time.advance('30s');
    expect(most).toBe(1);
    expect((await snapshot(a, job.id)).state).toBe('completed');
  });
});

describe('a store that refuses a settle', () => {
  it('given one of a batch is refused for ever, when its neighbours end, then they complete and new jobs run, and the refused one ends by its lease', async () => {
    const world = new World();
    const starts = new Map<string, number>();
    const works = task(
      'works',
      async (name: string) => {
        starts.set(name, (starts.get(name) ?? 0) + 1);
        await world.sleep(100);
      },
      { retry: { attempts: 2 } },
    );
    const store = wrapped(world.store, {
      exchange: (request) =>
        request.settle.some(({ id }) => id === poison.id)
          ? Promise.reject(new Error('this value can not be written'))
          : world.store.exchange(request),
    });
    const life = world.life({ tasks: [works], store, leaseMs: 3_000, concurrency: 20 });
    const poison = await life.manager.enqueue(works, 'poison');
    const neighbours = await life.manager.enqueueMany(works, Array(19).fill('neighbour'));
    await life.manager.start();
    await world.time.advance('20s');
    for (const { id } of neighbours) expect(await snapshot(life.manager, id)).toMatchObject({ state: 'completed' });
    for (let second = 0; second < 100; second++) {
      const job = await life.manager.enqueue(works, 'later');
      await world.time.advance('1s');
      // Each failure may hold up what comes by its pause, and no longer.
      if (second % 10 === 9) expect((await snapshot(life.manager, job.id)).attempt).toBe(1);
    }
    await world.time.advance('10s');
    expect(await life.manager.count()).toMatchObject({ completed: 119, failed: 1, running: 0, pending: 0 });
    expect(await snapshot(life.manager, poison.id)).toMatchObject({ state: 'failed', reason: 'lease-expired' });
    expect(starts.get('poison')).toBe(3);
    expect(life.errors.some(({ during }) => during.includes(`settling job ${poison.id}`))).toBe(true);
  });

  it('given all settles are refused for minutes while claims are answered, when the store is well again, then none was given up', async () => {
    const world = new World();
    const runs = new Map<number, number>();
    const works = task('works', async (n: number) => {
      runs.set(n, (runs.get(n) ?? 0) + 1);
      await world.sleep(10);
    });
    let isFull = false;
    const store = wrapped(world.store, {
      exchange: (request) =>
        isFull && request.settle.length > 0 ? Promise.reject(new Error('disk full')) : world.store.exchange(request),
    });
    const life = await world.startedLife({ tasks: [works], store, concurrency: 5 });
    isFull = true;
    await life.manager.enqueueMany(
      works,
      Array.from({ length: 40 }, (_, n) => n),
    );
    await world.time.advance('5m');
    expect((await life.manager.count()).completed).toBe(0);
    expect(life.errors.length).toBeLessThan(300);
    isFull = false;
    await world.time.advance('30s');
    expect(await life.manager.count()).toMatchObject({ completed: 40, running: 0, pending: 0 });
    expect([...runs.values()]).toEqual(Array(40).fill(1));
    expect(life.events.filter(({ type }) => type === 'lost')).toEqual([]);
  });
});

describe('a store that failed, and is well again', () => {
  it('given a settle that is refused for ever, when others are due, then no slot waits for the next poll', async () => {
    const world = new World();
    let refused = '';
    const store = wrapped(world.store, {
      exchange: async (request) => {
        if (request.settle.some(({ id }) => id === refused)) throw new Error('refused');
        return world.store.exchange(request);
      },
    });
    const works = task('works', () => {});
    const life = await world.startedLife({ tasks: [works], store, concurrency: 2, prefetch: false });
    const jobs = await life.manager.enqueueMany(works, Array(200).fill(undefined));
    refused = (jobs[5] as { id: string }).id;
    await world.time.advance('15s');
    expect(await life.manager.count()).toMatchObject({ completed: 199 });
  });

  it('given a turn that worked after some that failed, when its job ends, then it is settled without the pause that they would have made', async () => {
    const world = new World();
    let failures = 0;
    const store = wrapped(world.store, {
      exchange: (request) =>
        failures-- > 0 ? Promise.reject(new Error('the store is away')) : world.store.exchange(request),
    });
    const works = task('works', () => world.sleep(10));
    const life = world.life({ tasks: [works], store });
    const job = await life.manager.enqueue(works);
    for (let turn = 0; turn < 7; turn++) {
      failures = 2;
      await life.manager.tick();
    }
    failures = 0;
    await life.manager.tick();
    await world.time.advance(100);
    expect(await snapshot(life.manager, job.id)).toMatchObject({ state: 'completed' });
  });
});

describe('a store that never answers', () => {
  it('given a store with every capability, when its calls are timed, then it offers all of the contract that it offered', () => {
    const { host } = new VirtualTime();
    const ownOfSqlite = ['driverName', 'sqliteVersion'];
    for (const store of [memory(), sqlite({ path: ':memory:' })]) {
      const timed: Store = patient(store, host, new Agenda(host));
      const offered = (of: Store): string[] => Object.keys(of).filter((name) => of[name as keyof Store] !== undefined);
      const ofContract = offered(store).filter((name) => !ownOfSqlite.includes(name));
      expect(offered(timed).sort()).toEqual(ofContract.sort());
    }
  });

  for (const verb of ['exchange', 'extend', 'maintain', 'insert'] as const) {
    it(`given ${verb} hangs, when the manager is closed, then close settles`, async () => {
      const world = new World();
      let isHanging = false;
      const call = (...args: [never]): Promise<never> =>
        isHanging ? new Promise<never>(() => {}) : (world.store[verb] as (...a: [never]) => Promise<never>)(...args);
      const works = task('works', () => world.sleep(1_000));
      const manager = await world.started({
        tasks: [works],
        store: wrapped(world.store, { [verb]: call }),
        leaseMs: 3_000,
      });
      await manager.enqueue(works);
      await world.time.settle();
      isHanging = true;
      void manager.enqueue(works).catch(() => {});
      await world.time.advance('4s');
      const closed = watch(manager.close({ timeout: '1s' }));
      await world.time.advance('1m');
      expect(closed.isSettled).toBe(true);
    });
  }

  for (const verb of ['exchange', 'maintain', 'extend', 'listSchedules', 'get', 'update'] as const) {
    it(`given one call of ${verb} hangs, when its time is over, then that is told, and the engine goes on without a restart`, async () => {
      const world = new World();
      let toHang = 0;
      const call = (...args: [never]): Promise<never> =>
        toHang-- > 0 ? new Promise<never>(() => {}) : (world.store[verb] as (...a: [never]) => Promise<never>)(...args);
      const works = task('works', async (_input: undefined, ctx) => {
        ctx.progress(50);
        await world.sleep(2_000);
        return 'done';
      });
      const { manager, errors, events } = await world.startedLife({
        tasks: [works],
        store: wrapped(world.store, { [verb]: call }),
        leaseMs: 90_000,
      });
      await manager.schedule(works, undefined, { id: 's', every: '30s' });
      toHang = 1;
      const job = await manager.enqueue(works);
      const result = watch(job.result());
      await world.time.advance('2m');
      expect(toHang).toBeLessThanOrEqual(0);
      expect(result).toMatchObject({ isSettled: true, value: 'done' });
      expect((await manager.count({ schedule: 's' })).completed).toBeGreaterThanOrEqual(2);
      // Nobody is told where the answer is only looked for again.
      if (verb !== 'get') {
        expect(errors.map(({ error }) => (error as Error).message)).toEqual([
          expect.stringContaining(`has not answered '${verb}' for 60 s`),
        ]);
      }
      expect(events.filter(({ type }) => type === 'lost')).toEqual([]);
      expect(await snapshot(manager, job.id)).toMatchObject({ attempt: 1, suspect: false });
    });
  }

  it('given an insert hangs, when its time is over, then enqueue rejects and says that the outcome is unknown; under its key it is one job', async () => {
    const world = new World();
    let isHanging = true;
    const works = task('works', () => 'done');
    const store = wrapped(world.store, {
      insert: async (jobs) => {
        const answers = await world.store.insert(jobs);
        return isHanging ? new Promise<never>(() => {}) : answers;
      },
    });
    const { manager, openTimers } = world.life({ tasks: [works], store, work: false });
    const enqueued = watch(manager.enqueue(works, undefined, { idempotencyKey: 'once' }));
    await world.time.advance('59s');
    expect(enqueued.isSettled).toBe(false);
    await world.time.advance('1s');
    expect(enqueued.error).toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('Whether it was carried out is unknown'),
    });
    isHanging = false;
    expect((await manager.enqueue(works, undefined, { idempotencyKey: 'once' })).isNew).toBe(false);
    expect((await manager.count()).pending).toBe(1);
    expect(openTimers()).toBe(0);
  });
});
