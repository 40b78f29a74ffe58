import { expect } from 'vitest';
import { orphaned, tooNew } from '../../core/transitions.js';
import { ids, newToken, OTHER_QUEUE, type Scene, tenant } from './fixtures.js';
import type { Topic } from './suite.js';

export const orphans: Topic = {
  name: 'what a worker cannot run',
  cases(test) {
    test('given an orphan, when a worker claims without adopting it, then it gets its name and not the job', async (scene) => {
      await makeOrphan(scene, { id: 'a', task: 'resize' });
      const reply = await scene.claim();
      expect(reply.jobs).toEqual([]);
      expect(reply.orphans).toEqual(['task:resize']);
      expect(reply.nextAt).toBeNull();
      expect((await scene.record('a')).attempt).toBe(0);
    });

    test('given orphans of several names, when a worker asks, then each is named once', async (scene) => {
      await makeOrphan(scene, { id: 'a', task: 'resize' });
      await makeOrphan(scene, { id: 'b', task: 'resize' });
      await makeOrphan(scene, { id: 'c', task: 'mail' });
      await scene.insert({ id: 'd' });
      await scene.settle(await scene.claimOne('d'), tooNew(2));
      expect([...(await scene.claim()).orphans].sort()).toEqual(['reader:2', 'task:mail', 'task:resize']);
    });

    test('given 40 names of orphans, when a worker asks, then at most 32 are named, and the rest once those are gone', async (scene) => {
      for (let i = 0; i < 40; i++) await makeOrphan(scene, { id: `a-${i}`, task: `task-${i}` });
      const { orphans: named } = await scene.claim({ slots: 0 });
      expect(named.length).toBeLessThanOrEqual(32);
      const adopted = await scene.claimWithin(10, { adopt: named });
      expect(adopted.map((job) => `task:${job.task}`).sort()).toEqual([...named].sort());
      expect((await scene.claim({ slots: 0 })).orphans).toHaveLength(40 - named.length);
    });

    test('given orphans, when a worker adopts their name, then they are claimed in order, before all others', async (scene) => {
      await makeOrphan(scene, { id: 'low', task: 'mail' });
      await makeOrphan(scene, { id: 'high', task: 'mail', priority: 3 });
      await scene.insert({ id: 'plain', priority: 9 });
      const reply = await scene.claim({ adopt: ['task:mail'] });
      expect(ids(reply)).toEqual(['high', 'low', 'plain']);
      expect(reply.jobs[0]).toMatchObject({ attempt: 1, task: 'mail' });
      expect((await scene.claim()).orphans).toEqual([]);
    });

    test('given orphans of two names, when a worker adopts one, then the other stays', async (scene) => {
      await makeOrphan(scene, { id: 'a', task: 'mail' });
      await makeOrphan(scene, { id: 'b', task: 'resize' });
      expect(ids(await scene.claim({ adopt: ['task:mail'] }))).toEqual(['a']);
      expect((await scene.claim()).orphans).toEqual(['task:resize']);
    });

    test('given orphans and few slots, when a worker adopts them, then it takes as many as it has slots', async (scene) => {
      await makeOrphan(scene, { id: 'a', task: 'mail' });
      await makeOrphan(scene, { id: 'b', task: 'mail' });
      expect(ids(await scene.claim({ slots: 1, adopt: ['task:mail'] }))).toEqual(['a']);
      const reply = await scene.claim({ slots: 1, adopt: ['task:mail'] });
      expect(ids(reply)).toEqual(['b']);
    });

    test('given a name without jobs, when it is adopted, then the claim goes on as ever', async (scene) => {
      await scene.insert({ id: 'a' });
      expect(ids(await scene.claim({ adopt: ['task:nobody', 'reader:9', ''] }))).toEqual(['a']);
    });

    test('given an orphan of a queue that is not asked for, when its name is adopted, then it stays', async (scene) => {
      await makeOrphan(scene, { id: 'a', task: 'mail' });
      expect((await scene.claim({ queues: [OTHER_QUEUE], adopt: ['task:mail'] })).jobs).toEqual([]);
    });

    test('given a strange task name, when its orphan is adopted, then it is found', async (scene) => {
      const task = `it's 😀: "x"/%`;
      await makeOrphan(scene, { id: 'a', task });
      const { orphans: named } = await scene.claim();
      expect(named).toEqual([`task:${task}`]);
      expect(ids(await scene.claim({ adopt: named }))).toEqual(['a']);
    });

    test('given an orphan with a key, when it is parked, then its slot is free, and adopting waits for room', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await makeOrphan(scene, { id: 'orphan', task: 'mail', keys: [tenant('x')] });
      await scene.insert({ id: 'holder', keys: [tenant('x')] });
      const holder = await scene.claimOne('holder');
      expect((await scene.claim({ adopt: ['task:mail'] })).jobs).toEqual([]);
      await scene.complete(holder);
      const adopted = await scene.claimWithin(3, { adopt: ['task:mail'] });
      expect(ids(adopted)).toEqual(['orphan']);
    });

    test('given a suspect that was orphaned, when it is adopted with a suspect token, then it is claimed under that', async (scene) => {
      await scene.insert({ id: 'a', task: 'mail' });
      await scene.claimOne('a');
      await scene.rescue();
      await scene.settle(await scene.claimOne('a', { suspectToken: newToken('suspect') }), orphaned('mail'));
      expect((await scene.claim({ suspectToken: newToken('suspect') })).orphans).toEqual(['task:mail']);
      expect(await scene.claimWithin(3, { suspectToken: 'suspect-token', adopt: ['task:mail'] })).toMatchObject([
        { id: 'a', suspect: true, token: 'suspect-token' },
      ]);
    });

    test('given an orphan, when it is cancelled, deleted or suspended, then its name is no longer told', async (scene) => {
      for (const action of ['cancel', 'delete', 'suspend'] as const) {
        await makeOrphan(scene, { id: action, task: action });
        expect((await scene.control(action, action))[0]?.outcome).toBe('done');
      }
      expect((await scene.claim()).orphans).toEqual([]);
      expect((await scene.claim({ adopt: ['task:cancel', 'task:delete', 'task:suspend'] })).jobs).toEqual([]);
    });

    test('given orphans, when jobs are counted, then they are pending and orphaned, not parked on a key', async (scene) => {
      await makeOrphan(scene, { id: 'a', task: 'mail' });
      await makeOrphan(scene, { id: 'b', task: 'mail' });
      await scene.insert({ id: 'plain' });
      expect(await scene.count()).toMatchObject({ pending: 3, orphaned: 2, parked: 0, delayed: 0, exact: true });
    });
  },
};

async function makeOrphan(
  scene: Scene,
  job: { id: string; task: string; priority?: number; keys?: string[] },
): Promise<void> {
  await scene.insert(job);
  await scene.settle(await scene.claimOne(job.id), orphaned(job.task));
}
