import { describe, expect, it } from 'vitest';
import {
  type Backoff,
  DiscardError,
  NonRetryableError,
  RetryAfterError,
  SnoozeError,
  type TaskContext,
  type TaskSettings,
  task,
} from '../../src/index.js';
import { snapshot, World } from './world.js';

/** A started manager with one task that notes when it runs, relative to its enqueue, and does what `run` says. */
async function trial(
  run: (attempt: number, ctx: TaskContext) => unknown,
  settings: TaskSettings = {},
  attempts?: number,
) {
  const world = new World();
  const startedAt = world.time.now;
  const runsAt: number[] = [];
  const trying = task(
    'trying',
    (_input: undefined, ctx) => {
      runsAt.push(world.time.now - startedAt);
      return run(runsAt.length, ctx);
    },
    settings as Omit<TaskSettings, 'schema'> & { schema?: undefined },
  );
  const life = await world.startedLife({ tasks: [trying] });
  const job = await life.manager.enqueue(trying, undefined, attempts === undefined ? {} : { attempts });
  return { world, life, runsAt, job: () => snapshot(life.manager, job.id), manager: life.manager, id: job.id };
}

const fail = (): never => {
  throw new Error('again');
};

describe('retries happen at the moments that the backoff says', () => {
  const cases: readonly (readonly [name: string, backoff: Backoff, attempts: number, runsAt: readonly number[]])[] = [
    ['a fixed wait', '10s', 4, [0, 10_000, 20_000, 30_000]],
    ['no wait', 0, 3, [0, 0, 0]],
    ['a list whose last wait repeats', ['1s', 5_000, '20s'], 5, [0, 1_000, 6_000, 26_000, 46_000]],
    ['a function of the failed attempt', (attempt) => attempt * 700, 4, [0, 700, 2_100, 4_200]],
    [
      'exponential without jitter',
      { type: 'exponential', first: '1s', factor: 3, jitter: 0 },
      4,
      [0, 1_000, 4_000, 13_000],
    ],
    [
      'exponential up to its most',
      { type: 'exponential', first: '1s', max: '3s', jitter: 0 },
      5,
      [0, 1_000, 3_000, 6_000, 9_000],
    ],
  ];
  for (const [name, backoff, attempts, runsAt] of cases) {
    it(`given ${name}, when every attempt fails, then it runs at ${runsAt.join(', ')} ms and fails`, async () => {
      const t = await trial(fail, { retry: { attempts, backoff } });
      await t.world.time.advance((runsAt.at(-1) as number) + 30_000);
      expect(t.runsAt).toEqual(runsAt);
      expect(await t.job()).toMatchObject({
        state: 'failed',
        reason: 'threw',
        attempt: attempts,
        maxAttempts: attempts,
      });
    });
  }

  it('given no retry option, when every attempt fails, then it runs 3 times with jittered waits of about 1 and 2 s', async () => {
    const t = await trial(fail);
    await t.world.time.advance('1m');
    const [first, second, third] = t.runsAt as [number, number, number];
    expect(t.runsAt).toHaveLength(3);
    expect(second - first).toBeGreaterThanOrEqual(500);
    expect(second - first).toBeLessThanOrEqual(1_000);
    expect(third - second).toBeGreaterThanOrEqual(1_000);
    expect(third - second).toBeLessThanOrEqual(2_000);
  });

  it('given a backoff function, when an attempt fails, then it hears the attempt and the error itself', async () => {
    const heard: unknown[] = [];
    const t = await trial(
      (attempt) => {
        throw new RangeError(`failure ${attempt}`);
      },
      { retry: { attempts: 3, backoff: (attempt, error) => heard.push([attempt, error]) } },
    );
    await t.world.time.advance('1s');
    expect(heard).toEqual([
      [1, new RangeError('failure 1')],
      [2, new RangeError('failure 2')],
    ]);
  });

  it('given attempts: Infinity, when every attempt fails, then it is tried on and on', async () => {
    const t = await trial(fail, { retry: { attempts: Infinity, backoff: '1s' } });
    await t.world.time.advance('50s');
    expect(t.runsAt).toHaveLength(51);
    expect(await t.job()).toMatchObject({ state: 'pending', maxAttempts: Infinity, attempt: 51 });
  });

  it('given attempts: Infinity at enqueue, when every attempt fails, then it is tried on and on', async () => {
    const t = await trial(fail, { retry: { attempts: 2, backoff: '1s' } }, Infinity);
    await t.world.time.advance('9s');
    expect(t.runsAt).toHaveLength(10);
  });

  it('given attempts at enqueue, when they differ from the task’s, then they hold', async () => {
    const t = await trial(fail, { retry: { attempts: 5, backoff: 1 } }, 2);
    await t.world.time.advance('1s');
    expect(t.runsAt).toHaveLength(2);
  });

  it('given an attempt that succeeds at last, when it returns, then the job is completed and keeps the errors', async () => {
    const t = await trial((attempt) => (attempt < 3 ? fail() : 'fine'), { retry: { attempts: 3, backoff: '5s' } });
    await t.world.time.advance('1m');
    expect(await t.job()).toMatchObject({ state: 'completed', result: 'fine', attempt: 3 });
    expect((await t.job()).errors.map((error) => error.attempt)).toEqual([1, 2]);
    expect(t.life.events.map((event) => event.type)).toEqual([
      'started',
      'retrying',
      'started',
      'retrying',
      'started',
      'completed',
    ]);
  });

  it('given a failed attempt, when it waits for its retry, then the snapshot says when and why', async () => {
    const t = await trial(fail, { retry: { attempts: 2, backoff: '7s' } });
    await t.world.time.advance('2s');
    expect(await t.job()).toMatchObject({
      state: 'pending',
      placement: 'delayed',
      reason: 'threw',
      attempt: 1,
      dueAt: t.world.time.now + 5_000,
      lastError: { name: 'Error', message: 'again', attempt: 1, at: t.world.time.now - 2_000 },
    });
  });

  it('given a job waits for its retry, when its worker dies, then another runs it at that moment', async () => {
    const t = await trial(fail, { retry: { attempts: 2, backoff: '10s' } });
    await t.world.time.advance('1s');
    t.life.kill();
    const runsAt: number[] = [];
    const again = task('trying', () => void runsAt.push(t.world.time.now));
    await t.world.running(again);
    const due = (await t.job()).dueAt;
    await t.world.time.advance('20s');
    expect(runsAt).toEqual([due]);
  });
});

