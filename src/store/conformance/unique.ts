import { expect } from 'vitest';
import type { Unique } from '../../core/job.js';
import { released, retried } from '../../core/transitions.js';
import { newError, OTHER_QUEUE, tenant } from './fixtures.js';
import type { Topic } from './suite.js';

const started: Unique = { key: 'report', until: 'started', onConflict: 'keep' };
const finished: Unique = { key: 'report', until: 'finished', onConflict: 'keep' };
const replacing: Unique = { key: 'report', until: 'finished', onConflict: 'replace' };

export const unique: Topic = {
  name: 'unique',
  cases(test) {
    test('given a waiting job under a unique key, when another comes to keep it, then it exists and nothing changes', async (scene) => {
      await scene.insert({ id: 'a', unique: started, input: '1' });
      const before = await scene.record('a');
      expect(await scene.insert({ id: 'b', unique: started, input: '2' })).toMatchObject([
        { status: 'existing', id: 'a' },
      ]);
      expect(await scene.record('a')).toEqual(before);
      expect(await scene.has('b')).toBe(false);
    });

    test('given two of one unique key in a batch, when it is inserted, then the second finds the first', async (scene) => {
      const answers = await scene.insert({ id: 'a', unique: started }, { id: 'b', unique: started });
      expect(answers).toMatchObject([
        { status: 'inserted', id: 'a' },
        { status: 'existing', id: 'a' },
      ]);
    });

    test('given other unique keys, when jobs come under them, then each is inserted', async (scene) => {
      const answers = await scene.insert(
        { id: 'a', unique: started },
        { id: 'b', unique: { ...started, key: 'Report' } },
        { id: 'c', unique: { ...started, key: 'report ' } },
      );
      expect(answers.map((answer) => answer.status)).toEqual(['inserted', 'inserted', 'inserted']);
    });

    test('given a unique key of one queue, when it comes in another queue, then it is another key', async (scene) => {
      await scene.insert({ id: 'a', unique: started });
      const answers = await scene.insert(
        { id: 'b', unique: started, queue: OTHER_QUEUE },
        { id: 'c', unique: started, task: 'mail' },
      );
      expect(answers).toMatchObject([
        { status: 'inserted', id: 'b' },
        { status: 'existing', id: 'a' },
      ]);
    });

    test('given a job unique until it started, when it is claimed, then the key is free', async (scene) => {
      await scene.insert({ id: 'a', unique: started });
      await scene.claimOne('a');
      expect((await scene.record('a')).unique).toBeNull();
      expect(await scene.insert({ id: 'b', unique: started })).toMatchObject([{ status: 'inserted', id: 'b' }]);
    });

    test('given a job unique until it started, when it waits for a retry, then it does not regain the key', async (scene) => {
      await scene.insert({ id: 'a', unique: started });
      await scene.settle(await scene.claimOne('a'), retried(newError(), 10));
      expect(await scene.insert({ id: 'b', unique: started })).toMatchObject([{ status: 'inserted', id: 'b' }]);
      expect((await scene.record('a')).unique).toBeNull();
    });

    test('given the key moved on to a second job, when the first ends, then the second still holds it', async (scene) => {
      await scene.insert({ id: 'a', unique: started });
      const held = await scene.claimOne('a');
      await scene.insert({ id: 'b', unique: started });
      await scene.complete(held);
      expect(await scene.insert({ id: 'c', unique: started })).toMatchObject([{ status: 'existing', id: 'b' }]);
    });

    test('given a job unique until it finished, when it runs, then the key is taken', async (scene) => {
      await scene.insert({ id: 'a', unique: finished });
      await scene.claimOne('a');
      expect(await scene.insert({ id: 'b', unique: finished })).toMatchObject([{ status: 'existing', id: 'a' }]);
    });

    test('given a job unique until it finished, when it waits for a retry or is given back, then the key is taken', async (scene) => {
      await scene.insert({ id: 'a', unique: finished });
      await scene.settle(await scene.claimOne('a'), released());
      expect(await scene.insert({ id: 'b', unique: finished })).toMatchObject([{ status: 'existing', id: 'a' }]);
      await scene.settle(await scene.claimOne('a'), retried(newError(), 10));
      expect(await scene.insert({ id: 'c', unique: finished })).toMatchObject([{ status: 'existing', id: 'a' }]);
    });

    test('given a job unique until it finished, when it completes, then the key is free', async (scene) => {
      await scene.insert({ id: 'a', unique: finished });
      await scene.complete(await scene.claimOne('a'));
      expect((await scene.record('a')).unique).toBeNull();
      expect(await scene.insert({ id: 'b', unique: finished })).toMatchObject([{ status: 'inserted', id: 'b' }]);
    });

    test('given a waiting unique job, when it is cancelled, then the key is free', async (scene) => {
      await scene.insert({ id: 'a', unique: finished });
      await scene.control('cancel', 'a');
      expect(await scene.insert({ id: 'b', unique: finished })).toMatchObject([{ status: 'inserted', id: 'b' }]);
    });

    test('given a waiting unique job, when it is deleted, then the key is free', async (scene) => {
      await scene.insert({ id: 'a', unique: finished });
      await scene.control('delete', 'a');
      expect(await scene.insert({ id: 'b', unique: finished })).toMatchObject([{ status: 'inserted', id: 'b' }]);
    });

    test('given a unique job whose lease expires twice, when it fails of it, then the key is free', async (scene) => {
      await scene.insert({ id: 'a', unique: finished, maxAttempts: 1 });
      await scene.claimOne('a');
      await scene.rescue();
      expect(await scene.insert({ id: 'b', unique: finished })).toMatchObject([{ status: 'existing', id: 'a' }]);
      await scene.claimOne('a', { suspectToken: 'second' });
      await scene.rescue();
      expect(await scene.insert({ id: 'c', unique: finished })).toMatchObject([{ status: 'inserted', id: 'c' }]);
    });

    test('given a suspended unique job, when another comes, then no second one is made', async (scene) => {
      await scene.insert({ id: 'a', unique: started });
      await scene.control('suspend', 'a');
      expect(await scene.insert({ id: 'b', unique: started })).toMatchObject([{ id: 'a' }]);
      expect(await scene.has('b')).toBe(false);
    });

    test('given an ended unique job, when it is redriven, then it does not regain the key', async (scene) => {
      await scene.insert({ id: 'a', unique: finished });
      await scene.complete(await scene.claimOne('a'));
      await scene.control('retry', 'a');
      expect(await scene.insert({ id: 'b', unique: finished })).toMatchObject([{ status: 'inserted', id: 'b' }]);
    });

    test('given a waiting job, when another comes to replace it, then it takes over input, due time, priority, labels and keys, and keeps its id', async (scene) => {
      await scene.insert({
        id: 'a',
        unique: replacing,
        input: '1',
        delayMs: 9_000,
        priority: 1,
        labels: { of: 'a' },
        keys: [tenant('a')],
      });
      const before = await scene.record('a');
      await scene.advance(250);
      const answers = await scene.insert({
        id: 'b',
        unique: replacing,
        input: '2',
        delayMs: 4_000,
        priority: 2,
        labels: { of: 'b' },
        keys: [tenant('b')],
        maxAttempts: 8,
      });
      expect(answers).toMatchObject([{ status: 'replaced', id: 'a' }]);
      const after = await scene.record('a');
      expect(after).toMatchObject({
        state: 'pending',
        reason: 'replaced',
        input: '2',
        dueAt: scene.now() + 4_000,
        priority: 2,
        labels: { of: 'b' },
        keys: [tenant('b')],
        createdAt: before.createdAt,
        maxAttempts: before.maxAttempts,
        unique: replacing,
      });
      expect(after.rev).toBeGreaterThan(before.rev);
      expect(await scene.has('b')).toBe(false);
    });

    test('given a delayed job, when its replacement is due at once, then it is claimed at once with the new input', async (scene) => {
      await scene.insert({ id: 'a', unique: replacing, input: '1', delayMs: 9_000 });
      await scene.insert({ id: 'b', unique: replacing, input: '2' });
      expect((await scene.claimOne('a')).input).toBe('2');
    });

    test('given a ready job, when its replacement is due later, then it is not claimed before', async (scene) => {
      await scene.insert({ id: 'a', unique: replacing });
      await scene.insert({ id: 'b', unique: replacing, delayMs: 3_000 });
      const reply = await scene.claim();
      expect(reply.jobs).toEqual([]);
      expect(reply.nextAt).toBe(scene.now() + 3_000);
      await scene.advance(3_000);
      await scene.claimOne('a');
    });

    test('given a ready job, when its replacement has a larger priority, then it is claimed in its new place', async (scene) => {
      await scene.insert({ id: 'a', unique: replacing, priority: 1 }, { id: 'between', priority: 5 });
      await scene.insert({ id: 'b', unique: replacing, priority: 9 });
      expect(await scene.drain({ slots: 1 })).toEqual(['a', 'between']);
    });

    test('given a job that waits on a full key, when its replacement has a free key, then it is claimed', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await scene.insert({ id: 'holder', keys: [tenant('full')] });
      await scene.claimOne('holder');
      await scene.insert({ id: 'a', unique: replacing, keys: [tenant('full')] });
      expect((await scene.claim()).jobs).toEqual([]);
      await scene.insert({ id: 'b', unique: replacing, keys: [tenant('free')] });
      expect((await scene.claimOne('a')).keys).toEqual([tenant('free')]);
    });

    test('given a running job, when another comes to replace it, then it exists and the running one is untouched', async (scene) => {
      await scene.insert({ id: 'a', unique: replacing, input: '1' });
      await scene.claimOne('a');
      const before = await scene.record('a');
      expect(await scene.insert({ id: 'b', unique: replacing, input: '2' })).toMatchObject([
        { status: 'existing', id: 'a' },
      ]);
      expect(await scene.record('a')).toEqual(before);
    });

    test('given a job that was replaced, when its first insert is repeated, then it exists and keeps what it took over', async (scene) => {
      await scene.insert({ id: 'a', unique: replacing, input: '1' });
      await scene.insert({ id: 'b', unique: replacing, input: '2' });
      expect(await scene.insert({ id: 'a', unique: replacing, input: '1' })).toMatchObject([
        { status: 'existing', id: 'a' },
      ]);
      expect((await scene.record('a')).input).toBe('2');
    });

    test('given a unique key taken, when an id that exists comes under it, then the id decides', async (scene) => {
      await scene.insert({ id: 'a', unique: started }, { id: 'other' });
      expect(await scene.insert({ id: 'other', unique: started })).toMatchObject([{ status: 'existing', id: 'other' }]);
    });
  },
};
