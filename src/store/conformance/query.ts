import { expect } from 'vitest';
import { noLimits } from '../../core/constraint.js';
import { completed, failed, orphaned } from '../../core/transitions.js';
import type { JobFilter } from '../contract.js';
import { ids, keep, LEASE_MS, many, newError, OTHER_QUEUE, QUEUE, type Scene, tenant } from './fixtures.js';
import type { Topic } from './suite.js';

export const query: Topic = {
  name: 'query',
  cases(test) {
    test('given some jobs, when they are got with missing and repeated ids, then the answer has the order of the ids', async (scene) => {
      await scene.insert({ id: 'a' }, { id: 'b' });
      const found = await scene.store.get(['b', 'nobody', 'a', 'b']);
      expect(found.map((job) => job?.id ?? null)).toEqual(['b', null, 'a', 'b']);
    });

    test('given strange ids that nobody has, when they are got, listed and controlled, then they are missing', async (scene) => {
      for (const id of ['', '__proto__', 'constructor', `'; drop table jobs; --`]) {
        expect(await scene.store.get([id]), id).toEqual([null]);
        expect(await scene.store.inspect(id), id).toBeNull();
        expect((await scene.control('cancel', id))[0]?.outcome, id).toBe('missing');
      }
    });

    test('given jobs of several arrivals, when they are listed, then the newest comes first', async (scene) => {
      await scene.insert({ id: 'a', priority: 9 }, { id: 'b', delayMs: 500 });
      await scene.advance(10);
      await scene.insert({ id: 'c' });
      expect(ids(await scene.list())).toEqual(['c', 'b', 'a']);
    });

    for (const [what, filter, expected] of filters()) {
      test(`given jobs that differ in everything, when they are listed by ${what}, then only those that match come`, async (scene) => {
        const bounds = await variety(scene);
        const complete = typeof filter === 'function' ? filter(bounds) : filter;
        expect(ids(await scene.list(complete))).toEqual(expected);
        expect(ids(await scene.list(complete, 1))).toEqual(expected);
        const counts = await scene.count(complete);
        const { pending, running, suspended, completed: done, failed: lost, cancelled: dropped } = counts;
        expect(pending + running + suspended + done + lost + dropped, 'the sum of the counts').toBe(expected.length);
      });
    }

    test('given 25 jobs, when they are listed in pages while others come and go, then each is seen once, newest first', async (scene) => {
      await scene.insert(...many(25, 'job'));
      const seen: string[] = [];
      let cursor: string | null = null;
      for (let page = 0; page < 50; page++) {
        const reply = await scene.store.list({}, cursor, 4);
        expect(reply.jobs.length).toBeLessThanOrEqual(4);
        seen.push(...ids(reply));
        await scene.insert({ id: `new-${page}` });
        await scene.complete(...(await scene.claim({ slots: 1 })).jobs);
        if (reply.cursor === null) break;
        cursor = reply.cursor;
      }
      expect(seen).toEqual(
        many(25, 'job')
          .map((job) => job.id)
          .reverse(),
      );
    });

    test('given a page, when it is asked for again by its cursor, then it is the same', async (scene) => {
      await scene.insert(...many(9, 'job'));
      const first = await scene.store.list({}, null, 4);
      const second = await scene.store.list({}, first.cursor, 4);
      expect(await scene.store.list({}, first.cursor, 4)).toEqual(second);
    });

    test('given a filter that matches one of 3,000 jobs, when its pages are read to the end, then it is found', async (scene) => {
      await scene.insert({ id: 'needle', labels: { rare: 'yes' } }, ...many(3_000, 'hay', { labels: { rare: 'no' } }));
      expect(ids(await scene.list({ labels: { rare: 'yes' } }, 100))).toEqual(['needle']);
    });

    test('given jobs in every state and place, when they are counted, then each is counted once', async (scene) => {
      await everyState(scene);
      expect(await scene.count()).toEqual({
        pending: 6,
        running: 1,
        suspended: 1,
        completed: 2,
        failed: 1,
        cancelled: 1,
        delayed: 2,
        parked: 1,
        orphaned: 1,
        exact: true,
      });
    });

    test('given an empty store, when it is counted and listed, then all is nought', async (scene) => {
      expect(await scene.count()).toMatchObject({
        pending: 0,
        running: 0,
        delayed: 0,
        parked: 0,
        orphaned: 0,
        exact: true,
      });
      expect(await scene.store.list({}, null, 10)).toEqual({ jobs: [], cursor: null });
    });

    test('given counts, when jobs come, run, end and are pruned, then they stay true', async (scene) => {
      await scene.insert(...many(4, 'job'));
      const { jobs } = await scene.claim({ slots: 3 });
      await scene.complete(...jobs.slice(0, 2));
      await scene.control('cancel', 'job-4');
      expect(await scene.count()).toMatchObject({ pending: 0, running: 1, completed: 2, cancelled: 1 });
      await scene.advance(2 * 86_400_000);
      await scene.maintain();
      expect(await scene.count()).toMatchObject({ pending: 1, running: 0, completed: 0, cancelled: 0 });
    });

    test('given a running keyed job, when it is inspected, then its claim, queue and key are told', async (scene) => {
      await scene.limit({ maxConcurrent: 2, cooldownMs: 70 });
      await scene.queue({ concurrency: 5 });
      await scene.insert(...many(4, 'job', { keys: [tenant('x')] }));
      await scene.claim({ worker: 'worker-7' });
      await scene.advance(100);
      expect(await scene.store.inspect('job-1')).toEqual({
        now: scene.now(),
        job: await scene.record('job-1'),
        queue: { paused: false, concurrency: 5, running: 2 },
        keys: [
          {
            key: tenant('x'),
            limits: { ...noLimits, maxConcurrent: 2, cooldownMs: 70 },
            running: 2,
            waiting: 2,
            holders: expect.toSatisfy((holders: string[]) => [...holders].sort().join() === 'job-1,job-2'),
            opensAt: null,
          },
        ],
        claim: { worker: 'worker-7', expiresAt: scene.now() - 100 + LEASE_MS },
      });
    });

    test('given a waiting job of a paused queue, when it is inspected, then it has no claim and the queue is paused', async (scene) => {
      await scene.queue({ paused: true });
      await scene.insert({ id: 'a' });
      expect(await scene.inspect('a')).toMatchObject({
        claim: null,
        keys: [],
        queue: { paused: true, concurrency: null, running: 0 },
      });
    });

    test('given a key with room, when a waiter is inspected, then it opens now', async (scene) => {
      await scene.limit({ maxConcurrent: 2 });
      await scene.insert({ id: 'a', keys: [tenant('x')] });
      expect((await scene.inspect('a')).keys).toMatchObject([{ running: 0, holders: [], opensAt: scene.now() }]);
    });

    test('given 30 holders of a key, when one is inspected, then ten of them are named', async (scene) => {
      await scene.insert(...many(30, 'job', { keys: [tenant('x')] }));
      await scene.claim();
      const [key] = (await scene.inspect('job-1')).keys;
      expect(key).toMatchObject({ running: 30, waiting: 0 });
      expect(new Set(key?.holders).size).toBe(10);
    });

    test('given an extended claim, when its job is inspected, then its lease ends later', async (scene) => {
      await scene.insert({ id: 'a' });
      const { token } = await scene.claimOne('a');
      await scene.advance(1_000);
      await scene.extend([token], { leaseMs: 45_000 });
      expect((await scene.inspect('a')).claim?.expiresAt).toBe(scene.now() + 45_000);
    });

    test('given an ended job, when it is inspected, then nobody holds it', async (scene) => {
      await scene.insert({ id: 'a' });
      await scene.complete(await scene.claimOne('a'));
      expect(await scene.inspect('a')).toMatchObject({
        claim: null,
        queue: { running: 0 },
        job: { state: 'completed' },
      });
    });
  },
};

