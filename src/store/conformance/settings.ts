import { expect } from 'vitest';
import { constraintKey, noLimits } from '../../core/constraint.js';
import { many, QUEUE, tenant } from './fixtures.js';
import type { Topic } from './suite.js';

const tight = { ...noLimits, maxConcurrent: 1 };

export const settings: Topic = {
  name: 'settings',
  cases(test) {
    test('given new settings, when they are configured, then each is applied, queues first, then groups', async (scene) => {
      const answers = await scene.store.configure({
        queues: [{ name: QUEUE, definitionVersion: 2, concurrency: 3 }],
        groups: [
          { name: 'tenant', definitionVersion: 5, limits: tight },
          { name: 'server', definitionVersion: 1, limits: noLimits },
        ],
      });
      expect(answers).toEqual(['applied', 'applied', 'applied']);
    });

    test('given settings of a version, when a lower one comes among others, then it alone is stale', async (scene) => {
      await scene.store.configure({ groups: [{ name: 'tenant', definitionVersion: 5, limits: tight }] });
      const answers = await scene.store.configure({
        queues: [{ name: QUEUE, definitionVersion: 1, concurrency: 7 }],
        groups: [
          { name: 'tenant', definitionVersion: 4, limits: noLimits },
          { name: 'server', definitionVersion: 1, limits: tight },
        ],
      });
      expect(answers).toEqual(['applied', 'stale', 'applied']);
      await scene.insert({ id: 'a', keys: [tenant('x')] });
      expect((await scene.inspect('a')).keys[0]?.limits).toEqual(tight);
    });

    test('given settings of a version, when the same or a higher one comes, then it is applied', async (scene) => {
      await scene.insert({ id: 'a', keys: [tenant('x')] });
      await scene.limit({ maxConcurrent: 1 }, 5);
      await scene.limit({ maxConcurrent: 2, cooldownMs: 3 }, 5);
      expect((await scene.inspect('a')).keys[0]?.limits).toEqual({ maxConcurrent: 2, cooldownMs: 3, rate: null });
      await scene.limit({ rate: { limit: 4, perMs: 900 } }, 6);
      expect((await scene.inspect('a')).keys[0]?.limits).toEqual({
        maxConcurrent: null,
        cooldownMs: 0,
        rate: { limit: 4, perMs: 900 },
      });
    });

    test('given a paused queue with a limit, when one of both is set, then the other stays as it is', async (scene) => {
      await scene.insert({ id: 'a' });
      await scene.queue({ concurrency: 4 });
      await scene.queue({ paused: true });
      expect((await scene.inspect('a')).queue).toMatchObject({ paused: true, concurrency: 4 });
      await scene.queue({ concurrency: null });
      expect((await scene.inspect('a')).queue).toMatchObject({ paused: true, concurrency: null });
      await scene.queue({ paused: false });
      expect((await scene.inspect('a')).queue).toMatchObject({ paused: false, concurrency: null });
    });

    test('given settings of a queue, when a lower version comes, then it is stale and nothing changes', async (scene) => {
      await scene.insert({ id: 'a' });
      await scene.queue({ definitionVersion: 5, concurrency: 4 });
      expect(
        await scene.store.configure({ queues: [{ name: QUEUE, definitionVersion: 4, concurrency: 9, paused: true }] }),
      ).toEqual(['stale']);
      expect((await scene.inspect('a')).queue).toMatchObject({ paused: false, concurrency: 4 });
    });

    test('given a queue and a group of one name, when one is configured, then the other is not', async (scene) => {
      await scene.store.configure({ queues: [{ name: 'tenant', definitionVersion: 9, concurrency: 1 }] });
      await scene.limit({ maxConcurrent: 2 }, 1);
      await scene.insert(...many(3, 'job', { queue: QUEUE, keys: [tenant('x')] }));
      expect(await scene.claimWithin(3)).toHaveLength(2);
    });

    test('given settings that come before the first job, when the job comes, then they hold', async (scene) => {
      await scene.queue({ paused: true });
      await scene.insert({ id: 'a' });
      expect((await scene.claim()).jobs).toEqual([]);
    });

    test('given groups of strange names, when they are configured, then each limits its own keys', async (scene) => {
      const names = ['__proto__', `it's`, '😀', 'a/b', 'a%2Fb'];
      for (const name of names) await scene.limit({ maxConcurrent: 1 }, 1, name);
      await scene.insert(...names.flatMap((name, i) => many(2, `job-${i}`, { keys: [constraintKey(name, 'k')] })));
      expect((await scene.claimWithin(4)).map((job) => job.id)).toEqual(names.map((_, i) => `job-${i}-1`));
    });
  },
};