describe('a backoff that is broken', () => {
  const broken: Record<string, () => never | number | string> = {
    throws: () => {
      throw new Error('no table');
    },
    'returns garbage': () => 'soon',
    'returns NaN': () => Number.NaN,
    'returns a negative wait': () => -1,
  };
  for (const [name, backoff] of Object.entries(broken)) {
    it(`given a backoff function that ${name}, when an attempt fails, then it is retried after 1 s and both errors are kept`, async () => {
      const t = await trial(fail, { retry: { attempts: 2, backoff } });
      await t.world.time.advance('10s');
      expect(t.runsAt).toEqual([0, 1_000]);
      expect((await t.job()).errors[0]?.message).toMatch(/again; and its backoff failed: /);
      expect((await t.job()).state).toBe('failed');
    });
  }
});

describe('errors that say what should happen', () => {
  it('given NonRetryableError, when it is thrown, then the job fails at once', async () => {
    const t = await trial(() => Promise.reject(new NonRetryableError('bad card')), {
      retry: { attempts: 5, backoff: 1 },
    });
    await t.world.time.advance('1m');
    expect(t.runsAt).toEqual([0]);
    expect(await t.job()).toMatchObject({
      state: 'failed',
      reason: 'non-retryable',
      attempt: 1,
      lastError: { message: 'bad card' },
    });
  });

  it('given DiscardError, when it is thrown, then the job fails as discarded', async () => {
    const t = await trial(() => Promise.reject(new DiscardError('obsolete')), { retry: { attempts: 5, backoff: 1 } });
    await t.world.time.advance('1m');
    expect(t.runsAt).toEqual([0]);
    expect(await t.job()).toMatchObject({ state: 'failed', reason: 'discarded', lastError: { name: 'DiscardError' } });
  });

  it('given RetryAfterError, when it is thrown, then its wait replaces the backoff and the attempt counts', async () => {
    const t = await trial(() => Promise.reject(new RetryAfterError('busy', 42_000)), {
      retry: { attempts: 2, backoff: 1 },
    });
    await t.world.time.advance('2m');
    expect(t.runsAt).toEqual([0, 42_000]);
    expect(await t.job()).toMatchObject({ state: 'failed', reason: 'threw', attempt: 2 });
  });

  it('given SnoozeError, when it is thrown time and again, then the job runs again each time at no attempt', async () => {
    const t = await trial(
      (run) => {
        if (run <= 4) throw new SnoozeError(30_000);
        return 'rested';
      },
      { retry: { attempts: 1 } },
    );
    await t.world.time.advance('1s');
    expect(await t.job()).toMatchObject({ state: 'pending', reason: 'snoozed', attempt: 0, errors: [] });
    await t.world.time.advance('2m');
    expect(t.runsAt).toEqual([0, 30_000, 60_000, 90_000, 120_000]);
    expect(await t.job()).toMatchObject({ state: 'completed', result: 'rested', attempt: 1, errors: [] });
  });

  it('given a snoozed job, when it runs again, then ctx.attempt is the number that it had', async () => {
    const attempts: number[] = [];
    const t = await trial((run, ctx) => {
      attempts.push(ctx.attempt);
      if (run === 1) throw new SnoozeError(1_000);
    });
    await t.world.time.advance('2s');
    expect(attempts).toEqual([1, 1]);
  });

  for (const delayMs of [Number.NaN, Infinity, '5m' as unknown as number]) {
    it(`given a snooze of ${delayMs}, when it is thrown, then the job neither runs at once again nor is lost in time`, async () => {
      const t = await trial((run) => {
        if (run <= 20) throw new SnoozeError(delayMs);
      });
      await t.world.time.advance('5s');
      expect(t.runsAt.filter((at) => at === 0)).toHaveLength(1);
      const { dueAt } = await t.job();
      expect(dueAt).toBeLessThan(8.64e15);
    });

    it(`given a retry after ${delayMs}, when it is thrown, then the wait is one that a date can hold`, async () => {
      const t = await trial((run) => {
        if (run <= 20) throw new RetryAfterError('busy', delayMs);
      });
      await t.world.time.settle();
      expect(t.runsAt).toEqual([0]);
      expect((await t.job()).dueAt).toBeLessThan(8.64e15);
    });
  }
});
