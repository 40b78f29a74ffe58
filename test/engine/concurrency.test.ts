import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pace } from '../../src/engine/pace.js';
import { type AnyTask, TaskConstraintGroup, task } from '../../src/index.js';
import { all, type Life, snapshot, World, wrapped } from './world.js';

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Eight quick runs, measured: from now on the worker takes more jobs than it can start. */
async function warmUp(world: World, life: Life, quick: AnyTask): Promise<void> {
  await world.time.advance(1);
  await life.manager.enqueueMany(quick, Array(30).fill(-1));
  await world.time.advance(1);
}

describe('how many jobs run at once', () => {
  it('given a concurrency and jobs of any durations, when they run, then never more run at once and all complete', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 40 }),
        async (concurrency, durations) => {
          const world = new World();
          let running = 0;
          let most = 0;
          const works = task('works', async (ms: number) => {
            running += 1;
            most = Math.max(most, running);
            if (ms > 0) await world.sleep(ms);
            running -= 1;
          });
          const manager = await world.started({ tasks: [works], concurrency });
          await manager.enqueueMany(works, durations);
          await world.time.advance(durations.reduce((a, b) => a + b, 0) + 100);
          expect((await manager.count()).completed).toBe(durations.length);
          expect(most).toBeLessThanOrEqual(concurrency);
          if (durations.filter((ms) => ms > 0).length >= concurrency) expect(most).toBe(concurrency);
        },
      ),
      { numRuns: 12, seed: 7 },
    );
  });

  it('given many synchronous jobs, when they run, then each runs once and the stack holds', async () => {
    const world = new World();
    const seen: number[] = [];
    const sync = task('sync', (n: number) => void seen.push(n));
    const manager = await world.running(sync);
    await manager.enqueueMany(sync, range(3_000));
    await world.time.advance('1s');
    expect([...seen].sort((a, b) => a - b)).toEqual(range(3_000));
  });

  it('given a queue with a limit, when two managers work on it, then no more run at once over both', async () => {
    const world = new World();
    let running = 0;
    let most = 0;
    const works = task(
      'works',
      async () => {
        most = Math.max(most, ++running);
        await world.sleep(100);
        running -= 1;
      },
      { queue: 'images' },
    );
    const a = await world.running(works);
    await world.running(works);
    await a.setQueueConcurrency('images', 3);
    await a.enqueueMany(
      works,
      range(12).map(() => undefined),
    );
    await world.time.advance('2s');
    expect((await a.count()).completed).toBe(12);
    expect(most).toBe(3);
  });

  it('given a queue’s limit is lowered and then lifted, when jobs run, then what runs goes on and the rest follows the limit', async () => {
    const world = new World();
    let running = 0;
    const works = task('works', async () => {
      running += 1;
      await world.sleep(1_000);
      running -= 1;
    });
    const manager = await world.started({ tasks: [works], concurrency: 4 });
    await manager.enqueueMany(
      works,
      range(20).map(() => undefined),
    );
    await world.time.advance(10);
    expect(running).toBe(4);
    await manager.setQueueConcurrency('default', 1);
    await world.time.advance(10);
    expect(running).toBe(4);
    await world.time.advance(1_000);
    expect(running).toBe(1);
    await manager.setQueueConcurrency('default', Infinity);
    await world.time.settle();
    expect(running).toBe(4);
  });
});

describe('the order in which jobs start', () => {
  it('given priorities and due times, when one runs at a time, then larger priority first, then due time, then arrival', async () => {
    const world = new World();
    const order: string[] = [];
    const named = task('named', (name: string) => void order.push(name));
    const manager = await world.started({ tasks: [named], concurrency: 1 });
    await manager.pause('default');
    const now = world.time.now;
    await manager.enqueue(named, 'third', { priority: 0, at: now - 100 });
    await manager.enqueue(named, 'fourth', { priority: 0, at: now - 50 });
    await manager.enqueue(named, 'fifth', { priority: 0, at: now - 50 });
    await manager.enqueue(named, 'last', { priority: -5, at: now - 1_000 });
    await manager.enqueue(named, 'first', { priority: 10 });
    await manager.enqueue(named, 'second', { priority: 9, at: now - 5_000 });
    await manager.resumeQueue('default');
    await world.time.advance('1s');
    expect(order).toEqual(['first', 'second', 'third', 'fourth', 'fifth', 'last']);
  });

  it('given a task with a priority, when enqueue says nothing, then its jobs have it', async () => {
    const world = new World();
    const urgent = task('urgent', () => {}, { priority: 7 });
    const manager = world.manager({ tasks: [urgent] });
    const plain = await manager.enqueue(urgent);
    const own = await manager.enqueue(urgent, undefined, { priority: 0 });
    expect((await snapshot(manager, plain.id)).priority).toBe(7);
    expect((await snapshot(manager, own.id)).priority).toBe(0);
  });
});

