/** Blocked jobs among free ones, wherever they wait: none is run early, none holds up another, and none is forgotten. */

import { expect } from 'vitest';
import { constraintKey } from '../../core/constraint.js';
import type { ClaimedJob, NewJob } from '../../core/job.js';
import { completed, retried } from '../../core/transitions.js';
import { ids, keep, many, newError, OTHER_QUEUE, QUEUE, type Scene, settleOf, tenant } from './fixtures.js';
import type { Topic } from './suite.js';

const DELAY_MS = 500;
/** Where jobs may wait when they are found blocked. */
const places: readonly (readonly [string, Partial<NewJob>])[] = [
  ['due since they came', {}],
  ['delayed until now', { delayMs: DELAY_MS }],
  ['of a priority', { priority: 3 }],
  ['delayed and of a priority', { delayMs: DELAY_MS, priority: 3 }],
];
const full = tenant('full');

export const blocked: Topic = {
  name: 'constraints: blocked when their turn has come',
  cases(test) {
    for (const [name, given] of places) {
      test(`given jobs ${name}, most of one key, when they are claimed, then those behind the blocked ones are not held up, and the order holds`, async (scene) => {
        await scene.limit({ maxConcurrent: 2 });
        await scene.insert(
          ...many(1_300, 'blocked', { ...given, keys: [full] }),
          { ...given, id: 'free', keys: [tenant('other')] },
          { ...given, id: 'plain' },
        );
        await scene.advance(DELAY_MS);
        const claimed = await scene.claimWithin(12, { slots: 4 });
        expect(ids(claimed)).toEqual(['blocked-1', 'blocked-2', 'free', 'plain']);
        expect(await scene.claimWithin(12)).toEqual([]);
        expect(await scene.claim()).toMatchObject({ jobs: [], more: false, nextAt: null });
        expect(await scene.count()).toMatchObject({ pending: 1_298, running: 4, delayed: 0 });
        await scene.complete(claimed[1] as ClaimedJob);
        expect(ids(await scene.claimWithin(3))).toEqual(['blocked-3']);
      });

      test(`given jobs ${name} under several keys of two slots, when they are drained, then no key has more runs, and each key keeps its order`, async (scene) => {
        await scene.limit({ maxConcurrent: 2 });
        await scene.insert(...many(90, 'job', given).map((job, i) => ({ ...job, keys: [tenant(`${i % 5}`)] })));
        await scene.advance(DELAY_MS);
        const order = await drainWithin(scene, 2, (job) => job.keys?.[0]);
        for (let key = 0; key < 5; key++) {
          const own = order.filter((id) => (Number(id.slice(4)) - 1) % 5 === key);
          expect(own).toEqual(Array.from({ length: 18 }, (_, i) => `job-${5 * i + key + 1}`));
        }
      });
    }

    test('given waiters of one key, some delayed, some due, some of a priority, some that failed once, when they go one by one, then they go by priority, due time and arrival', async (scene) => {
      const keys = [full];
      await scene.limit({ maxConcurrent: 1 });
      await scene.insert({ id: 'failed', keys }, { id: 'holder', keys, priority: -1 });
      await scene.settle(await scene.claimOne('failed'), retried(newError(), 40));
      const holder = await scene.claimOne('holder', { slots: 5 });
      await scene.insert(
        { id: 'line-0', keys },
        { id: 'later-80', keys, delayMs: 80 },
        { id: 'later-20', keys, delayMs: 20 },
      );
      await scene.advance(30);
      await scene.insert({ id: 'line-30', keys });
      await scene.claimWithin(3);
      await scene.complete(holder);
      await scene.insert(
        { id: 'fresh-30', keys },
        { id: 'first', keys, priority: 1 },
        { id: 'last', keys, priority: -1 },
      );
      await scene.advance(100);
      expect(await scene.drain({ slots: 3 })).toEqual([
        'first',
        'line-0',
        'later-20',
        'line-30',
        'fresh-30',
        'failed',
        'later-80',
        'last',
      ]);
    });

    test('given due jobs of a key without a limit, when it gets one before they are claimed, then the limit holds', async (scene) => {
      await scene.insert(...many(4, 'job', { keys: [full] }), ...many(2, 'later', { keys: [full], delayMs: DELAY_MS }));
      await scene.limit({ maxConcurrent: 2 });
      await scene.advance(DELAY_MS);
      const held = await scene.claimWithin(3);
      expect(ids(held)).toEqual(['job-1', 'job-2']);
      await scene.limit({ maxConcurrent: 3 }, 2);
      expect(ids(await scene.claimWithin(3))).toEqual(['job-3']);
      await scene.limit({ maxConcurrent: 1 }, 3);
      await scene.complete(...held);
      expect(await scene.claimWithin(3)).toEqual([]);
      await scene.limit({ maxConcurrent: null }, 4);
      await scene.maintain();
      expect(ids(await scene.claimWithin(3))).toEqual(['job-4', 'later-1', 'later-2']);
    });

    test('given due jobs of a key, when it gets a cooldown or a rate before they are claimed, then that holds', async (scene) => {
      await scene.insert(...many(3, 'job', { keys: [full] }));
      await scene.limit({ maxConcurrent: 1, cooldownMs: 200 });
      await scene.complete(await scene.claimOne('job-1', { slots: 5 }));
      expect(await scene.claimWithin(3)).toEqual([]);
      expect((await scene.claim()).nextAt).toBe(scene.now() + 200);
      await scene.limit({ rate: { limit: 1, perMs: 10_000 } }, 2);
      await scene.maintain();
      expect(ids(await scene.claimWithin(3))).toEqual(['job-2']);
      expect(await scene.claimWithin(3)).toEqual([]);
    });

    test('given a waiter that cools, when its group has no cooldown any more, then it is claimed, and no time is waited for', async (scene) => {
      await scene.limit({ maxConcurrent: 1, cooldownMs: 5_000 });
      await scene.insert(...many(3, 'job', { keys: [full] }));
      await scene.complete(await scene.claimOne('job-1', { slots: 5 }));
      expect(await scene.claim()).toMatchObject({ jobs: [], nextAt: scene.now() + 5_000 });
      await scene.limit({ maxConcurrent: 1 }, 2);
      await scene.maintain();
      await scene.claimOne('job-2', { slots: 5 });
      expect(await scene.claim()).toMatchObject({ jobs: [], more: false, nextAt: null });
      await scene.advance(6_000);
      expect(await scene.claim()).toMatchObject({ jobs: [], more: false, nextAt: null });
    });

    test('given blocked jobs in front, when some are cancelled, suspended or deleted where they wait, then slots and order are those of the others', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await scene.insert(...many(8, 'job', { keys: [full] }), { id: 'late', keys: [full], delayMs: DELAY_MS });
      await scene.control('cancel', 'job-1', 'job-3');
      await scene.control('suspend', 'job-2');
      const held = await scene.claimOne('job-4', { slots: 5 });
      expect((await scene.inspect('job-5')).keys).toMatchObject([{ running: 1, holders: ['job-4'] }]);
      await scene.control('delete', 'job-5');
      await scene.control('cancel', 'job-6', 'late');
      await scene.control('resume', 'job-2');
      expect(await scene.claimWithin(3)).toEqual([]);
      await scene.advance(DELAY_MS);
      await scene.complete(held);
      expect(await scene.drain({ slots: 2 })).toEqual(['job-2', 'job-7', 'job-8']);
      expect((await scene.inspect('job-8')).keys).toMatchObject([{ running: 0, holders: [], waiting: 0 }]);
    });

    test('given a blocked job before plain ones, when slots are used up, then prefetch goes past it, and ends at one that has room', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await scene.insert(
        ...many(3, 'blocked', { keys: [full] }),
        ...many(3, 'plain'),
        { id: 'free', keys: [tenant('other')] },
        { id: 'last' },
      );
      const reply = await scene.claim({ slots: 1, prefetch: 9 });
      expect(ids(reply)).toEqual(['blocked-1', 'plain-1', 'plain-2', 'plain-3']);
      expect(reply.more).toBe(true);
      expect(ids(await scene.claim({ slots: 5, prefetch: 0 }))).toEqual(['free', 'last']);
    });

    test('given a waiting job, when one that replaces it has another key, then only that one counts', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      const unique = { key: 'u', until: 'finished', onConflict: 'replace' } as const;
      await scene.insert({ id: 'holder', keys: [full] });
      const holder = await scene.claimOne('holder');
      await scene.insert({ id: 'a', unique, keys: [tenant('other')] });
      await scene.insert({ id: 'b', unique, keys: [full] });
      expect(await scene.claimWithin(3)).toEqual([]);
      await scene.insert({ id: 'c', unique, keys: [tenant('other')] });
      expect(ids(await scene.claimWithin(3))).toEqual(['a']);
      await scene.complete(holder);
      expect((await scene.inspect('a')).keys).toMatchObject([{ key: tenant('other'), running: 1, waiting: 0 }]);
    });

    test('given jobs of two keys in two queues, when each key opens in turn, then both queues get what is due to them', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await scene.limit({ maxConcurrent: 1 }, 1, 'server');
      const server = constraintKey('server', 's');
      const jobs = many(24, 'job').map((job, i) => ({
        ...job,
        queue: i % 2 === 0 ? QUEUE : OTHER_QUEUE,
        keys: [[full], [server], [full, server]][i % 3] as string[],
        delayMs: i % 4 === 3 ? DELAY_MS : 0,
      }));
      await scene.insert(...jobs);
      const order = await drainWithin(scene, 1, (job) => job.keys?.join(), [QUEUE, OTHER_QUEUE]);
      expect(new Set(order).size).toBe(24);
      for (const key of [full, server]) {
        expect((await scene.inspect('job-1')).keys.find((one) => one.key === key)?.running ?? 0).toBe(0);
      }
    });
  },
};

/** Ids in the order of claim; each claim takes few, and ends one run. Never may more than so many of a name run at once. */
async function drainWithin(
  scene: Scene,
  most: number,
  nameOf: (job: ClaimedJob) => string | undefined,
  queues: readonly string[] = [QUEUE],
): Promise<string[]> {
  const order: string[] = [];
  const held: ClaimedJob[] = [];
  for (let round = 0; round < 1_000; round++) {
    const ending = held.shift();
    const settles = ending === undefined ? [] : [settleOf(ending, completed(null, keep))];
    const reply = await scene.claim({ slots: 3, queues }, settles);
    held.push(...reply.jobs);
    order.push(...ids(reply));
    const running = new Map<string | undefined, number>();
    for (const job of held) running.set(nameOf(job), (running.get(nameOf(job)) ?? 0) + 1);
    expect(Math.max(0, ...running.values())).toBeLessThanOrEqual(most);
    if (held.length > 0 || reply.more) continue;
    if (reply.nextAt === null) return order;
    await scene.advanceTo(reply.nextAt);
  }
  throw new Error('The store never came to rest.');
}