interface Bounds {
  readonly early: number;
  readonly late: number;
}

/** Seven jobs, no two alike; `late` is after the first four and before the rest. */
async function variety(scene: Scene): Promise<Bounds> {
  await scene.insert({ id: 'queue', queue: OTHER_QUEUE });
  await scene.insert({ id: 'task', task: 'mail' });
  await scene.insert({ id: 'labels', labels: { tenant: 'acme', plan: 'free' } });
  await scene.insert({ id: 'half', labels: { tenant: 'acme', plan: 'paid' } });
  await scene.advance(50);
  const late = scene.now();
  await scene.advance(50);
  await scene.insert({ id: 'key', keys: [tenant('x'), tenant('y')] });
  await scene.insert({ id: 'schedule', rare: { scheduleId: 'nightly', parentId: 'other-parent' } });
  await scene.insert({ id: 'parent', rare: { scheduleId: 'weekly', parentId: 'mother' } });
  await scene.control('cancel', 'task', 'key');
  return { early: late - 60, late };
}

function filters(): [string, JobFilter | ((bounds: Bounds) => JobFilter), string[]][] {
  const all = ['parent', 'schedule', 'key', 'half', 'labels', 'task', 'queue'];
  return [
    ['nothing', {}, all],
    ['one state', { states: ['cancelled'] }, ['key', 'task']],
    ['several states', { states: ['cancelled', 'pending'] }, all],
    ['a state that none has', { states: ['failed'] }, []],
    ['queue', { queue: OTHER_QUEUE }, ['queue']],
    ['task', { task: 'mail' }, ['task']],
    ['one label', { labels: { tenant: 'acme' } }, ['half', 'labels']],
    ['two labels', { labels: { tenant: 'acme', plan: 'free' } }, ['labels']],
    ['a label of another value', { labels: { tenant: 'other' } }, []],
    ['a label that objects have by nature', { labels: { constructor: 'x' } }, []],
    ['the first of its keys', { key: tenant('x') }, ['key']],
    ['the second of its keys', { key: tenant('y') }, ['key']],
    ['a part of a key', { key: 'tenant/' }, []],
    ['schedule', { scheduleId: 'nightly' }, ['schedule']],
    ['parent', { parentId: 'mother' }, ['parent']],
    ['an instant before', ({ late }) => ({ createdBefore: late }), ['half', 'labels', 'task', 'queue']],
    ['an instant after', ({ late }) => ({ createdAfter: late }), ['parent', 'schedule', 'key']],
    [
      'a span',
      ({ early, late }) => ({ createdAfter: early, createdBefore: late }),
      ['half', 'labels', 'task', 'queue'],
    ],
    ['several fields at once', { queue: QUEUE, states: ['pending'], labels: { plan: 'paid' } }, ['half']],
    ['fields that no job has together', { queue: OTHER_QUEUE, task: 'mail' }, []],
    ['fields left undefined', { queue: undefined, task: 'mail', labels: undefined, states: undefined }, ['task']],
  ];
}

