import { expect } from 'vitest';
import type { ClaimedJob } from '../../core/job.js';
import { completed } from '../../core/transitions.js';
import type { ControlAction } from '../contract.js';
import { ids, keep, many, type Scene, tenant } from './fixtures.js';
import type { Topic } from './suite.js';

export const controlOfKeys: Topic = {
  name: 'control of keyed jobs',
  cases(test) {
    for (const action of ['cancel', 'delete', 'suspend'] as const) {
      test(`given waiters of a full key, when ${action} takes the first, then the key opens for the second`, async (scene) => {
        const holder = await fullKey(scene, 3);
        await scene.control(action, 'waiter-1');
        expect((await scene.inspect('waiter-2')).keys).toMatchObject([{ running: 1, waiting: 2 }]);
        await scene.complete(holder);
        expect(ids(await scene.claimWithin(3))).toEqual(['waiter-2']);
      });

      test(`given an open key that none has looked at yet, when ${action} takes its first waiter, then the second is claimed`, async (scene) => {
        const holder = await fullKey(scene, 3);
        await scene.complete(holder);
        await scene.control(action, 'waiter-1');
        expect(ids(await scene.claimWithin(3))).toEqual(['waiter-2']);
      });

      test(`given a key under cooldown, when ${action} takes its only waiter, then nothing waits for it any more`, async (scene) => {
        await scene.limit({ cooldownMs: 5_000 });
        await scene.insert({ id: 'a', keys: [tenant('x')] });
        await scene.complete(await scene.claimOne('a'));
        await scene.insert({ id: 'waiter', keys: [tenant('x')] });
        await scene.claim();
        await scene.control(action, 'waiter');
        expect((await scene.claim()).nextAt).toBeNull();
        await scene.insert({ id: 'next', keys: [tenant('x')] });
        expect((await scene.claim()).nextAt).toBe(scene.now() + 5_000);
      });
    }

    test('given a suspended waiter, when it is resumed, then it has its place again and waits for the key', async (scene) => {
      const holder = await fullKey(scene, 2);
      await scene.control('suspend', 'waiter-1');
      await scene.control('resume', 'waiter-1');
      expect(await scene.claimWithin(3)).toEqual([]);
      expect((await scene.inspect('waiter-1')).keys).toMatchObject([{ running: 1, waiting: 2 }]);
      await scene.complete(holder);
      expect(ids(await scene.claimWithin(3))).toEqual(['waiter-1']);
    });

    test('given a waiter suspended while its key opened, when it is resumed, then it is claimed', async (scene) => {
      const holder = await fullKey(scene, 1);
      await scene.control('suspend', 'waiter-1');
      await scene.complete(holder);
      expect(await scene.claimWithin(3)).toEqual([]);
      await scene.control('resume', 'waiter-1');
      expect(ids(await scene.claimWithin(3))).toEqual(['waiter-1']);
    });

    test('given a delayed keyed job, when it is promoted under a full key, then it waits for the key', async (scene) => {
      const holder = await fullKey(scene, 0);
      await scene.insert({ id: 'later', keys: [tenant('x')], delayMs: 80_000 });
      await scene.control('promote', 'later');
      expect(await scene.claimWithin(3)).toEqual([]);
      await scene.complete(holder);
      expect(ids(await scene.claimWithin(3))).toEqual(['later']);
    });

    test('given a waiter, when it is promoted, then it is not let past its key', async (scene) => {
      await fullKey(scene, 2);
      await scene.control('promote', 'waiter-2');
      expect(await scene.claimWithin(3)).toEqual([]);
      expect((await scene.inspect('waiter-2')).keys).toMatchObject([{ running: 1, waiting: 2 }]);
    });

    test('given an ended keyed job, when it is redriven under a full key, then it waits for the key and takes a slot once', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await scene.insert({ id: 'a', keys: [tenant('x')] });
      await scene.complete(await scene.claimOne('a'));
      const holder = await fullKey(scene, 0);
      await scene.control('retry', 'a');
      expect(await scene.claimWithin(3)).toEqual([]);
      await scene.complete(holder);
      expect(await scene.claimWithin(3)).toMatchObject([{ id: 'a', generation: 2 }]);
      expect((await scene.inspect('a')).keys).toMatchObject([{ running: 1, waiting: 0, holders: ['a'] }]);
    });

    test('given a running keyed job, when its delete and its suspend are refused, then its slot stays taken', async (scene) => {
      const holder = await fullKey(scene, 1);
      await scene.control('delete', 'holder');
      await scene.control('suspend', 'holder');
      expect(await scene.claimWithin(3)).toEqual([]);
      await scene.complete(holder);
      expect(ids(await scene.claimWithin(3))).toEqual(['waiter-1']);
    });

    test('given an ended keyed job, when it is deleted, then the slot of another stays taken', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await scene.insert({ id: 'ended', keys: [tenant('x')] });
      await scene.complete(await scene.claimOne('ended'));
      await fullKey(scene, 1);
      await scene.control('delete', 'ended');
      expect(await scene.claimWithin(3)).toEqual([]);
      expect((await scene.inspect('waiter-1')).keys).toMatchObject([{ running: 1 }]);
    });

    test('given 50 waiters, when 48 of them are taken out in every way, then the last two follow one another', async (scene) => {
      const holder = await fullKey(scene, 50);
      const ways: readonly ControlAction[] = ['cancel', 'delete', 'suspend'];
      for (let i = 1; i <= 48; i++) await scene.control(ways[i % 3] as ControlAction, `waiter-${i}`);
      expect((await scene.inspect('waiter-49')).keys).toMatchObject([{ waiting: 2 }]);
      await scene.complete(holder);
      expect(await scene.drain()).toEqual(['waiter-49', 'waiter-50']);
    });

    test('given jobs of two keys in all states, when they come and go, then what inspect counts is what the records say', async (scene) => {
      await scene.limit({ maxConcurrent: 2 });
      await scene.insert(...many(12, 'job').map((job, i) => ({ ...job, keys: [tenant(i % 2 === 0 ? 'x' : 'y')] })));
      const { jobs } = await scene.claim();
      await scene.settle(jobs[0] as ClaimedJob, completed(null, keep));
      await scene.control('cancel', 'job-6');
      await scene.control('delete', 'job-8');
      await scene.control('suspend', 'job-9');
      await scene.control('resume', 'job-9');
      await scene.control('suspend', 'job-10');
      await scene.claim();
      const records = await scene.list();
      for (const value of ['x', 'y']) {
        const ofKey = records.filter((job) => job.keys?.includes(tenant(value)));
        const running = ofKey.filter((job) => job.state === 'running');
        const [seen] = (await scene.inspect(ofKey[0]?.id as string)).keys;
        expect(seen).toMatchObject({
          running: running.length,
          waiting: ofKey.filter((job) => job.state === 'pending').length,
        });
        expect([...(seen?.holders ?? [])].sort()).toEqual(ids(running).sort());
      }
    });
  },
};

/** A key of one slot, its holder, and `waiter-1`, … parked on it. */
async function fullKey(scene: Scene, waiters: number): Promise<ClaimedJob> {
  await scene.limit({ maxConcurrent: 1 });
  await scene.insert({ id: 'holder', keys: [tenant('x')] });
  const holder = await scene.claimOne('holder');
  await scene.insert(...many(waiters, 'waiter', { keys: [tenant('x')] }));
  await scene.claim();
  return holder;
}
