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
import { filterOf } from '../../src/manager/querying.js';
import { all, snapshot, World } from '../engine/world.js';

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
    expect(await inputs({ state: ['pending', 'failed', 'pending'] })).toEqual([3, 2, 1]);
    expect(filterOf({ state: ['pending', 'failed', 'pending'] }).states).toEqual(['pending', 'failed']);
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
