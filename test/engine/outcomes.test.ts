import { describe, expect, it } from 'vitest';
import { task } from '../../src/index.js';
import { failure, snapshot, World } from './world.js';

const double = task('double', async (input: { n: number }) => ({ twice: input.n * 2 }));

describe('a result that can not be stored', () => {
  const results: readonly (readonly [name: string, value: unknown, message: RegExp])[] = [
    ['a function', () => 1, /function/],
    ['a class instance', { socket: new (class Socket {})() }, /socket/],
    ['a symbol', Symbol('x'), /symbol/],
    ['U+0000', 'a\0b', /U\+0000/],
    ['a lone surrogate', { text: 'a\uDC00' }, /surrogate/],
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
