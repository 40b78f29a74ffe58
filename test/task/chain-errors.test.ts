/** What a member of a chain throws to say what should happen, happens to the chain's job. */

import { describe, expect, it } from 'vitest';
import { DiscardError, NonRetryableError, RetryAfterError, SnoozeError, Taskchain, task } from '../../src/index.js';
import { snapshot, World } from '../engine/world.js';

/** A chain in a chain, whose last member throws in its first run. */
function nested(error: () => Error): Taskchain<readonly []> {
  let runs = 0;
  const member = task('member', async () => {
    runs += 1;
    if (runs === 1) throw error();
  });
  const inner = new Taskchain({ name: 'inner', taskArray: [member] });
  const settings = { retry: { attempts: 2, backoff: '1m' } } as const;
  return new Taskchain({ name: 'outer', taskArray: [inner], ...settings }) as unknown as Taskchain<readonly []>;
}

describe('a job of a chain', () => {
  it.each([
    ['non-retryable', () => new NonRetryableError('Never again.')],
    ['discarded', () => new DiscardError('Nothing to do.')],
  ])(
    'given a member that throws what ends a job as %s, when it runs, then it ends so at once',
    async (reason, error) => {
      const world = new World();
      const chain = nested(error);
      const job = await (await world.running(chain)).enqueue(chain);
      await world.time.advance('1s');
      const { state, errors } = await snapshot(await world.started(), job.id);
      expect([state, errors.map((one) => one.reason)]).toEqual(['failed', [reason]]);
      expect(errors[0]?.message).toMatch(/^Chain 'outer' failed at task 'inner'/);
    },
  );

  it('given a member that snoozes, when it runs, then the job comes again, at no attempt and without a failure', async () => {
    const world = new World();
    const chain = nested(() => new SnoozeError(5_000));
    const job = await (await world.running(chain)).enqueue(chain);
    await world.time.advance('4s');
    expect(chain.errorCount).toBe(0);
    await world.time.advance('2s');
    expect(await snapshot(await world.started(), job.id)).toMatchObject({ state: 'completed', attempt: 1, errors: [] });
  });

  it('given a member that says when to retry, when it runs, then the job is retried then', async () => {
    const world = new World();
    const chain = nested(() => new RetryAfterError('Busy.', 3_000));
    const job = await (await world.running(chain)).enqueue(chain);
    await world.time.advance('4s');
    expect(await snapshot(await world.started(), job.id)).toMatchObject({ state: 'completed', attempt: 2 });
  });
});
