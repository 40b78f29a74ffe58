import { expect } from 'vitest';
import type { ClaimedJob } from '../../core/job.js';
import { completed, orphaned } from '../../core/transitions.js';
import { ids, keep, many, newPresence, OTHER_QUEUE, QUEUE, settleOf, tenant } from './fixtures.js';
import type { Topic } from './suite.js';

export const claimBounds: Topic = {
  name: 'bounds of a claim',
  cases(test) {
    test('given a delayed job, when its due time has not come, then no claim takes it, and at that instant one does', async (scene) => {
      await scene.insert({ id: 'a', delayMs: 1_000 });
      await scene.advance(999);
      expect((await scene.claim()).jobs).toEqual([]);
      expect((await scene.record('a')).placement).toBe('delayed');
      await scene.advance(1);
      const job = await scene.claimOne('a');
      expect(job.dueAt).toBe(scene.now());
    });

    test('given the reply of an exchange, when the clock is compared, then now is the clock of the store', async (scene) => {
      await scene.advance(12_345);
      expect((await scene.claim()).now).toBe(scene.now());
    });

    test('given more jobs than slots, when they are claimed, then only as many come as have a slot, and there is more', async (scene) => {
      await scene.insert(...many(5, 'job'));
      const reply = await scene.claim({ slots: 2 });
      expect(ids(reply)).toEqual(['job-1', 'job-2']);
      expect(reply.more).toBe(true);
    });

    test('given as many jobs as slots, when they are claimed, then the next claim is empty and has no more', async (scene) => {
      await scene.insert(...many(2, 'job'));
      expect(ids(await scene.claim({ slots: 2 }))).toHaveLength(2);
      expect(await scene.claim({ slots: 2 })).toMatchObject({ jobs: [], more: false, nextAt: null });
    });

    test('given no slots and no prefetch, when a claim is made, then it takes nothing', async (scene) => {
      await scene.insert({ id: 'a' });
      expect((await scene.claim({ slots: 0, prefetch: 0 })).jobs).toEqual([]);
      expect((await scene.record('a')).attempt).toBe(0);
    });

    test('given slots and prefetch, when plain jobs are claimed, then both are filled', async (scene) => {
      await scene.insert(...many(6, 'job'));
      expect(ids(await scene.claim({ slots: 2, prefetch: 3 }))).toEqual(['job-1', 'job-2', 'job-3', 'job-4', 'job-5']);
    });

    test('given prefetch alone, when plain jobs are claimed, then it is filled', async (scene) => {
      await scene.insert(...many(4, 'job'));
      expect(ids(await scene.claim({ slots: 0, prefetch: 3 }))).toHaveLength(3);
    });

    test('given keyed jobs, when a claim has slots and prefetch, then they are taken for slots only', async (scene) => {
      await scene.limit({ maxConcurrent: 10 });
      await scene.insert(...many(4, 'keyed', { keys: [tenant('a')] }));
      expect(ids(await scene.claim({ slots: 1, prefetch: 5 }))).toEqual(['keyed-1']);
      expect(ids(await scene.claim({ slots: 0, prefetch: 5 }))).toEqual([]);
    });

    test('given jobs of a queue with a limit, when a claim has slots and prefetch, then they are taken for slots only', async (scene) => {
      await scene.queue({ concurrency: 10 });
      await scene.insert(...many(4, 'job'));
      expect(ids(await scene.claim({ slots: 2, prefetch: 5 }))).toEqual(['job-1', 'job-2']);
    });

    test('given a limited queue with room and plain jobs behind, when the slots are used up, then prefetch ends at the limited one', async (scene) => {
      await scene.queue({ concurrency: 10 });
      await scene.insert(...many(3, 'limited', { priority: 5 }), ...many(3, 'plain', { queue: OTHER_QUEUE }));
      const reply = await scene.claim({ slots: 1, prefetch: 2, queues: [QUEUE, OTHER_QUEUE] });
      expect(ids(reply)).toEqual(['limited-1']);
    });

    test('given a limited queue without room and plain jobs behind, when a claim has prefetch, then it is for the plain ones', async (scene) => {
      await scene.queue({ concurrency: 1 });
      await scene.insert(...many(3, 'limited', { priority: 5 }), ...many(3, 'plain', { queue: OTHER_QUEUE }));
      const reply = await scene.claim({ slots: 1, prefetch: 2, queues: [QUEUE, OTHER_QUEUE] });
      expect(ids(reply)).toEqual(['limited-1', 'plain-1', 'plain-2']);
    });

    test('given a keyed job between plain ones, when only prefetch is left, then it ends there and nothing starves the keyed one', async (scene) => {
      await scene.insert(
        { id: 'first', priority: 2 },
        { id: 'keyed', priority: 1, keys: [tenant('a')] },
        { id: 'last' },
      );
      const reply = await scene.claim({ slots: 0, prefetch: 5 });
      expect(ids(reply)).toEqual(['first']);
      expect(reply.more).toBe(true);
    });

    test('given delayed jobs, when nothing can be claimed, then nextAt is the earliest due time of the asked queues', async (scene) => {
      await scene.insert(
        { id: 'later', delayMs: 5_000 },
        { id: 'sooner', delayMs: 3_000 },
        { id: 'other', queue: OTHER_QUEUE, delayMs: 1_000 },
      );
      expect(await scene.claim()).toMatchObject({ jobs: [], more: false, nextAt: scene.now() + 3_000 });
    });

    test('given a delayed job with keys, when nothing can be claimed, then nextAt is its due time', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await scene.insert({ id: 'a', delayMs: 3_000, keys: [tenant('a')] });
      expect(await scene.claim()).toMatchObject({ jobs: [], nextAt: scene.now() + 3_000 });
    });

    test('given a delayed job, when it is cancelled, then nextAt forgets it', async (scene) => {
      await scene.insert({ id: 'a', delayMs: 3_000 });
      await scene.control('cancel', 'a');
      expect((await scene.claim()).nextAt).toBeNull();
    });

    test('given 3,000 jobs that come due at one instant, when exchanges go on while there is more, then each is claimed once', async (scene) => {
      await scene.insert(...many(3_000, 'job', { delayMs: 1_000 }));
      await scene.advance(1_000);
      const order = await scene.drain({ slots: 200, prefetch: 100 });
      expect(order).toHaveLength(3_000);
      expect(new Set(order).size).toBe(3_000);
    });

    test('given a paused queue, when jobs are claimed, then none comes from it and the reply names it', async (scene) => {
      await scene.queue({ paused: true });
      await scene.insert({ id: 'paused' }, { id: 'other', queue: OTHER_QUEUE });
      const reply = await scene.claim({ queues: [QUEUE, OTHER_QUEUE] });
      expect(ids(reply)).toEqual(['other']);
      expect(reply.paused).toEqual([QUEUE]);
    });

    test('given a paused queue with keyed, orphaned and suspect jobs, when all are asked for, then none comes from it', async (scene) => {
      await scene.insert({ id: 'suspect' });
      await scene.claimOne('suspect');
      await scene.rescue();
      await scene.insert({ id: 'orphan' });
      await scene.settle(await scene.claimOne('orphan'), orphaned('resize'));
      await scene.insert({ id: 'keyed', keys: [tenant('a')] });
      await scene.queue({ paused: true });
      expect((await scene.claim({ suspectToken: 'suspect-token', adopt: ['task:resize'] })).jobs).toEqual([]);
    });

    test('given a paused queue, when it is resumed, then its jobs are claimed in order', async (scene) => {
      await scene.queue({ paused: true });
      await scene.insert({ id: 'a' }, { id: 'b', priority: 1 }, { id: 'c', keys: [tenant('a')] });
      await scene.claim();
      await scene.queue({ paused: false });
      const reply = await scene.claim();
      expect(ids(reply)).toEqual(['b', 'a', 'c']);
      expect(reply.paused).toEqual([]);
    });

    test('given a paused queue, when what it runs is settled, then the settle counts', async (scene) => {
      await scene.insert({ id: 'a' });
      const job = await scene.claimOne('a');
      await scene.queue({ paused: true });
      expect(await scene.complete(job)).toEqual(['ok']);
    });

    test('given a queue with a limit, when several workers claim, then they share it', async (scene) => {
      await scene.queue({ concurrency: 3 });
      await scene.insert(...many(6, 'job'));
      const first = await scene.claim({ slots: 2, worker: 'worker-1' });
      const second = await scene.claim({ slots: 2, worker: 'worker-2' });
      expect(ids(first)).toEqual(['job-1', 'job-2']);
      expect(ids(second)).toEqual(['job-3']);
      expect((await scene.claim({ slots: 2, worker: 'worker-3' })).jobs).toEqual([]);
    });

    test('given a full queue, when one of its jobs is settled, then the same exchange claims the next', async (scene) => {
      await scene.queue({ concurrency: 1 });
      await scene.insert({ id: 'a' }, { id: 'b' });
      const held = await scene.claimOne('a');
      const reply = await scene.claim({}, [settleOf(held, completed('"x"', keep))]);
      expect(reply).toMatchObject({ settled: ['ok'], jobs: [{ id: 'b' }] });
    });

    test('given a full queue, when the lease of its job is rescued, then there is room again', async (scene) => {
      await scene.queue({ concurrency: 1 });
      await scene.insert({ id: 'a' }, { id: 'b' });
      await scene.claimOne('a');
      await scene.rescue();
      await scene.claimOne('b');
    });

    test('given a full queue, when another queue is asked for too, then that one is not held up', async (scene) => {
      await scene.queue({ concurrency: 1 });
      await scene.insert(...many(3, 'full', { priority: 9 }), { id: 'other', queue: OTHER_QUEUE });
      expect(ids(await scene.claim({ queues: [QUEUE, OTHER_QUEUE] }))).toEqual(['full-1', 'other']);
    });

    test('given a running queue, when its limit is lowered, then nothing is killed and nothing admitted until it has room', async (scene) => {
      await scene.insert(...many(4, 'job'));
      const [first, second] = (await scene.claim({ slots: 3 })).jobs as [ClaimedJob, ClaimedJob, ClaimedJob];
      await scene.queue({ concurrency: 2 });
      expect((await scene.extend([first.token])).lost).toEqual([]);
      expect(await scene.complete(first)).toEqual(['ok']);
      expect((await scene.claim()).jobs).toEqual([]);
      await scene.complete(second);
      await scene.claimOne('job-4');
    });

    test('given a limited queue, when its limit is taken away, then all may run', async (scene) => {
      await scene.queue({ concurrency: 1 });
      await scene.insert(...many(3, 'job'));
      await scene.claimOne('job-1');
      await scene.queue({ concurrency: null });
      expect(ids(await scene.claim())).toEqual(['job-2', 'job-3']);
    });

    test('given paused queues, when a worker extends, then it hears of those that it serves', async (scene) => {
      await scene.queue({ paused: true });
      await scene.queue({ name: 'unrelated', paused: true });
      const worker = newPresence({ queues: [QUEUE, OTHER_QUEUE] });
      expect((await scene.extend([], { worker })).paused).toEqual([QUEUE]);
    });
  },
};
