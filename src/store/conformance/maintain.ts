import { expect } from 'vitest';
import { cancelled, completed, failed, retried } from '../../core/transitions.js';
import { ids, keep, LEASE_MS, many, newError, newPresence, newToken, type Scene } from './fixtures.js';
import type { Topic } from './suite.js';

export const maintain: Topic = {
  name: 'maintain',
  cases(test) {
    test('given an empty store, when the chores run, then nothing is done and nothing is in sight', async (scene) => {
      expect(await scene.maintain()).toEqual({
        refused: false,
        now: scene.now(),
        rescued: 0,
        pruned: 0,
        more: false,
        nextAt: null,
      });
    });

    test('given five claims whose leases ended, when the chores have a limit of two, then they rescue two at a time and say that there is more', async (scene) => {
      await scene.insert(...many(5, 'job'));
      for (let i = 1; i <= 5; i++) await scene.claimOne(`job-${i}`);
      await scene.advance(LEASE_MS + 1);
      expect(await scene.maintain(2)).toMatchObject({ rescued: 2, more: true });
      expect((await scene.count()).running).toBe(3);
      expect(await scene.maintain(2)).toMatchObject({ rescued: 2, more: true });
      expect(await scene.maintain(2)).toMatchObject({ rescued: 1, more: false });
      expect(await scene.count()).toMatchObject({ running: 0, pending: 5 });
    });

    test('given one claim of seven jobs whose lease ended, when the chores have a limit of three, then they stay within it and come to an end', async (scene) => {
      await scene.insert(...many(7, 'job'));
      await scene.claim();
      await scene.advance(LEASE_MS + 1);
      let rescued = 0;
      for (let i = 0; i < 10; i++) {
        const reply = await scene.maintain(3);
        expect(reply.rescued).toBeLessThanOrEqual(3);
        rescued += reply.rescued;
        if (!reply.more) break;
      }
      expect(rescued).toBe(7);
      expect(
        new Set((await scene.list()).map(({ attempt, suspect, state }) => `${attempt} ${suspect} ${state}`)),
      ).toEqual(new Set(['0 true pending']));
    });

    test('given rescued jobs, when the chores run again, then they do nothing', async (scene) => {
      await scene.insert({ id: 'a' });
      await scene.claimOne('a');
      await scene.rescue();
      const record = await scene.record('a');
      expect(await scene.maintain()).toMatchObject({ rescued: 0, pruned: 0, more: false });
      expect(await scene.record('a')).toEqual(record);
    });

    test('given a rescued job, when it is claimed, then it is there at once', async (scene) => {
      await scene.insert({ id: 'a' });
      await scene.claimOne('a');
      await scene.rescue();
      await scene.claimOne('a', { suspectToken: 'suspect-token' });
    });

    test('given a held claim, when the chores run, then nextAt is the end of its lease, and at that instant it is rescued', async (scene) => {
      await scene.insert({ id: 'a' }, { id: 'b' });
      await scene.claimOne('a', { leaseMs: 40_000 });
      await scene.claimOne('b', { leaseMs: 20_000 });
      const { nextAt } = await scene.maintain();
      expect(nextAt).toBe(scene.now() + 20_000);
      await scene.advanceTo(nextAt as number);
      expect(await scene.maintain()).toMatchObject({ rescued: 1, nextAt: scene.now() + 20_000 });
    });

    test('given ended jobs, when their retention has passed, then they are pruned, and not before', async (scene) => {
      await end(scene, 'completed', { completedMs: 100_000, failedMs: 200_000, count: null });
      await end(scene, 'failed', { completedMs: 100_000, failedMs: 200_000, count: null });
      await end(scene, 'cancelled', { completedMs: 100_000, failedMs: 200_000, count: null });
      await scene.advance(99_999);
      expect(await scene.maintain()).toMatchObject({ pruned: 0 });
      await scene.advance(2);
      expect(await scene.maintain()).toMatchObject({ pruned: 2, more: false });
      expect(await scene.store.get(['completed', 'failed', 'cancelled'])).toMatchObject([
        null,
        { state: 'failed' },
        null,
      ]);
      await scene.advance(100_000);
      expect(await scene.maintain()).toMatchObject({ pruned: 1 });
      expect(await scene.list()).toEqual([]);
    });

    test('given a keep of no time at all, when the job ended, then its record stays for a minute', async (scene) => {
      await end(scene, 'completed', { completedMs: 0, failedMs: 0, count: 0 });
      await end(scene, 'failed', { completedMs: 0, failedMs: 0, count: 0 });
      await scene.advance(59_999);
      await pruneAll(scene);
      expect(await scene.list()).toHaveLength(2);
      await scene.advance(2);
      await pruneAll(scene);
      expect(await scene.list()).toEqual([]);
    });

    test('given a keep without end, when a year has passed, then the record is there', async (scene) => {
      await end(scene, 'completed', { completedMs: null, failedMs: 5, count: null });
      await scene.advance(365 * 86_400_000);
      await pruneAll(scene);
      expect(await scene.has('completed')).toBe(true);
    });

    test('given eight ended jobs past their time, when the chores have a limit of three, then they prune three at a time', async (scene) => {
      await scene.insert(...many(8, 'job'));
      await scene.complete(...(await scene.claim()).jobs);
      await scene.advance(8_000_000);
      expect(await scene.maintain(3)).toMatchObject({ pruned: 3, more: true });
      expect(await scene.maintain(3)).toMatchObject({ pruned: 3, more: true });
      expect(await scene.maintain(3)).toMatchObject({ pruned: 2, more: false });
    });

    test('given a keep of the last two, when five of the task ended, then the newest two are left after a minute, and all five before', async (scene) => {
      const lastTwo = { completedMs: 86_400_000, failedMs: 86_400_000, count: 2 };
      for (let i = 1; i <= 5; i++) {
        await scene.insert({ id: `job-${i}`, task: 'counted', rare: { keep: lastTwo } });
        await scene.settle(await scene.claimOne(`job-${i}`), completed(null, lastTwo));
        await scene.advance(10);
      }
      await pruneAll(scene);
      expect(await scene.list()).toHaveLength(5);
      await scene.advance(60_001);
      await pruneAll(scene);
      expect(ids(await scene.list())).toEqual(['job-5', 'job-4']);
    });

    test('given a keep of the last one, when other tasks end too, then each task is counted by itself', async (scene) => {
      const lastOne = { completedMs: 86_400_000, failedMs: 86_400_000, count: 1 };
      for (const task of ['first', 'second']) {
        for (let i = 1; i <= 3; i++) {
          await scene.insert({ id: `${task}-${i}`, task, rare: { keep: lastOne } });
          await scene.settle(await scene.claimOne(`${task}-${i}`), completed(null, lastOne));
          await scene.advance(10);
        }
      }
      await end(scene, 'uncounted', keep);
      await scene.advance(60_001);
      await pruneAll(scene);
      expect(ids(await scene.list()).sort()).toEqual(['first-3', 'second-3', 'uncounted']);
    });

    test('given a keep by count, when jobs of the task wait or run, then they are neither counted nor pruned', async (scene) => {
      const lastOne = { completedMs: 86_400_000, failedMs: 86_400_000, count: 1 };
      await scene.insert({ id: 'waits', delayMs: 9_000_000, rare: { keep: lastOne } });
      await scene.insert({ id: 'ended', rare: { keep: lastOne } });
      await scene.settle(await scene.claimOne('ended'), completed(null, lastOne));
      await scene.insert({ id: 'runs', rare: { keep: lastOne } });
      await scene.claimOne('runs', { leaseMs: 9_000_000 });
      await scene.advance(60_001);
      await pruneAll(scene);
      expect(await scene.list()).toHaveLength(3);
    });

    test('given a keep by count, when an ended job was redriven, then it is not pruned for its first end', async (scene) => {
      const lastOne = { completedMs: 86_400_000, failedMs: 86_400_000, count: 1 };
      for (const id of ['redriven', 'middle', 'last']) {
        await scene.insert({ id });
        await scene.settle(await scene.claimOne(id), completed(null, lastOne));
        await scene.advance(10);
      }
      await scene.control('retry', 'redriven');
      await scene.advance(60_001);
      await pruneAll(scene);
      expect(ids(await scene.list())).toEqual(['last', 'redriven']);
    });

    test('given a keep of the last one, when a job ended once more after a redrive, then it counts once and stays', async (scene) => {
      const lastOne = { completedMs: 86_400_000, failedMs: 86_400_000, count: 1 };
      await scene.insert({ id: 'twice' });
      await scene.settle(await scene.claimOne('twice'), completed('1', lastOne));
      await scene.control('retry', 'twice');
      await scene.settle(await scene.claimOne('twice'), completed('2', lastOne));
      await scene.advance(60_001);
      await pruneAll(scene);
      expect(await scene.record('twice')).toMatchObject({ state: 'completed', result: '2' });
      expect((await scene.count()).completed).toBe(1);
    });

    test('given a keep by count, when an ended job was deleted, then it is counted no more', async (scene) => {
      const lastTwo = { completedMs: 86_400_000, failedMs: 86_400_000, count: 2 };
      for (const id of ['first', 'second', 'third']) {
        await scene.insert({ id });
        await scene.settle(await scene.claimOne(id), completed(null, lastTwo));
        await scene.advance(10);
      }
      await scene.control('delete', 'third');
      await scene.advance(60_001);
      await pruneAll(scene);
      expect(ids(await scene.list())).toEqual(['second', 'first']);
      expect((await scene.count()).completed).toBe(2);
    });

    for (const [name, endAs] of endsWithoutSettle()) {
      test(`given a keep of the last one, when jobs were ${name}, then the newest is left after a minute`, async (scene) => {
        const rare = { keep: { completedMs: 86_400_000, failedMs: 86_400_000, count: 1 } };
        for (let i = 1; i <= 3; i++) {
          await scene.insert({ id: `job-${i}`, rare, maxAttempts: 1 });
          await endAs(scene, `job-${i}`);
          await scene.advance(10);
        }
        await scene.advance(60_001);
        await pruneAll(scene);
        expect(ids(await scene.list())).toEqual(['job-3']);
      });
    }

    test('given waiting and suspended jobs, when a year has passed, then none is pruned', async (scene) => {
      await scene.insert({ id: 'waits' }, { id: 'suspended' }, { id: 'retries' });
      await scene.control('suspend', 'suspended', 'waits');
      await scene.settle(await scene.claimOne('retries'), retried(newError(), 5));
      await scene.advance(365 * 86_400_000);
      await pruneAll(scene);
      expect(await scene.list()).toHaveLength(3);
    });

    test('given a term, when a lower one comes, then it is refused and does nothing', async (scene) => {
      await scene.insert({ id: 'a' });
      await scene.claimOne('a');
      expect(await scene.maintain(100, 7)).toMatchObject({ refused: false });
      await scene.advance(LEASE_MS + 1);
      expect(await scene.maintain(100, 6)).toMatchObject({ refused: true, rescued: 0, pruned: 0 });
      expect((await scene.record('a')).state).toBe('running');
    });

    test('given a term, when the same one, a higher one or none comes, then the chores run', async (scene) => {
      await scene.maintain(100, 7);
      expect(await scene.maintain(100, 7)).toMatchObject({ refused: false });
      expect(await scene.maintain(100, null)).toMatchObject({ refused: false });
      expect(await scene.maintain(100, 9)).toMatchObject({ refused: false });
      expect(await scene.maintain(100, 8)).toMatchObject({ refused: true });
    });

    test('given a worker that is gone, when the chores run, then its presence is gone too', async (scene) => {
      await scene.extend([], { worker: newPresence({ id: 'gone' }), leaseMs: 5_000 });
      await scene.extend([], { worker: newPresence({ id: 'here' }), leaseMs: 50_000 });
      await scene.advance(5_001);
      await scene.maintain();
      expect((await scene.store.workers()).map((worker) => worker.id)).toEqual(['here']);
    });
  },
};

async function pruneAll(scene: Scene): Promise<void> {
  for (let i = 0; i < 20; i++) if (!(await scene.maintain()).more) return;
  throw new Error('The chores never ended.');
}

type End = (scene: Scene, id: string) => Promise<unknown>;

function endsWithoutSettle(): [string, End][] {
  return [
    ['cancelled while they waited', (scene, id) => scene.control('cancel', id)],
    [
      'cancelled while they ran and then lost',
      async (scene, id) => {
        await scene.claimOne(id);
        await scene.control('cancel', id);
        await scene.rescue();
      },
    ],
    [
      'lost at their last attempt',
      async (scene, id) => {
        await scene.claimOne(id);
        await scene.rescue();
        await scene.claimOne(id, { suspectToken: newToken('suspect') });
        await scene.rescue();
      },
    ],
  ];
}

/** Ends a job as what its id says; any other id ends as completed. */
async function end(scene: Scene, id: string, kept: typeof keep): Promise<void> {
  await scene.insert({ id, task: `task of ${id}` });
  const job = await scene.claimOne(id);
  const transition =
    id === 'failed' ? failed(newError(), kept) : id === 'cancelled' ? cancelled(kept) : completed(null, kept);
  await scene.settle(job, transition);
}
