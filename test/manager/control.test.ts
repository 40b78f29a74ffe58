import { describe, expect, it } from 'vitest';
import {
  JobGoneError,
  type JobQuery,
  JobStateError,
  OptionError,
  TaskConstraintGroup,
  task,
  taskRef,
} from '../../src/index.js';
import { all, gate, snapshot, World, wrapped } from '../engine/world.js';

const quick = task('quick', (n: number) => n);

describe('acting on one job', () => {
  it('given a suspended job, when it is due, then it waits; when it is resumed, then it runs', async () => {
    const world = new World();
    const manager = await world.running(quick);
    const job = await manager.enqueue(quick, 1, { in: '1s' });
    expect(await manager.suspend(job.id)).toBe(1);
    await world.time.advance('1m');
    expect(await snapshot(manager, job.id)).toMatchObject({ state: 'suspended', placement: null });
    expect(await manager.resume(job.id)).toBe(1);
    await world.time.settle();
    expect((await snapshot(manager, job.id)).state).toBe('completed');
  });

  it('given a suspended job is resumed before its due time, then it still waits for it', async () => {
    const world = new World();
    const manager = await world.running(quick);
    const job = await manager.enqueue(quick, 1, { in: '1m' });
    await manager.suspend(job.id);
    await manager.resume(job.id);
    await world.time.advance('30s');
    expect(await snapshot(manager, job.id)).toMatchObject({ state: 'pending', placement: 'delayed' });
  });

  it('given a failed job, when it is retried, then it runs with all its attempts, as a new generation', async () => {
    const world = new World();
    let isBroken = true;
    const flaky = task('flaky', () => (isBroken ? Promise.reject(new Error('broken')) : 'mended'), {
      retry: { attempts: 2, backoff: 1 },
    });
    const manager = await world.running(flaky);
    const job = await manager.enqueue(flaky);
    await world.time.advance('1s');
    expect(await snapshot(manager, job.id)).toMatchObject({ state: 'failed', attempt: 2, generation: 1 });
    isBroken = false;
    expect(await manager.retry(job.id)).toBe(1);
    await world.time.settle();
    expect(await snapshot(manager, job.id)).toMatchObject({
      state: 'completed',
      result: 'mended',
      attempt: 1,
      generation: 2,
    });
  });

  it('given a job that had progressed and failed, when it is retried, then its progress begins at 0 again', async () => {
    const world = new World();
    const half = task(
      'half',
      (_input: undefined, ctx) => {
        ctx.progress(80);
        throw new Error('broken');
      },
      { retry: { attempts: 1 } },
    );
    const manager = await world.running(half);
    const job = await manager.enqueue(half);
    await world.time.advance('1s');
    expect((await snapshot(manager, job.id)).progress).toBe(80);
    await manager.pause('default');
    await manager.retry(job.id);
    expect((await snapshot(manager, job.id)).progress).toBe(0);
  });

  it('given a delayed job, when it is promoted, then it runs now', async () => {
    const world = new World();
    const manager = await world.running(quick);
    const job = await manager.enqueue(quick, 1, { in: '1h' });
    expect(await manager.promote(job.id)).toBe(1);
    await world.time.settle();
    expect((await snapshot(manager, job.id)).state).toBe('completed');
  });

  it('given a job is deleted, when it is looked for, then it is gone', async () => {
    const world = new World();
    const manager = await world.running(quick);
    const job = await manager.enqueue(quick, 1, { in: '1h' });
    expect(await manager.delete(job.id)).toBe(1);
    expect(await manager.get(job.id)).toBeUndefined();
    expect(await job.snapshot()).toBeUndefined();
    await expect(job.cancel()).rejects.toThrow(JobGoneError);
    await expect(manager.delete(job.id)).rejects.toThrow(JobGoneError);
    await expect(manager.explain(job.id)).rejects.toThrow(JobGoneError);
  });

  it('given a state that forbids an action, when it is tried, then JobStateError says the state and what to do', async () => {
    const world = new World();
    const slow = task('slow', () => world.sleep(60_000));
    const manager = await world.running(slow, quick);
    const running = await manager.enqueue(slow);
    const waiting = await manager.enqueue(quick, 1, { in: '1h' });
    const ended = await manager.enqueue(quick, 1);
    await world.time.settle();
    const refused = async (act: Promise<unknown>, state: string, hint: RegExp): Promise<void> => {
      const error = await act.catch((e: unknown) => e);
      expect(error).toBeInstanceOf(JobStateError);
      expect(error).toMatchObject({ state, message: expect.stringMatching(hint) });
    };
    await refused(manager.suspend(running.id), 'running', /cancel one that runs/);
    await refused(manager.delete(running.id), 'running', /Cancel it first/);
    await refused(manager.retry(running.id), 'running', /Only an ended job/);
    await refused(manager.promote(running.id), 'running', /waits for its due time/);
    await refused(manager.retry(waiting.id), 'pending', /Only an ended job/);
    await refused(manager.resume(waiting.id), 'pending', /Only a suspended job/);
    await refused(manager.suspend(ended.id), 'completed', /Only a waiting job/);
    await refused(manager.promote(ended.id), 'completed', /waits for its due time/);
    expect(await manager.cancel(ended.id)).toBe(0);
  });
});

