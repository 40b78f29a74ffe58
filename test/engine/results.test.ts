import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  JobCancelledError,
  JobFailedError,
  JobGoneError,
  type JobHandle,
  type Store,
  Task,
  TimeoutError,
  task,
} from '../../src/index.js';
import { failure, snapshot, World, watch, wrapped } from './world.js';

const double = task('double', async (input: { n: number }) => ({ twice: input.n * 2 }));

describe('the result of a job', () => {
  it('given a task, when it is enqueued and runs, then the handle resolves with its typed result', async () => {
    const world = new World();
    const manager = await world.running(double);
    const job = await manager.enqueue(double, { n: 21 });
    expectTypeOf(job).toEqualTypeOf<JobHandle<{ twice: number }>>();
    const result = job.result();
    await world.time.settle();
    expect((await result).twice).toBe(42);
  });

  it('given a documented Task with a setup, when its job runs, then the function gets input, setup and context', async () => {
    const world = new World();
    const greet = new Task({
      name: 'greet',
      taskSetup: async () => 'Hello',
      taskFunction: async (name: string, greeting: string, ctx) => `${greeting}, ${name} (${ctx.attempt})`,
    });
    const manager = await world.running(greet);
    const job = await manager.enqueue(greet, 'Ada');
    await world.time.settle();
    expect(await settled(world, job.result())).toBe('Hello, Ada (1)');
  });

  it('given a job that ended long ago, when its result is asked for, then it comes at once', async () => {
    const world = new World();
    const manager = await world.running(double);
    const job = await manager.enqueue(double, { n: 1 });
    await world.time.advance('1m');
    expect(await settled(world, job.result())).toEqual({ twice: 2 });
    expect(await settled(world, manager.handle(job.id).result())).toEqual({ twice: 2 });
  });

  it('given a function that returns nothing, when it has run, then the result is undefined', async () => {
    const world = new World();
    const quiet = task('quiet', () => {});
    const manager = await world.running(quiet);
    const job = await manager.enqueue(quiet);
    expect(await settled(world, job.result())).toBeUndefined();
  });

  it('given values that JSON loses, when they go in and come out, then they are what they were', async () => {
    const world = new World();
    const echo = task('echo', (input: unknown) => input);
    const manager = await world.running(echo);
    const input = { at: new Date(5), big: 7n, set: new Set([1]), none: undefined, nan: Number.NaN };
    const job = await manager.enqueue(echo, input);
    expect(await settled(world, job.result())).toEqual(input);
  });

  it('given __proto__, constructor and toString as fields, when they go in and come out, then they are data, and no prototype is touched', async () => {
    const world = new World();
    const hostile = '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}},"toString":"x"}';
    const seen: unknown[] = [];
    const echo = task('echo', (input: object) => {
      seen.push(input, Object.hasOwn(input, '__proto__'), (input as { isAdmin?: boolean }).isAdmin);
      return input;
    });
    const manager = await world.running(echo);
    const job = await manager.enqueue(echo, JSON.parse(hostile), { labels: JSON.parse('{"__proto__":"label"}') });
    const again = await manager.enqueue(echo, { map: new Map([['__proto__', JSON.parse(hostile)]]) });
    const result = watch(job.result());
    await world.time.advance('1s');
    expect(JSON.stringify(result.value)).toBe(hostile);
    expect(seen.slice(0, 3)).toEqual([JSON.parse(hostile), true, undefined]);
    const record = await snapshot(manager, job.id);
    expect(JSON.stringify(record.input)).toBe(hostile);
    expect(JSON.stringify(record.labels)).toBe('{"__proto__":"label"}');
    const { map } = (await snapshot(manager, again.id)).result as { map: Map<string, object> };
    expect(JSON.stringify(map.get('__proto__'))).toBe(hostile);
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });

  it('given an input that the caller changes after enqueue, when the job runs, then it sees the input as it was', async () => {
    const world = new World();
    const echo = task('echo', (input: { n: number }) => input.n);
    const manager = await world.running(echo);
    const input = { n: 1 };
    const job = await manager.enqueue(echo, input);
    input.n = 2;
    expect(await settled(world, job.result())).toBe(1);
  });

  it('given a job that failed, when its result is awaited, then it rejects with JobFailedError and its cause', async () => {
    const world = new World();
    const fails = task('fails', () => Promise.reject(new TypeError('no such file')), { retry: { attempts: 1 } });
    const manager = await world.running(fails);
    const job = await manager.enqueue(fails);
    const error = await failure(world, job.result());
    expect(error).toBeInstanceOf(JobFailedError);
    expect(error).toMatchObject({ code: 'JOB_FAILED', jobId: job.id, reason: 'threw' });
    expect(error).toMatchObject({
      message: expect.stringContaining("task 'fails'"),
      cause: { name: 'TypeError', message: 'no such file' },
    });
  });

  it('given a job that was cancelled, when its result is awaited, then it rejects with JobCancelledError', async () => {
    const world = new World();
    const manager = await world.running(double);
    const job = await manager.enqueue(double, { n: 1 }, { in: '1h' });
    expect(await job.cancel()).toBe(true);
    expect(await failure(world, job.result())).toMatchObject({ constructor: JobCancelledError, jobId: job.id });
  });

  it('given no such job, when its result is awaited, then it rejects with JobGoneError', async () => {
    const world = new World();
    const manager = await world.running(double);
    expect(await failure(world, manager.handle('never-there').result())).toMatchObject({
      constructor: JobGoneError,
      jobId: 'never-there',
    });
  });

  it('given a job that is deleted while its result is awaited, then it rejects with JobGoneError', async () => {
    const world = new World();
    const manager = await world.running(double);
    const job = await manager.enqueue(double, { n: 1 }, { in: '1h' });
    const result = watch(job.result());
    await world.time.settle();
    await manager.delete(job.id);
    await world.time.settle();
    expect(result.error).toBeInstanceOf(JobGoneError);
  });

  it('given a timeout, when it is over before the job ends, then the wait rejects and the job goes on', async () => {
    const world = new World();
    const slow = task('slow', async () => {
      await world.sleep(10_000);
      return 'done';
    });
    const manager = await world.running(slow);
    const job = await manager.enqueue(slow);
    const result = watch(job.result({ timeout: '3s' }));
    await world.time.advance(2_999);
    expect(result.isSettled).toBe(false);
    await world.time.advance(1);
    expect(result.error).toBeInstanceOf(TimeoutError);
    await world.time.advance('10s');
    expect((await snapshot(manager, job.id)).result).toBe('done');
  });

  it('given a timeout longer than a timer reaches, when the job ends, then the result comes', async () => {
    const world = new World();
    const manager = await world.running(double);
    const job = await manager.enqueue(double, { n: 2 }, { in: '1s' });
    const result = watch(job.result({ timeout: '30d' }));
    await world.time.advance('2s');
    expect(result).toEqual({ isSettled: true, value: { twice: 4 } });
  });

  it('given a signal, when it is aborted, then the wait rejects with its reason and the job goes on', async () => {
    const world = new World();
    const manager = await world.running(double);
    const job = await manager.enqueue(double, { n: 2 }, { in: '1s' });
    const controller = new AbortController();
    const result = watch(job.result({ signal: controller.signal }));
    await world.time.settle();
    controller.abort(new RangeError('changed my mind'));
    await world.time.settle();
    expect(result.error).toEqual(new RangeError('changed my mind'));
    await world.time.advance('2s');
    expect((await snapshot(manager, job.id)).state).toBe('completed');
  });

  it('given a signal that is aborted already, when the result is asked for, then it rejects at once', async () => {
    const world = new World();
    const manager = await world.running(double);
    const job = await manager.enqueue(double, { n: 2 });
    expect(await failure(world, job.result({ signal: AbortSignal.abort('too late') }))).toBe('too late');
  });

  it('given a job that runs here, when it ends, then who waits is told from its end, and the store is not asked again', async () => {
    const world = new World();
    let looks = 0;
    const counting = (ids: readonly string[]): ReturnType<Store['get']> => {
      looks += 1;
      return world.store.get(ids);
    };
    const works = task('works', () => world.sleep(10));
    const manager = await world.started({ tasks: [works], store: wrapped(world.store, { get: counting }) });
    const waiting = watch((await manager.enqueue(works)).result());
    await world.time.settle();
    const before = looks;
    await world.time.advance(10);
    expect(waiting.isSettled).toBe(true);
    expect([before, looks]).toEqual([1, 1]);
  });

  it('given many waiters of one job, when it ends, then each is told', async () => {
    const world = new World();
    const manager = await world.running(double);
    const job = await manager.enqueue(double, { n: 3 }, { in: '1s' });
    const results = Array.from({ length: 5 }, () => watch(job.result()));
    await world.time.advance('2s');
    expect(results.map((result) => result.value)).toEqual(Array.from({ length: 5 }, () => ({ twice: 6 })));
  });

  it('given another manager ran the job, when a producer waits, then it gets the result', async () => {
    const world = new World();
    const producer = await world.started({ work: false });
    await world.running(double);
    const job = await producer.enqueue(double, { n: 4 });
    const result = watch(job.result());
    await world.time.advance('1s');
    expect(result.value).toEqual({ twice: 8 });
  });

  it('given no worker anywhere, when results are awaited for long, then it warns once', async () => {
    const world = new World();
    const { manager, logged } = world.life({ work: false });
    const job = await manager.enqueue(double, { n: 4 });
    void job.result().catch(() => {});
    void manager
      .handle(job.id)
      .result()
      .catch(() => {});
    await world.time.advance(900);
    expect(logged).toEqual([]);
    await world.time.advance('10s');
    expect(logged).toEqual([
      { level: 'warn', message: expect.stringContaining('no worker is alive'), details: undefined },
    ]);
  });

  it('given a worker elsewhere that goes later, when a result is still awaited, then it warns then', async () => {
    const world = new World();
    const worker = await world.startedLife({ leaseMs: 3_000 });
    const { manager, logged } = world.life({ work: false });
    const job = await manager.enqueue(double, { n: 4 }, { in: '1h' });
    void job.result().catch(() => {});
    await world.time.advance('5s');
    expect(logged).toEqual([]);
    worker.kill();
    await world.time.advance('20s');
    expect(logged).toHaveLength(1);
  });

  it('given a job that runs elsewhere and a store that is away for a while, when its result is awaited, then it comes once the store is back', async () => {
    const world = new World();
    let isAway = false;
    const store = {
      ...world.store,
      get: (ids: readonly string[]) => (isAway ? Promise.reject(new Error('away')) : world.store.get(ids)),
    };
    await world.started({ tasks: [double] });
    const producer = await world.started({ store, tasks: [double], work: false });
    isAway = true;
    const job = await producer.enqueue(double, { n: 5 });
    const result = watch(job.result());
    await world.time.advance('5s');
    expect(result.isSettled).toBe(false);
    isAway = false;
    await world.time.advance('2s');
    expect(result.value).toEqual({ twice: 10 });
  });
});

async function settled<T>(world: World, promise: Promise<T>): Promise<T> {
  void promise.catch(() => {});
  await world.time.settle();
  await world.time.settle();
  return promise;
}