describe('what a worker takes beyond its free slots', () => {
  it('given fewer than eight measured runs, when asked, then the pace is none', () => {
    const pace = new Pace(10, true);
    for (const _ of range(7)) pace.measured(1);
    expect(pace.prefetch).toBe(0);
    pace.measured(1);
    expect(pace.prefetch).toBe(500);
  });

  it('given any durations, when asked, then the pace holds about 50 ms of measured work and at most 1000 jobs', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.double({ min: 0.01, max: 10_000, noNaN: true }),
        (concurrency, ms) => {
          const pace = new Pace(concurrency, true);
          for (const _ of range(20)) pace.measured(ms);
          expect(pace.prefetch).toBeLessThanOrEqual(1_000);
          expect(pace.prefetch * ms).toBeLessThanOrEqual(50 * concurrency + 0.001);
        },
      ),
    );
  });

  it('given runs of over 50 ms each, when asked, then a single slot takes none ahead', () => {
    const pace = new Pace(1, true);
    for (const _ of range(20)) pace.measured(51);
    expect(pace.prefetch).toBe(0);
  });

  it('given prefetch: false, when runs are quick, then claims ask for free slots only', async () => {
    const world = new World();
    const asked: number[] = [];
    const store = wrapped(world.store, {
      exchange: (request) => {
        if (request.claim !== null) asked.push(request.claim.prefetch);
        return world.store.exchange(request);
      },
    });
    const quick = task('quick', async () => {});
    const manager = await world.started({ tasks: [quick], store, prefetch: false });
    await world.time.advance(1);
    await manager.enqueueMany(
      quick,
      range(100).map(() => undefined),
    );
    await world.time.advance('1s');
    expect((await manager.count()).completed).toBe(100);
    expect(new Set(asked)).toEqual(new Set([0]));
  });

  it('given slow jobs, when two managers work, then they share them evenly', async () => {
    const world = new World();
    const ranBy: string[] = [];
    const slow = (name: string) =>
      task('slow', async () => {
        ranBy.push(name);
        await world.sleep(1_000);
      });
    const [a] = [
      await world.started({ tasks: [slow('a')], concurrency: 5 }),
      await world.started({ tasks: [slow('b')], concurrency: 5 }),
    ];
    await a.enqueueMany(
      slow('a'),
      range(40).map(() => undefined),
    );
    await world.time.advance(4_500);
    expect(ranBy).toHaveLength(40);
    expect(ranBy.filter((name) => name === 'a')).toHaveLength(20);
  });

  it('given a worker that measured quick jobs, when slow ones come, then it does not hoard what another could run', async () => {
    const world = new World();
    const ranBy: string[] = [];
    const tasks = (name: string) => [
      task('quick', async () => {}),
      task('slow', async () => {
        ranBy.push(name);
        await world.sleep(10_000);
      }),
    ];
    const aTasks = tasks('a');
    const a = await world.startedLife({ tasks: aTasks, concurrency: 2 });
    await warmUp(world, a, aTasks[0] as AnyTask);
    await world.started({ tasks: tasks('b'), concurrency: 2 });
    await world.time.settle();
    await a.manager.enqueueMany(aTasks[1] as AnyTask, range(20));
    await world.time.advance('9s');
    expect(ranBy).toEqual(expect.arrayContaining(['a', 'a', 'b', 'b']));
  });

  it('given a worker that measured quick jobs, when jobs with keys come, then it takes no more than it can start', async () => {
    const world = new World();
    const asked: number[] = [];
    const works = task('works', async (n: number) => {
      if (n >= 0) await world.sleep(1_000);
    });
    const life = world.life({
      tasks: [works],
      concurrency: 2,
      store: wrapped(world.store, {
        exchange: async (request) => {
          const reply = await world.store.exchange(request);
          asked.push(reply.jobs.filter((job) => job.keys !== null).length);
          return reply;
        },
      }),
    });
    await life.manager.start();
    await warmUp(world, life, works);
    life.manager.addConstraintGroup(
      new TaskConstraintGroup({
        name: 'all',
        constraintKeyForExecution: (_t, n?: number) => String(n),
        maxConcurrent: 5,
      }),
    );
    await life.manager.enqueueMany(works, range(20));
    await world.time.advance(10);
    expect(Math.max(...asked)).toBe(2);
    expect(await life.manager.count()).toMatchObject({ running: 2, pending: 18, parked: 18 });
  });
});