describe('acting on all that match', () => {
  async function mixed() {
    const world = new World();
    const manager = await world.running(task('none', () => {}));
    const jobs = [];
    for (let i = 0; i < 450; i++) {
      const options = { in: '1h', labels: { tenant: i % 3 === 0 ? 'acme' : 'other', odd: String(i % 2) } } as const;
      jobs.push(manager.enqueue(taskRef<typeof quick>(i % 2 === 0 ? 'even' : 'odd'), i, options));
    }
    await Promise.all(jobs);
    return { world, manager };
  }

  it('given hundreds of jobs, when actions go by filter, then they meet exactly those that match', async () => {
    const { manager } = await mixed();
    expect(await manager.cancel({ labels: { tenant: 'acme' } })).toBe(150);
    expect(await manager.cancel({ labels: { tenant: 'acme' } })).toBe(0);
    expect(await manager.suspend({ task: 'even', state: 'pending' })).toBe(150);
    expect(await manager.count()).toMatchObject({ cancelled: 150, suspended: 150, pending: 150, exact: true });
    expect(await manager.resume({})).toBe(150);
    expect(await manager.delete({ state: ['cancelled', 'completed'] })).toBe(150);
    expect(await manager.promote({ task: 'odd' })).toBe(150);
    expect(await manager.count()).toMatchObject({ cancelled: 0, suspended: 0, pending: 300, delayed: 150 });
  });

  it('given more jobs than a page, when they are listed, then each comes once, newest first', async () => {
    const { manager } = await mixed();
    const inputs = (await all(manager.list())).map((job) => job.input);
    expect(inputs).toEqual(Array.from({ length: 450 }, (_, i) => 449 - i));
    const acme = await all(manager.list({ labels: { tenant: 'acme', odd: '1' }, task: 'odd' }));
    expect(acme).toHaveLength(75);
  });

  it('given failed jobs, when all are retried by filter, then they run again', async () => {
    const world = new World();
    let isBroken = true;
    const flaky = task('flaky', () => (isBroken ? Promise.reject(new Error('broken')) : 1), { retry: { attempts: 1 } });
    const manager = await world.running(flaky);
    await manager.enqueueMany(flaky, Array(5).fill(undefined));
    await world.time.advance('1s');
    isBroken = false;
    expect(await manager.retry({ state: 'failed' })).toBe(5);
    await world.time.settle();
    expect((await manager.count({ task: flaky })).completed).toBe(5);
  });

  it('given times, constraints, schedules and parents, when they filter, then only those match', async () => {
    const world = new World();
    const manager = world.manager({ tasks: [quick] });
    manager.addConstraintGroup(
      new TaskConstraintGroup({ name: 'mod', constraintKeyForExecution: (_t, n = 0) => String(n % 2) }),
    );
    await manager.enqueue(quick, 1);
    await world.time.advance('1m');
    const middle = world.time.now;
    await manager.enqueue(quick, 2);
    await world.time.advance('1m');
    await manager.enqueue(quick, 3);
    const inputs = async (query: JobQuery): Promise<unknown[]> =>
      (await all(manager.list(query))).map((job) => job.input);
    expect(await inputs({ createdBefore: middle })).toEqual([1]);
    expect(await inputs({ createdAfter: new Date(middle) })).toEqual([3]);
    expect(await inputs({ constraint: { group: 'mod', key: '1' } })).toEqual([3, 1]);
    expect(await inputs({ schedule: 'none' })).toEqual([]);
    expect(await inputs({ parent: 'none' })).toEqual([]);
    expect(await inputs({ queue: 'other' })).toEqual([]);
    expect(await manager.count({ constraint: { group: 'mod', key: '0' } })).toMatchObject({ pending: 1 });
  });

  const refused: readonly (readonly [query: object, message: RegExp])[] = [
    [{ stat: 'failed' }, /a job filter has no option 'stat'. Did you mean 'state'/],
    [{ state: 'done' }, /state is 'done'; states are pending, running/],
    [{ state: ['failed', 'lost'] }, /state is 'lost'/],
    [{ createdBefore: 'yesterday' }, /createdBefore/],
    [{ createdAfter: new Date(Number.NaN) }, /createdAfter/],
  ];
  for (const [query, message] of refused) {
    it(`given the filter ${JSON.stringify(query)}, when it is used, then OptionError says what is wrong`, async () => {
      const manager = new World().manager();
      await expect(manager.count(query as never)).rejects.toThrow(OptionError);
      await expect(manager.cancel(query as never)).rejects.toThrow(message);
      await expect(all(manager.list(query as never))).rejects.toThrow(message);
    });
  }
});

