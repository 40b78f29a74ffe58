import { describe, expect, it } from 'vitest';
import {
  DiscardError,
  NonRetryableError,
  RetryAfterError,
  SnoozeError,
  Taskchain,
  TaskDebounced,
  TaskOnce,
  Taskparallel,
  task,
} from '../../src/index.js';
import { failure, snapshot, World } from '../engine/world.js';

describe('chains as jobs', () => {
  it('given a chain, when it is enqueued, then its members run in one attempt, within the job', async () => {
    const world = new World();
    const seen: unknown[] = [];
    const double = task('double', (n: number, { job, attempt }) => {
      seen.push(job?.id, attempt);
      return n * 2;
    });
    const show = task('show', (n: number) => `${n}!`);
    const chain = new Taskchain({ name: 'chain', taskArray: [double, show] });
    const manager = await world.running(chain);
    const job = await manager.enqueue(chain, 4);
    await world.time.settle();
    expect(await snapshot(manager, job.id)).toMatchObject({ state: 'completed', result: '8!' });
    expect(seen).toEqual([job.id, 1]);
  });

  const verdicts: readonly (readonly [error: Error, expected: object])[] = [
    [new NonRetryableError('no use'), { state: 'failed', reason: 'non-retryable' }],
    [new DiscardError('not wanted'), { state: 'failed', reason: 'discarded' }],
    [new SnoozeError(60_000), { state: 'pending', reason: 'snoozed', attempt: 0 }],
    [new RetryAfterError('later', 60_000), { state: 'pending', attempt: 1 }],
    [new Error('plain'), { state: 'pending', attempt: 1 }],
  ];
  for (const [error, expected] of verdicts) {
    it(`given a member throws ${error.name}, when the chain runs as a job, then it means what it means in a plain task`, async () => {
      const world = new World();
      const member = task('member', () => {
        throw error;
      });
      const inner = new Taskchain({ name: 'inner', taskArray: [member] });
      const chain = new Taskchain({ name: 'chain', taskArray: [inner], retry: { backoff: '1h' } });
      const manager = await world.running(chain);
      const job = await manager.enqueue(chain);
      await world.time.settle();
      expect(await snapshot(manager, job.id)).toMatchObject(expected);
    });
  }

  it('given a chain is cancelled, when a member has ended, then the next one does not begin', async () => {
    const world = new World();
    const ran: string[] = [];
    const step = (name: string) =>
      task(name, async () => {
        ran.push(name);
        await world.sleep(1_000);
      });
    const chain = new Taskchain({ name: 'chain', taskArray: [step('a'), step('b')] });
    const manager = await world.running(chain);
    const job = await manager.enqueue(chain);
    await world.time.advance('500ms');
    await manager.cancel(job.id);
    await world.time.advance('5s');
    expect(ran).toEqual(['a']);
    expect((await snapshot(manager, job.id)).state).toBe('cancelled');
  });

  it('given tasks in parallel of which one fails, when they run as a job, then no retry begins before all have ended', async () => {
    const world = new World();
    let running = 0;
    let most = 0;
    const slow = task('slow', async () => {
      running += 1;
      most = Math.max(most, running);
      await world.sleep(10_000);
      running -= 1;
    });
    const fails = task('fails', () => Promise.reject(new Error('no')));
    const both = new Taskparallel({ name: 'both', taskArray: [slow, fails], retry: { attempts: 2, backoff: 1 } });
    const manager = await world.running(both);
    const job = await manager.enqueue(both);
    await world.time.advance('1m');
    expect(await snapshot(manager, job.id)).toMatchObject({ state: 'failed', lastError: { message: 'no' } });
    expect(most).toBe(1);
  });
});

describe('tasks that merge triggers', () => {
  const merging = [
    task('buffered', () => {}, { buffered: true }),
    new TaskOnce({ name: 'once', taskFunction: () => {} }),
    new TaskDebounced({ name: 'debounced', debounceTimeInMillis: 5, taskFunction: () => {} }),
  ];
  for (const merges of merging) {
    it(`given one that is ${merges.name}, when it is enqueued or scheduled, then the error names what to use instead`, async () => {
      const world = new World();
      const manager = await world.running(merges);
      for (const made of [
        () => manager.enqueue(merges),
        () => manager.enqueueMany(merges, [undefined]),
        () => manager.schedule(merges, undefined, { id: 's', every: '1m' }),
      ]) {
        expect(await failure(world, made())).toMatchObject({
          code: 'INVALID_OPTION',
          message: expect.stringMatching(/merges triggers.*(`unique`|maxConcurrent)/),
        });
      }
      expect((await manager.count()).pending).toBe(0);
    });

    it(`given one that is ${merges.name}, when it has a cron pattern by name, then it runs when that says, merged as documented`, async () => {
      const world = new World();
      const manager = world.manager();
      manager.addAndScheduleTask(merges, '* * * * *');
      const before = merges.runCount;
      await manager.start();
      await world.time.advance('190s');
      expect(merges.runCount - before).toBe(merges instanceof TaskOnce ? 1 : 3);
    });
  }
});
