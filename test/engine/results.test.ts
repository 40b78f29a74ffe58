import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  JobCancelledError,
  JobFailedError,
  JobGoneError,
  type JobHandle,
  Task,
  TimeoutError,
  task,
  ValueError,
} from '../../src/index.js';
import { gate, snapshot, World, watch } from './world.js';

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

  it('given a store that is away for a while, when a result is awaited, then it comes once the store is back', async () => {
    const world = new World();
    let isAway = false;
    const store = {
      ...world.store,
      get: (ids: readonly string[]) => (isAway ? Promise.reject(new Error('away')) : world.store.get(ids)),
    };
    const manager = await world.started({ store, tasks: [double] });
    isAway = true;
    const job = await manager.enqueue(double, { n: 5 });
    const result = watch(job.result());
    await world.time.advance('5s');
    expect(result.isSettled).toBe(false);
    isAway = false;
    await world.time.advance('2s');
    expect(result.value).toEqual({ twice: 10 });
  });
});

describe('a result that can not be stored', () => {
  const results: readonly (readonly [name: string, value: unknown, message: RegExp])[] = [
    ['a function', () => 1, /function/],
    ['a class instance', { socket: new (class Socket {})() }, /socket/],
    ['a symbol', Symbol('x'), /symbol/],
    ['U+0000', 'a\0b', /U\+0000/],
    ['more than 64 KiB', 'x'.repeat(65 * 1024), /64|65536/],
  ];
  for (const [name, value, message] of results) {
    it(`given ${name}, when the function returns it, then the job fails as invalid-result without retry`, async () => {
      const world = new World();
      let runs = 0;
      const returns = task('returns', () => {
        runs += 1;
        return value;
      });
      const manager = await world.running(returns);
      const job = await manager.enqueue(returns);
      expect(await failure(world, job.result())).toMatchObject({
        reason: 'invalid-result',
        message: expect.stringMatching(message),
      });
      await world.time.advance('1m');
      expect(runs).toBe(1);
    });
  }
});

