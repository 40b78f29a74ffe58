import { describe, expect, it } from 'vitest';
import { task } from '../../src/index.js';
import { snapshot, World } from '../engine/world.js';

describe('what a running function is given', () => {
  it('given a job, when its function looks, then ctx tells attempt, job, and a signal that is one and the same', async () => {
    const world = new World();
    const seen: unknown[] = [];
    const looks = task(
      'looks',
      async (_input: number, ctx) => {
        seen.push(ctx.attempt, ctx.job, new Set([ctx.signal, ctx.signal]).size, ctx.signal.aborted, ctx.setup);
      },
      { queue: 'images', retry: { attempts: Infinity } },
    );
    const manager = await world.running(looks);
    const t0 = world.time.now;
    const job = await manager.enqueue(looks, 1, { in: 500, priority: 7, labels: { a: 'b' }, attempts: Infinity });
    await world.time.advance('1s');
    expect(seen).toEqual([
      1,
      {
        id: job.id,
        queue: 'images',
        priority: 7,
        labels: { a: 'b' },
        createdAt: t0,
        dueAt: t0 + 500,
        maxAttempts: Infinity,
        schedule: undefined,
        parentId: undefined,
      },
      1,
      false,
      undefined,
    ]);
  });

  it('given a run was asked to stop already, when the signal is first looked at, then it is aborted', async () => {
    const world = new World();
    const seen: boolean[] = [];
    const looks = task(
      'looks',
      async (_input: undefined, ctx) => {
        await world.sleep(2_000);
        seen.push(ctx.signal.aborted);
      },
      { timeout: '1s' },
    );
    await (await world.running(looks)).enqueue(looks);
    await world.time.advance('3s');
    expect(seen).toEqual([true]);
  });

  it('given ctx.log, when it is used, then every line is marked with the job', async () => {
    const world = new World();
    const logs = task('logs', (_input: undefined, { log }) => {
      log.info('half way', { rows: 5 });
      log.warn('odd');
    });
    const { manager, logged } = await world.startedLife({ tasks: [logs] });
    const job = await manager.enqueue(logs);
    await world.time.settle();
    const mark = { job: job.id, task: 'logs', attempt: 1 };
    expect(logged).toEqual([
      { level: 'info', message: 'half way', details: { ...mark, rows: 5 } },
      { level: 'warn', message: 'odd', details: mark },
    ]);
  });
});