/** Twelve jobs: two ready, two delayed, one parked, one orphaned, and those that run or ended. */
async function everyState(scene: Scene): Promise<void> {
  await scene.limit({ maxConcurrent: 1 });
  await scene.insert(...many(5, 'done'));
  const [first, second, lost, orphan] = (await scene.claim({ slots: 4 })).jobs;
  const settle = [
    { ...(first as NonNullable<typeof first>), transition: completed('"x"', keep), endedAgoMs: 0 },
    { ...(second as NonNullable<typeof second>), transition: completed(null, keep), endedAgoMs: 0 },
    { ...(lost as NonNullable<typeof lost>), transition: failed(newError(), keep), endedAgoMs: 0 },
    { ...(orphan as NonNullable<typeof orphan>), transition: orphaned('resize'), endedAgoMs: 0 },
  ].map(({ id, seq, token, transition, endedAgoMs }) => ({ id, seq, token, transition, endedAgoMs }));
  await scene.store.exchange({ worker: 'worker-1', settle, claim: null });
  await scene.control('cancel', 'done-5');
  await scene.insert({ id: 'runs', keys: [tenant('x')] });
  await scene.claimOne('runs');
  await scene.insert({ id: 'parked', keys: [tenant('x')] });
  await scene.claim();
  await scene.insert(
    { id: 'ready-1' },
    { id: 'ready-2' },
    { id: 'later-1', delayMs: 5_000 },
    { id: 'later-2', delayMs: 9_000 },
  );
  await scene.insert({ id: 'suspended' });
  await scene.control('suspend', 'suspended');
}
