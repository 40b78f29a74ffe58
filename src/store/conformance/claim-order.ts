import { expect } from 'vitest';
import { released } from '../../core/transitions.js';
import { ids, many, OTHER_QUEUE, QUEUE, tenant } from './fixtures.js';
import type { Topic } from './suite.js';

export const claimOrder: Topic = {
  name: 'order of claim',
  cases(test) {
    test('given several priorities, when jobs are claimed, then the larger comes first, below zero too', async (scene) => {
      await scene.insert(
        { id: 'zero' },
        { id: 'low', priority: -5 },
        { id: 'top', priority: 1_000_000 },
        { id: 'high', priority: 3 },
      );
      expect(ids(await scene.claim())).toEqual(['top', 'high', 'zero', 'low']);
    });

    test('given one priority, when jobs are claimed, then the earlier due comes first, whatever its arrival', async (scene) => {
      const now = scene.now();
      await scene.insert(
        { id: 'late', dueAt: now - 10 },
        { id: 'early', dueAt: now - 900 },
        { id: 'middle', dueAt: now - 50 },
      );
      expect(ids(await scene.claim())).toEqual(['early', 'middle', 'late']);
    });

    test('given one priority and due time, when jobs are claimed, then they come in the order of arrival, whatever their ids', async (scene) => {
      const dueAt = scene.now() - 5;
      await scene.insert({ id: 'z', dueAt }, { id: 'a', dueAt });
      await scene.insert({ id: 'm', dueAt });
      expect(ids(await scene.claim())).toEqual(['z', 'a', 'm']);
    });

    test('given a larger priority that is due later, when both are due, then priority decides', async (scene) => {
      await scene.insert({ id: 'early', priority: 1 }, { id: 'late', priority: 2, delayMs: 100 });
      await scene.advance(200);
      expect(ids(await scene.claim())).toEqual(['late', 'early']);
    });

    test('given delayed jobs that came due, when they are claimed, then they merge with the ready ones by due time', async (scene) => {
      await scene.insert({ id: 'second', delayMs: 100 }, { id: 'first', delayMs: 50 });
      await scene.advance(300);
      await scene.insert({ id: 'third' });
      expect(ids(await scene.claim())).toEqual(['first', 'second', 'third']);
    });

    test('given several queues, when jobs are claimed from them, then one order runs through all', async (scene) => {
      await scene.insert(
        { id: 'i-1', priority: 1 },
        { id: 'l-2', priority: 2, queue: OTHER_QUEUE },
        { id: 'i-3', priority: 3 },
        { id: 'l-4', priority: 4, queue: OTHER_QUEUE },
        { id: 'i-0' },
        { id: 'l-0', queue: OTHER_QUEUE },
      );
      expect(ids(await scene.claim({ queues: [OTHER_QUEUE, QUEUE] }))).toEqual([
        'l-4',
        'i-3',
        'l-2',
        'i-1',
        'i-0',
        'l-0',
      ]);
    });

    test('given several queues and few slots, when claims repeat, then each takes the best of all', async (scene) => {
      await scene.insert(
        { id: 'i-1', priority: 1 },
        { id: 'l-2', priority: 2, queue: OTHER_QUEUE },
        { id: 'i-3', priority: 3 },
      );
      expect(await scene.drain({ slots: 1, queues: [QUEUE, OTHER_QUEUE] })).toEqual(['i-3', 'l-2', 'i-1']);
    });

    test('given a queue that is not asked for, when jobs are claimed, then its jobs stay', async (scene) => {
      await scene.insert({ id: 'asked' }, { id: 'other', queue: OTHER_QUEUE, priority: 9 });
      expect(ids(await scene.claim({ queues: [QUEUE] }))).toEqual(['asked']);
      expect(ids(await scene.claim({ queues: ['nobody'] }))).toEqual([]);
      expect((await scene.record('other')).state).toBe('pending');
    });

    test('given jobs with and without keys, when they are claimed, then one order runs through both', async (scene) => {
      await scene.limit({ maxConcurrent: 10 });
      await scene.insert(
        { id: 'plain-1', priority: 1 },
        { id: 'keyed-2', priority: 2, keys: [tenant('a')] },
        { id: 'plain-3', priority: 3 },
        { id: 'keyed-4', priority: 4, keys: [tenant('b')] },
        { id: 'keyed-0', keys: [tenant('a')] },
        { id: 'plain-0' },
      );
      expect(ids(await scene.claim())).toEqual(['keyed-4', 'plain-3', 'keyed-2', 'plain-1', 'keyed-0', 'plain-0']);
    });

    test('given keys of many values, when one slot claims, then it takes the best of all keys', async (scene) => {
      await scene.limit({ maxConcurrent: 10 });
      await scene.insert(
        { id: 'a-1', priority: 1, keys: [tenant('a')] },
        { id: 'b-3', priority: 3, keys: [tenant('b')] },
        { id: 'c-2', priority: 2, keys: [tenant('c')] },
        { id: 'a-4', priority: 4, keys: [tenant('a')] },
      );
      expect(await scene.drain({ slots: 1 })).toEqual(['a-4', 'b-3', 'c-2', 'a-1']);
    });

    test('given keyed jobs that are delayed, when they come due, then they merge with the others by due time', async (scene) => {
      await scene.limit({ maxConcurrent: 10 });
      await scene.insert({ id: 'keyed-late', delayMs: 80, keys: [tenant('a')] }, { id: 'plain', delayMs: 60 });
      await scene.insert({ id: 'keyed-early', delayMs: 40, keys: [tenant('a')] });
      await scene.advance(100);
      expect(ids(await scene.claim())).toEqual(['keyed-early', 'plain', 'keyed-late']);
    });

    test('given a job that was given back, when it is claimed again, then it has kept its place in the line', async (scene) => {
      await scene.insert({ id: 'a', dueAt: scene.now() - 500 }, { id: 'b', dueAt: scene.now() - 400 });
      const held = await scene.claimOne('a');
      await scene.advance(50);
      await scene.settle(held, released());
      expect(ids(await scene.claim())).toEqual(['a', 'b']);
    });

    test('given a job that was suspended and resumed, when it is claimed, then it has kept its place in the line', async (scene) => {
      await scene.insert({ id: 'a' }, { id: 'b' });
      await scene.control('suspend', 'a');
      await scene.control('resume', 'a');
      expect(ids(await scene.claim())).toEqual(['a', 'b']);
    });

    test('given 500 jobs of random priorities, when they are drained one batch at a time, then the whole order is strict', async (scene) => {
      const priorityOf = (i: number): number => (i * 7_919) % 13;
      await scene.insert(...many(500, 'job').map((job, i) => ({ ...job, priority: priorityOf(i) })));
      const order = await scene.drain({ slots: 7 });
      const expected = Array.from({ length: 500 }, (_, i) => i).sort((a, b) => priorityOf(b) - priorityOf(a) || a - b);
      expect(order).toEqual(expected.map((i) => `job-${i + 1}`));
    });
  },
};