describe('progress', () => {
  const steps = [
    { name: 'read', description: 'Reading', percentage: 20 },
    { name: 'work', description: 'Working', percentage: 50 },
    { name: 'write', description: 'Writing', percentage: 30 },
  ] as const;

  it('given ctx.progress, when it is called often, then the store has the last of it soon, and events have each', async () => {
    const world = new World();
    const heard: number[] = [];
    let writes = 0;
    const store = {
      ...world.store,
      update: (changes: Parameters<typeof world.store.update>[0]) => {
        writes += 1;
        return world.store.update(changes);
      },
    };
    const reports = task('reports', async (_input: undefined, { progress }) => {
      for (let i = 1; i <= 50; i++) progress(i);
      await world.sleep(10_000);
      progress(150);
      progress(-5);
      await world.sleep(1_000);
    });
    const manager = await world.started({ tasks: [reports], store });
    manager.on('progress', ({ percent }) => heard.push(percent));
    const job = await manager.enqueue(reports);
    await world.time.advance('1s');
    expect((await snapshot(manager, job.id)).progress).toBe(50);
    expect(writes).toBe(1);
    await world.time.advance('20s');
    expect(heard).toEqual([...Array.from({ length: 50 }, (_, i) => i + 1), 100, 0]);
    expect((await snapshot(manager, job.id)).progress).toBe(100);
  });

  it('given declared steps, when one begins, then the completed count whole and the active half', async () => {
    const world = new World();
    const seen: [number, string | null][] = [];
    const stepping = task(
      'stepping',
      (_input: undefined, ctx) => {
        ctx.notifyStep('read');
        ctx.notifyStep('work');
        ctx.notifyStep('write');
        ctx.notifyStep('read');
      },
      { steps },
    );
    const manager = await world.running(stepping);
    manager.on('progress', ({ percent, step }) => seen.push([percent, step]));
    await manager.enqueue(stepping);
    await world.time.settle();
    expect(seen).toEqual([
      [10, 'read'],
      [45, 'work'],
      [85, 'write'],
      [90, 'read'],
    ]);
  });

  it('given a step that isn’t declared, when it begins, then the error suggests the nearest and the attempt fails', async () => {
    const world = new World();
    const stepping = task('stepping', (_input: undefined, ctx) => ctx.notifyStep('wrok' as never), {
      steps,
      retry: { attempts: 1 },
    });
    const stepless = task('stepless', (_input: undefined, ctx) => ctx.notifyStep('any' as never), {
      retry: { attempts: 1 },
    });
    const manager = await world.running(stepping, stepless);
    const [a, b] = [await manager.enqueue(stepping), await manager.enqueue(stepless)];
    await world.time.settle();
    expect((await snapshot(manager, a.id)).lastError?.message).toBe(
      "Task 'stepping' has no step 'wrok'. Did you mean 'work'?",
    );
    expect((await snapshot(manager, b.id)).lastError?.message).toContain('It declares none.');
  });

  it('given progress that is no number, when it is reported, then the attempt fails', async () => {
    const world = new World();
    const reports = task('reports', (_input: undefined, ctx) => ctx.progress(Number.NaN), { retry: { attempts: 1 } });
    const manager = await world.running(reports);
    const job = await manager.enqueue(reports);
    await world.time.settle();
    expect((await snapshot(manager, job.id)).lastError?.message).toContain('give a number from 0 to 100');
  });

  it('given an attempt progressed and failed, when the next one begins, then its progress is its own', async () => {
    const world = new World();
    const reports = task(
      'reports',
      async (_input: undefined, ctx) => {
        if (ctx.attempt === 1) {
          ctx.progress(90);
          throw new Error('again');
        }
        await world.sleep(60_000);
      },
      { retry: { attempts: 2, backoff: 10 } },
    );
    const manager = await world.running(reports);
    const job = await manager.enqueue(reports);
    await world.time.advance('1s');
    expect(await snapshot(manager, job.id)).toMatchObject({ state: 'running', attempt: 2, progress: 0 });
  });
});

describe('setup', () => {
  it('given two first runs at once, when they start, then setup is called once and both get its value', async () => {
    const world = new World();
    let calls = 0;
    const uses = task('uses', (_input: undefined, { setup }) => setup, {
      setup: async () => {
        calls += 1;
        await world.sleep(100);
        return { db: calls };
      },
    });
    const manager = await world.running(uses);
    const jobs = await manager.enqueueMany(uses, [undefined, undefined, undefined]);
    await world.time.advance('1s');
    const later = await manager.enqueue(uses);
    await world.time.settle();
    for (const job of [...jobs, later]) expect((await snapshot(manager, job.id)).result).toEqual({ db: 1 });
    expect(calls).toBe(1);
  });

  for (const value of [undefined, 0, '', null, false]) {
    it(`given setup returns ${JSON.stringify(value)}, when several jobs run, then it is called once all the same`, async () => {
      const world = new World();
      let calls = 0;
      const seen: unknown[] = [];
      const uses = task('uses', (_input: undefined, { setup }) => void seen.push(setup), {
        setup: () => {
          calls += 1;
          return value;
        },
      });
      const manager = await world.running(uses);
      for (let i = 0; i < 3; i++) {
        await manager.enqueue(uses);
        await world.time.settle();
      }
      expect(seen).toEqual([value, value, value]);
      expect(calls).toBe(1);
    });
  }

  it('given setup fails, when the attempt is retried, then setup is tried again', async () => {
    const world = new World();
    let calls = 0;
    const uses = task('uses', (_input: undefined, { setup }) => setup, {
      setup: () => {
        calls += 1;
        if (calls < 3) throw new Error('no database');
        return 'ready';
      },
      retry: { attempts: 3, backoff: 10 },
    });
    const manager = await world.running(uses);
    const job = await manager.enqueue(uses);
    await world.time.advance('1s');
    expect(await snapshot(manager, job.id)).toMatchObject({ state: 'completed', result: 'ready', attempt: 3 });
    expect((await snapshot(manager, job.id)).errors.map((error) => error.message)).toEqual([
      'no database',
      'no database',
    ]);
  });
});
