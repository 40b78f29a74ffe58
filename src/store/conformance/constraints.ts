import { expect } from 'vitest';
import { constraintKey } from '../../core/constraint.js';
import type { ClaimedJob } from '../../core/job.js';
import { completed, orphaned, rekeyed, released, retried, snoozed } from '../../core/transitions.js';
import { ids, keep, many, newError, settleOf, tenant } from './fixtures.js';
import type { Topic } from './suite.js';

export const constraints: Topic = {
  name: 'constraints: runs at once',
  cases(test) {
    test('given a limit of two at once, when many of one key wait, then two are claimed', async (scene) => {
      await scene.limit({ maxConcurrent: 2 });
      await scene.insert(...many(5, 'job', { keys: [tenant('a')] }));
      expect(ids(await scene.claimWithin(3))).toEqual(['job-1', 'job-2']);
      expect((await scene.inspect('job-3')).keys).toMatchObject([
        { key: tenant('a'), running: 2, waiting: 3, opensAt: null },
      ]);
    });

    test('given a limit per key, when jobs have several keys of one group, then each key has its own', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await scene.insert(
        { id: 'a-1', keys: [tenant('a')] },
        { id: 'a-2', keys: [tenant('a')] },
        { id: 'b-1', keys: [tenant('b')] },
      );
      expect(ids(await scene.claim())).toEqual(['a-1', 'b-1']);
    });

    test('given keys that look alike, when their jobs are claimed, then they are not taken for one another', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await scene.limit({ maxConcurrent: 1 }, 1, 'tenant/a');
      const keys = [tenant('a'), tenant('A'), tenant('a '), tenant('a/b'), constraintKey('tenant/a', 'b'), tenant('')];
      await scene.insert(...keys.map((key, i) => ({ id: `job-${i}`, keys: [key] })));
      expect((await scene.claim()).jobs).toHaveLength(keys.length);
    });

    test('given a group without settings, when its jobs are claimed, then nothing limits them', async (scene) => {
      await scene.insert(...many(6, 'job', { keys: [constraintKey('unheard', 'x')] }));
      expect((await scene.claim()).jobs).toHaveLength(6);
      expect((await scene.inspect('job-1')).keys).toMatchObject([
        { running: 6, limits: { maxConcurrent: null, cooldownMs: 0, rate: null } },
      ]);
    });

    test('given several workers, when they claim, then they share the limit of a key', async (scene) => {
      await scene.limit({ maxConcurrent: 3 });
      await scene.insert(...many(6, 'job', { keys: [tenant('a')] }));
      expect((await scene.claim({ slots: 2, worker: 'worker-1' })).jobs).toHaveLength(2);
      expect((await scene.claim({ slots: 2, worker: 'worker-2' })).jobs).toHaveLength(1);
      expect((await scene.claim({ slots: 2, worker: 'worker-3' })).jobs).toHaveLength(0);
    });

    test('given a full key, when its run is settled, then the same exchange claims the next waiter', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await scene.insert(...many(3, 'job', { keys: [tenant('a')] }));
      const held = await scene.claimOne('job-1');
      const reply = await scene.claim({}, [settleOf(held, completed(null, keep))]);
      expect(ids(reply)).toEqual(['job-2']);
    });

    test('given waiters of one key, when it opens one by one, then they go by priority, due time and arrival', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      const now = scene.now();
      await scene.insert({ id: 'holder', keys: [tenant('a')] });
      const holder = await scene.claimOne('holder');
      await scene.insert(
        { id: 'plain-2', keys: [tenant('a')] },
        { id: 'plain-3', keys: [tenant('a')] },
        { id: 'early-1', keys: [tenant('a')], dueAt: now - 1_000 },
      );
      await scene.claim();
      await scene.insert({ id: 'high-0', keys: [tenant('a')], priority: 4 });
      await scene.complete(holder);
      expect(await scene.drain()).toEqual(['high-0', 'early-1', 'plain-2', 'plain-3']);
    });

    test('given a waiter that is delayed, when the key opens before it is due, then it is not claimed early', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await scene.insert({ id: 'holder', keys: [tenant('a')] });
      const holder = await scene.claimOne('holder');
      await scene.insert(
        { id: 'later', keys: [tenant('a')], delayMs: 500, priority: 9 },
        { id: 'ready', keys: [tenant('a')] },
      );
      await scene.complete(holder);
      const ready = await scene.claimOne('ready', { slots: 5 });
      await scene.complete(ready);
      expect(await scene.claim()).toMatchObject({ jobs: [], nextAt: scene.now() + 500 });
    });

    test('given 2,000 waiters on a full key, when a job of another key comes, then it is claimed within a few exchanges', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await scene.insert(...many(2_001, 'blocked', { keys: [tenant('full')], priority: 9 }));
      await scene.claimOne('blocked-1');
      await scene.claim();
      await scene.insert({ id: 'free', keys: [tenant('other')] }, { id: 'plain' });
      const claimed = await scene.claimWithin(4);
      expect(ids(claimed).sort()).toEqual(['free', 'plain']);
    });

    test('given 300 full keys with waiters, when one opens, then its waiter is claimed within a few exchanges', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      for (let i = 0; i < 300; i++) await scene.insert(...many(2, `key-${i}`, { keys: [tenant(`${i}`)] }));
      const held = await scene.claimWithin(20, { slots: 400 });
      expect(held).toHaveLength(300);
      const one = held.find((job) => job.id === 'key-217-1') as ClaimedJob;
      await scene.complete(one);
      expect(ids(await scene.claimWithin(4))).toEqual(['key-217-2']);
    });

    test('given 2,000 jobs over 100 keys of one slot each, when they are drained, then each ends once', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await scene.insert(...many(2_000, 'job').map((job, i) => ({ ...job, keys: [tenant(`${i % 100}`)] })));
      const order = await scene.drain({ slots: 40 });
      expect(new Set(order).size).toBe(2_000);
      expect(order).toHaveLength(2_000);
    });

    test('given a job of two groups with one full, when it cannot run, then it takes no slot of the other', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await scene.limit({ maxConcurrent: 1 }, 1, 'server');
      const server = constraintKey('server', 's');
      await scene.insert({ id: 'holder', keys: [server] });
      const holder = await scene.claimOne('holder');
      await scene.insert({ id: 'both', keys: [tenant('a'), server] }, { id: 'one', keys: [tenant('a')] });
      expect(ids(await scene.claimWithin(4))).toEqual(['one']);
      expect((await scene.inspect('both')).keys.map(({ key, running }) => [key, running])).toEqual([
        [tenant('a'), 1],
        [server, 1],
      ]);
      await scene.complete(holder);
      expect(await scene.claimWithin(4)).toEqual([]);
    });

    test('given a job of two groups, when it runs, then it takes both, and its end gives both back', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await scene.limit({ maxConcurrent: 1 }, 1, 'server');
      const server = constraintKey('server', 's');
      await scene.insert({ id: 'both', keys: [tenant('a'), server] });
      const both = await scene.claimOne('both');
      await scene.insert({ id: 'left', keys: [tenant('a')] }, { id: 'right', keys: [server] });
      expect(await scene.claimWithin(4)).toEqual([]);
      await scene.complete(both);
      expect(ids(await scene.claimWithin(4)).sort()).toEqual(['left', 'right']);
    });

    test('given a job that waits for two keys in turn, when both have opened, then it is not stranded', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      const [a, b] = [tenant('a'), tenant('b')];
      await scene.insert({ id: 'on-a', keys: [a] }, { id: 'on-b', keys: [b] });
      const [first, second] = (await scene.claim()).jobs as [ClaimedJob, ClaimedJob];
      await scene.insert({ id: 'both', keys: [a, b] });
      await scene.claim();
      await scene.complete(first);
      expect(await scene.claimWithin(4)).toEqual([]);
      await scene.complete(second);
      expect(ids(await scene.claimWithin(4))).toEqual(['both']);
    });

    test('given jobs that cross two keys in either order, when they are drained, then none is stranded', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      const [a, b] = [tenant('a'), tenant('b')];
      await scene.insert(
        ...many(60, 'job').map((job, i) => ({
          ...job,
          keys: [[a], [b], [a, b], [b, a]][i % 4] as string[],
          priority: i % 3,
        })),
      );
      expect(new Set(await scene.drain({ slots: 3 })).size).toBe(60);
    });

    test('given eight keys on one job, when it runs, then it holds each of them', async (scene) => {
      const keys = Array.from({ length: 8 }, (_, i) => tenant(`${i}`));
      await scene.limit({ maxConcurrent: 1 });
      await scene.insert({ id: 'all', keys });
      const all = await scene.claimOne('all');
      expect((await scene.inspect('all')).keys).toMatchObject(
        keys.map((key) => ({ key, running: 1, holders: ['all'] })),
      );
      await scene.complete(all);
      expect((await scene.inspect('all')).keys).toMatchObject(keys.map((key) => ({ key, running: 0, holders: [] })));
    });

    test('given a full key, when the lease of its run is rescued, then the slot is free', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await scene.insert({ id: 'a', keys: [tenant('x')] }, { id: 'b', keys: [tenant('x')] });
      await scene.claimOne('a');
      await scene.rescue();
      await scene.claimOne('b');
    });

    test('given a full key, when a cancel of its run is asked for, then the slot stays taken until the settle', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await scene.insert({ id: 'a', keys: [tenant('x')] }, { id: 'b', keys: [tenant('x')] });
      const held = await scene.claimOne('a');
      await scene.control('cancel', 'a');
      expect(await scene.claimWithin(3)).toEqual([]);
      await scene.settle(held, retried(newError(), 0));
      expect(ids(await scene.claimWithin(3))).toEqual(['b']);
    });

    test('given a settle that is repeated, when the key is counted, then its slot was given back once', async (scene) => {
      await scene.limit({ maxConcurrent: 2 });
      await scene.insert(...many(5, 'job', { keys: [tenant('x')] }));
      const [first] = (await scene.claim()).jobs as [ClaimedJob, ClaimedJob];
      await scene.complete(first);
      await scene.complete(first);
      await scene.complete({ ...first, token: 'stranger' });
      expect(await scene.claimWithin(3)).toHaveLength(1);
    });

    test('given a claim of keyed jobs, when it is repeated under its token, then their slots are counted once', async (scene) => {
      await scene.limit({ maxConcurrent: 3 });
      await scene.insert({ id: 'a', keys: [tenant('x')] });
      await scene.claim({ token: 'same' });
      await scene.claim({ token: 'same' });
      expect((await scene.inspect('a')).keys).toMatchObject([{ running: 1, holders: ['a'] }]);
    });

    test('given running jobs of a key, when its limit is lowered, then none is killed and none admitted until there is room', async (scene) => {
      await scene.limit({ maxConcurrent: 3 });
      await scene.insert(...many(5, 'job', { keys: [tenant('x')] }));
      const { jobs } = await scene.claim();
      expect(jobs).toHaveLength(3);
      await scene.limit({ maxConcurrent: 1 }, 2);
      expect((await scene.extend([jobs[0]?.token as string])).lost).toEqual([]);
      await scene.complete(jobs[0] as ClaimedJob, jobs[1] as ClaimedJob);
      expect(await scene.claimWithin(3)).toEqual([]);
      await scene.complete(jobs[2] as ClaimedJob);
      expect(ids(await scene.claimWithin(3))).toEqual(['job-4']);
    });

    test('given waiters of a full key, when its limit is raised, then they are claimed after the chores at the latest', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await scene.insert(...many(4, 'job', { keys: [tenant('x')] }));
      await scene.claimOne('job-1');
      await scene.claim();
      await scene.limit({ maxConcurrent: 3 }, 2);
      await scene.maintain();
      expect(ids(await scene.claimWithin(3))).toEqual(['job-2', 'job-3']);
    });

    test('given a limit of none at all, when it is raised, then the waiters are claimed', async (scene) => {
      await scene.limit({ maxConcurrent: 0 });
      await scene.insert({ id: 'a', keys: [tenant('x')] });
      expect(await scene.claimWithin(3)).toEqual([]);
      await scene.limit({ maxConcurrent: null }, 2);
      await scene.maintain();
      expect(ids(await scene.claimWithin(3))).toEqual(['a']);
    });

    test('given a keyed job that failed once, when it waits and runs again, then it still has its keys', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await scene.insert({ id: 'a', keys: [tenant('x')] }, { id: 'b', keys: [tenant('x')], priority: -1 });
      await scene.settle(await scene.claimOne('a'), retried(newError(), 0));
      expect((await scene.claimOne('a', { slots: 5 })).keys).toEqual([tenant('x')]);
      expect(await scene.claimWithin(3)).toEqual([]);
    });

    test('given a keyed job that snoozes, when it waits, then its slot is free for the next', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await scene.insert({ id: 'a', keys: [tenant('x')] }, { id: 'b', keys: [tenant('x')] });
      await scene.settle(await scene.claimOne('a'), snoozed(10_000));
      await scene.claimOne('b');
    });

    test('given a keyed job that is given back, when it waits, then it is the first to go again', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await scene.insert({ id: 'a', keys: [tenant('x')] }, { id: 'b', keys: [tenant('x')] });
      await scene.settle(await scene.claimOne('a'), released());
      expect(ids(await scene.claimWithin(3))).toEqual(['a']);
    });

    test('given a job that a worker rekeyed, when its key is full, then it is parked, and admitted when the key opens', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await scene.insert({ id: 'holder', keys: [tenant('x')] });
      const holder = await scene.claimOne('holder');
      await scene.insert({ id: 'a' });
      await scene.settle(await scene.claimOne('a'), rekeyed([tenant('x')]));
      expect(await scene.claimWithin(3)).toEqual([]);
      expect(await scene.record('a')).toMatchObject({ placement: 'parked', parkedOn: tenant('x') });
      await scene.complete(holder);
      expect(await scene.claimWithin(3)).toMatchObject([{ id: 'a', attempt: 1, keys: [tenant('x')] }]);
    });

    test('given a job that a worker rekeyed, when its key has room, then it is claimed with its keys', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await scene.insert({ id: 'a' });
      await scene.settle(await scene.claimOne('a'), rekeyed([tenant('x')]));
      expect((await scene.claimOne('a')).keys).toEqual([tenant('x')]);
      expect((await scene.inspect('a')).keys).toMatchObject([{ running: 1, holders: ['a'] }]);
    });

    test('given waiters of a full key, when they are counted, then they are parked on it', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await scene.insert(...many(4, 'job', { keys: [tenant('x')] }));
      await scene.claim();
      expect(await scene.count()).toMatchObject({
        pending: 3,
        running: 1,
        parked: 3,
        orphaned: 0,
        delayed: 0,
        exact: true,
      });
      expect(await scene.record('job-3')).toMatchObject({ placement: 'parked', parkedOn: tenant('x') });
    });

    test('given a group whose name looks like that of orphans, when its jobs wait, then they are waiters and no orphans', async (scene) => {
      await scene.limit({ maxConcurrent: 1 }, 1, 'task:resize');
      const key = constraintKey('task:resize', 'x');
      await scene.insert(...many(3, 'job', { keys: [key] }));
      const holder = await scene.claimOne('job-1', { slots: 9 });
      const reply = await scene.claim({ adopt: [key, 'task:resize'] });
      expect(reply).toMatchObject({ jobs: [], orphans: [] });
      expect(await scene.count()).toMatchObject({ parked: 2, orphaned: 0 });
      await scene.control('suspend', 'job-2');
      await scene.control('resume', 'job-2');
      await scene.complete(holder);
      expect(ids(await scene.claimWithin(3))).toEqual(['job-2']);
    });

    test('given an orphan whose task name looks like a key, when its name is adopted, then it is found and counted as orphaned', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await scene.insert({ id: 'a', task: tenant('x') });
      await scene.settle(await scene.claimOne('a'), orphaned(tenant('x')));
      expect(await scene.count()).toMatchObject({ parked: 0, orphaned: 1 });
      expect(ids(await scene.claim({ adopt: (await scene.claim()).orphans }))).toEqual(['a']);
    });

    test('given a limited queue and a limited key, when one of both is full, then the other loses no slot', async (scene) => {
      await scene.queue({ concurrency: 1 });
      await scene.limit({ maxConcurrent: 1 });
      await scene.insert({ id: 'holder' }, { id: 'keyed', keys: [tenant('x')] });
      const holder = await scene.claimOne('holder');
      expect(await scene.claimWithin(3)).toEqual([]);
      expect((await scene.inspect('keyed')).keys).toMatchObject([{ running: 0 }]);
      await scene.complete(holder);
      expect(ids(await scene.claimWithin(3))).toEqual(['keyed']);
    });
  },
};