describe('explain', () => {
  const codes = async (manager: Awaited<ReturnType<World['running']>>, id: string): Promise<string[]> =>
    (await manager.explain(id)).causes.map((cause) => cause.code);

  it('given a delayed job, when asked, then not-due, until its due time', async () => {
    const world = new World();
    const manager = await world.running(quick);
    const job = await manager.enqueue(quick, 1, { in: '5m' });
    const explanation = await manager.explain(job.id);
    expect(explanation).toMatchObject({ jobId: job.id, task: 'quick', state: 'pending', reason: 'enqueued' });
    expect(explanation.causes).toEqual([
      { code: 'not-due', message: 'It is due in 5 min.', until: world.time.now + 300_000 },
    ]);
    expect(explanation.summary).toContain('It is due in 5 min.');
  });

  it('given a retry that waits, when asked, then the failure is told', async () => {
    const world = new World();
    const flaky = task('flaky', () => Promise.reject(new Error('no route')), { retry: { attempts: 2, backoff: '1m' } });
    const manager = await world.running(flaky);
    const job = await manager.enqueue(flaky);
    await world.time.settle();
    expect((await manager.explain(job.id)).summary).toContain('after attempt 1 failed: no route');
  });

  it('given a paused queue, when asked, then queue-paused; given a full one, then queue-full', async () => {
    const world = new World();
    const slow = task('slow', () => world.sleep(60_000));
    const manager = await world.running(slow);
    await manager.setQueueConcurrency('default', 1);
    await manager.enqueue(slow);
    const job = await manager.enqueue(slow);
    await world.time.settle();
    expect(await codes(manager, job.id)).toEqual(['queue-full']);
    await manager.pause('default');
    expect(await codes(manager, job.id)).toEqual(['queue-paused', 'queue-full']);
  });

  it('given a full key and a cooling one, when asked, then constraint-full names the holders, constraint-cooling the time', async () => {
    const world = new World();
    const slow = task('slow', () => world.sleep(1_000));
    const group = new TaskConstraintGroup({
      name: 'g',
      constraintKeyForExecution: () => 'k',
      maxConcurrent: 1,
      cooldownMs: 60_000,
    });
    const manager = world.manager({ tasks: [slow] });
    manager.addConstraintGroup(group);
    await manager.start();
    const first = await manager.enqueue(slow);
    await world.time.settle();
    const job = await manager.enqueue(slow);
    await world.time.settle();
    const [full] = (await manager.explain(job.id)).causes;
    expect(full).toMatchObject({
      code: 'constraint-full',
      until: null,
      message: expect.stringContaining(`Held by ${first.id}`),
    });
    await world.time.advance('2s');
    const [cooling] = (await manager.explain(job.id)).causes;
    expect(cooling).toMatchObject({ code: 'constraint-cooling', until: world.time.now - 1_000 + 60_000 });
  });

  it('given nobody works, when asked, then no-worker; given nobody has the task, then unknown-task', async () => {
    const world = new World();
    const manager = world.manager();
    const job = await manager.enqueue(quick, 1);
    expect(await codes(manager, job.id)).toEqual(['no-worker']);
    await world.running(task('other', () => {}));
    await world.time.advance('1s');
    expect(await codes(manager, job.id)).toEqual(['unknown-task']);
  });

  it('given the task’s workers serve another queue, when asked, then unknown-task says which', async () => {
    const world = new World();
    const manager = await world.running(task('quick', () => {}, { queue: 'images' }));
    await world.put({ id: 'elsewhere-1', task: 'quick', queue: 'letters' });
    const [cause] = (await manager.explain('elsewhere-1')).causes;
    expect(cause).toMatchObject({ code: 'unknown-task', message: expect.stringContaining('serve only images') });
  });

  it('given all workers are busy, when asked, then workers-busy', async () => {
    const world = new World();
    const slow = task('slow', () => world.sleep(600_000));
    const manager = await world.started({ tasks: [slow], concurrency: 1, leaseMs: 3_000 });
    await manager.enqueue(slow);
    const job = await manager.enqueue(slow);
    await world.time.advance('5s');
    const [cause] = (await manager.explain(job.id)).causes;
    expect(cause).toMatchObject({ code: 'workers-busy', message: 'All 1 workers that have the task are busy.' });
  });

  it('given suspended, running and ended jobs, when asked, then those codes', async () => {
    const world = new World();
    const opened = gate();
    const slow = task('slow', () => opened.promise);
    const manager = await world.running(slow);
    const suspended = await manager.enqueue(slow, undefined, { in: '1m' });
    await manager.suspend(suspended.id);
    const running = await manager.enqueue(slow);
    await world.time.advance('2s');
    expect(await codes(manager, suspended.id)).toEqual(['suspended']);
    const [cause] = (await manager.explain(running.id)).causes;
    expect(cause).toMatchObject({
      code: 'running',
      message: expect.stringMatching(/Attempt 1 is with worker .* since 2.0 s\. Its lease holds for/),
    });
    await manager.cancel(running.id);
    expect((await manager.explain(running.id)).summary).toContain('Its cancel is requested');
    opened.open();
    await world.time.settle();
    expect((await manager.explain(running.id)).causes).toMatchObject([
      { code: 'ended', message: 'It ended (completed) after 1 of 3 attempts.' },
    ]);
  });

  it('given a suspect, when asked, then suspect', async () => {
    const world = new World();
    const slow = task('slow', () => world.sleep(60_000));
    const life = await world.startedLife({ tasks: [slow], leaseMs: 3_000 });
    const job = await life.manager.enqueue(slow);
    await world.time.settle();
    life.kill();
    const keeper = await world.started({ leaseMs: 3_000 });
    await world.time.advance('10s');
    expect(await codes(keeper, job.id)).toEqual(['suspect', 'unknown-task']);
  });
});