describe('a paused queue', () => {
  it('given a pause, when jobs are due, then none starts until resumeQueue', async () => {
    const world = new World();
    let runs = 0;
    const works = task('works', () => void runs++, { queue: 'mail' });
    const other = task('other', () => 'ran');
    const manager = await world.running(works, other);
    await manager.pause('mail');
    await manager.enqueueMany(
      works,
      range(5).map(() => undefined),
    );
    const free = await manager.enqueue(other);
    await world.time.advance('1m');
    expect(runs).toBe(0);
    expect((await snapshot(manager, free.id)).result).toBe('ran');
    await manager.resumeQueue('mail');
    await world.time.settle();
    expect(runs).toBe(5);
  });

  it('given jobs that a worker holds but has not started, when their queue is paused, then they are given back at no attempt', async () => {
    const world = new World();
    const started: number[] = [];
    const works = task('works', async (n: number) => {
      started.push(n);
      if (n >= 0) await world.sleep(10);
    });
    const life = await world.startedLife({ tasks: [works], concurrency: 1 });
    await warmUp(world, life, works);
    started.length = 0;
    const jobs = await life.manager.enqueueMany(works, range(10));
    await world.time.settle();
    expect((await life.manager.count()).running).toBe(10);
    await life.manager.pause('default');
    await world.time.advance('10s');
    expect(started).toEqual([0]);
    expect(await life.manager.count()).toMatchObject({ running: 0, pending: 9 });
    expect(await snapshot(life.manager, (jobs[4] as { id: string }).id)).toMatchObject({
      reason: 'released',
      attempt: 0,
    });
    await life.manager.resumeQueue('default');
    await world.time.advance('1s');
    expect(started).toEqual(range(10));
  });

  it('given another manager pauses, when this one holds jobs that it has not started, then it gives them back soon', async () => {
    const world = new World();
    const started: number[] = [];
    const works = task('works', async (n: number) => {
      started.push(n);
      if (n >= 0) await world.sleep(1_000);
    });
    const life = await world.startedLife({ tasks: [works], concurrency: 1 });
    await warmUp(world, life, works);
    const other = await world.started({ work: false });
    started.length = 0;
    await life.manager.enqueueMany(works, range(10));
    await world.time.settle();
    await other.pause('default');
    await world.time.advance('5s');
    expect(started).toEqual([0]);
    expect((await other.count()).pending).toBe(9);
  });

  it('given a pause, when a job runs, then it finishes', async () => {
    const world = new World();
    const works = task('works', () => world.sleep(1_000));
    const manager = await world.running(works);
    await manager.enqueue(works);
    await world.time.settle();
    await manager.pause('default');
    await world.time.advance('2s');
    expect((await all(manager.list())).map((job) => job.state)).toEqual(['completed']);
  });
});

describe('how long a run took', () => {
  it('given a host whose clock begins at zero, when a job runs from its first moment on, then its duration is told', async () => {
    const world = new World();
    const durations: number[] = [];
    const works = task('works', () => world.sleep(1_000));
    const manager = await world.running(works);
    manager.on('completed', ({ durationMs }) => durations.push(durationMs));
    await manager.enqueue(works);
    await world.time.advance('2s');
    expect(durations).toEqual([1_000]);
  });
});