describe('what a function may throw or return', () => {
  const hostile: Record<string, () => unknown> = {
    'a synchronous throw': () => {
      throw new RangeError('at once');
    },
    'a throw of undefined': () => {
      // biome-ignore lint/style/useThrowOnlyError: users do
      throw undefined;
    },
    'a throw of null': () => {
      // biome-ignore lint/style/useThrowOnlyError: users do
      throw null;
    },
    'a throw of a text': () => {
      // biome-ignore lint/style/useThrowOnlyError: users do
      throw 'out of paper';
    },
    'a throw of a symbol': () => {
      throw Symbol('s');
    },
    'a throw of a cyclic object': () => {
      const cycle: { self?: unknown } = {};
      cycle.self = cycle;
      throw cycle;
    },
    'a rejection with undefined': () => Promise.reject(undefined),
    'an error whose message is an object': () => {
      throw Object.assign(new Error('x'), { message: { status: 500 } });
    },
    'a rejection with an error without a message': () =>
      Promise.reject(Object.assign(new Error('x'), { message: undefined })),
    'an error whose stack is none': () => {
      throw Object.assign(new Error('no stack'), { stack: undefined });
    },
    'an error whose message throws': () => {
      throw Object.defineProperty(new Error('x'), 'message', {
        get() {
          throw new Error('hidden');
        },
      });
    },
    'an error whose name is a bare object': () => {
      throw Object.assign(new Error('x'), { name: Object.create(null) });
    },
    'a thenable whose then throws': () => ({
      // biome-ignore lint/suspicious/noThenProperty: broken on purpose
      then() {
        throw new Error('broken thenable');
      },
    }),
    'a thenable whose then can not be read': () =>
      Object.defineProperty({}, 'then', {
        get() {
          throw new Error('unreadable thenable');
        },
      }),
    'a promise of an object that can not be stored': async () => ({ f: () => 1 }),
  };
  for (const [name, run] of Object.entries(hostile)) {
    it(`given ${name}, when it happens, then the job fails once and the worker goes on`, async () => {
      const world = new World();
      const bad = task('bad', run, { retry: { attempts: 1 } });
      const manager = await world.started({ tasks: [bad, double], concurrency: 1 });
      const job = await manager.enqueue(bad);
      await world.time.settle();
      const next = await manager.enqueue(double, { n: 1 });
      await world.time.settle();
      expect((await snapshot(manager, job.id)).state).toBe('failed');
      expect((await snapshot(manager, next.id)).state).toBe('completed');
    });
  }

  it('given a thenable that answers twice, when it does, then the first answer counts', async () => {
    const world = new World();
    const twice = task('twice', (): unknown => ({
      // biome-ignore lint/suspicious/noThenProperty: broken on purpose
      then(resolve: (value: string) => void, reject: (error: Error) => void) {
        resolve('first');
        reject(new Error('second'));
        resolve('third');
        throw new Error('fourth');
      },
    }));
    const { manager, events } = await world.startedLife({ tasks: [twice] });
    const job = await manager.enqueue(twice);
    await world.time.settle();
    expect((await snapshot(manager, job.id)).result).toBe('first');
    expect(events.map((event) => event.type)).toEqual(['started', 'completed']);
  });

  it('given a thenable that resolves with a promise, when it does, then the result is what the promise resolves with', async () => {
    const world = new World();
    const nested = task('nested', () => ({
      // biome-ignore lint/suspicious/noThenProperty: a thenable of a thenable
      then: (resolve: (value: unknown) => void) => resolve(Promise.resolve('inner')),
    }));
    const manager = await world.running(nested);
    const job = await manager.enqueue(nested);
    await world.time.settle();
    expect((await snapshot(manager, job.id)).result).toBe('inner');
  });

  it('given a long error with NUL and a lone surrogate, when it is recorded, then at most 4 KiB that every store carries', async () => {
    const world = new World();
    const loud = task('loud', () => Promise.reject(new Error(`a\0b\uD800${'é'.repeat(100_000)}`)), {
      retry: { attempts: 1 },
    });
    const manager = await world.running(loud);
    const job = await manager.enqueue(loud);
    await world.time.settle();
    const { lastError } = await snapshot(manager, job.id);
    expect(lastError?.message).toMatch(/^a\uFFFDb\uFFFDé/);
    expect(new TextEncoder().encode(JSON.stringify(lastError)).length).toBeLessThanOrEqual(4 * 1024);
  });

  it('given more than five failures, when it failed for good, then the last five are kept', async () => {
    const world = new World();
    const seven = task('seven', (_input: undefined, ctx) => Promise.reject(new Error(`failure ${ctx.attempt}`)), {
      retry: { attempts: 7, backoff: 10 },
    });
    const manager = await world.running(seven);
    const job = await manager.enqueue(seven);
    await world.time.advance('1s');
    const { errors, lastError, attempt } = await snapshot(manager, job.id);
    expect(errors.map((error) => error.message)).toEqual([3, 4, 5, 6, 7].map((n) => `failure ${n}`));
    expect(lastError).toMatchObject({ attempt: 7, reason: 'threw', name: 'Error' });
    expect(attempt).toBe(7);
  });
});

describe('a record that can not be run', () => {
  for (const input of ['{"half":', '~1:[', '~99:{}']) {
    it(`given the stored input ${input}, when a worker takes it, then the job fails as corrupt and the queue flows`, async () => {
      const world = new World();
      let runs = 0;
      const counted = task('counted', () => {
        runs += 1;
      });
      const manager = await world.running(counted);
      await world.put({ id: 'corrupt-1', task: 'counted', input });
      const job = await manager.enqueue(counted);
      await world.time.advance('10s');
      expect(await snapshot(manager, 'corrupt-1')).toMatchObject({
        state: 'failed',
        reason: 'corrupt',
        input: undefined,
        attempt: 1,
      });
      expect((await snapshot(manager, job.id)).state).toBe('completed');
      expect(runs).toBe(1);
    });
  }

  it('given a stored result that is corrupt, when it is awaited, then it rejects with ValueError', async () => {
    const world = new World();
    const opened = gate();
    const manager = await world.running(task('waits', () => opened.promise));
    const job = await manager.enqueue(task('waits', () => opened.promise));
    await world.time.settle();
    opened.open();
    await world.time.settle();
    const store = {
      ...world.store,
      get: async (ids: readonly string[]) => (await world.store.get(ids)).map((r) => r && { ...r, result: '{' }),
    };
    const reader = world.manager({ store, work: false });
    expect(await failure(world, reader.handle(job.id).result())).toBeInstanceOf(ValueError);
    expect((await snapshot(reader, job.id)).result).toBeUndefined();
  });
});

async function settled<T>(world: World, promise: Promise<T>): Promise<T> {
  void promise.catch(() => {});
  await world.time.settle();
  await world.time.settle();
  return promise;
}

async function failure(world: World, promise: Promise<unknown>): Promise<unknown> {
  const seen = watch(promise);
  for (let i = 0; i < 3 && !seen.isSettled; i++) await world.time.settle();
  expect(seen.isSettled).toBe(true);
  return seen.error;
}