describe('workers', () => {
  it('given managers of several kinds, when asked, then the live workers say what they do', async () => {
    const world = new World();
    const t0 = world.time.now;
    const a = await world.startedLife({
      tasks: [quick, task('mail', () => {}, { queue: 'letters' })],
      concurrency: 3,
      leaseMs: 6_000,
    });
    await world.started({ work: false });
    expect(await a.manager.workers()).toEqual([
      {
        id: expect.any(String),
        name: expect.any(String),
        startedAt: t0,
        seenAt: t0,
        queues: ['default', 'letters'],
        tasks: ['quick', 'mail'],
        concurrency: 3,
        running: 0,
      },
    ]);
    const observer = world.manager({ work: false });
    a.kill();
    await world.time.advance('7s');
    expect(await observer.workers()).toEqual([]);
  });

  it('given a manager stops or closes, when asked, then it has gone at once', async () => {
    const world = new World();
    const observer = world.manager({ work: false });
    const [a, b] = [await world.running(quick), await world.running(quick)];
    expect(await observer.workers()).toHaveLength(2);
    await a.stop();
    await world.time.settle();
    expect(await observer.workers()).toHaveLength(1);
    await b.close();
    expect(await observer.workers()).toEqual([]);
  });

  it('given a task is added to a running manager, when a second passes, then the worker’s record has it', async () => {
    const world = new World();
    const manager = await world.running(quick);
    manager.addTask(task('later', () => {}, { queue: 'letters' }));
    await world.time.advance('1s');
    expect((await manager.workers())[0]).toMatchObject({ tasks: ['quick', 'later'], queues: ['default', 'letters'] });
  });
});

describe('retention', () => {
  it('given keep, when its time is over, then the record goes, and not before', async () => {
    const world = new World();
    const kept = task('kept', (ok: boolean) => (ok ? 1 : Promise.reject(new Error('x'))), {
      retry: { attempts: 1 },
      keep: { completed: '2m', failed: '5m' },
    });
    const manager = await world.running(kept);
    const [good, bad] = [await manager.enqueue(kept, true), await manager.enqueue(kept, false)];
    await world.time.advance('119s');
    expect(await manager.get(good.id)).toBeDefined();
    await world.time.advance('10s');
    expect(await manager.get(good.id)).toBeUndefined();
    expect(await manager.get(bad.id)).toBeDefined();
    await world.time.advance('3m');
    expect(await manager.get(bad.id)).toBeUndefined();
  });

  it('given keep.count, when more have ended, then the oldest go after a minute', async () => {
    const world = new World();
    const kept = task('kept', (n: number) => n, { keep: { count: 2 } });
    const manager = await world.started({ tasks: [kept], store: wrapped(world.store, {}) });
    for (let n = 0; n < 5; n++) {
      await manager.enqueue(kept, n);
      await world.time.advance(10);
    }
    await world.time.advance('90s');
    expect((await all(manager.list())).map((job) => job.input)).toEqual([4, 3]);
  });
});
