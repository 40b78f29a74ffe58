import { expect } from 'vitest';
import { completed } from '../../core/transitions.js';
import { ids, keep, newPresence, newSchedule, tenant } from './fixtures.js';
import type { Topic } from './suite.js';

export const lifecycle: Topic = {
  name: 'open and close',
  cases(test) {
    test('given an open store, when it is opened again, then its jobs are still there', async (scene) => {
      await scene.insert({ id: 'a' });
      await scene.store.open();
      expect(await scene.has('a')).toBe(true);
    });

    test('given a closed store, when it is closed again, then nothing happens', async (scene) => {
      await scene.store.close();
      await expect(scene.store.close()).resolves.toBeUndefined();
    });

    test('given a closed store, when any other verb is called, then it rejects', async (scene) => {
      const { store } = scene;
      await store.close();
      const calls: Record<string, () => Promise<unknown>> = {
        insert: () => scene.insert({ id: 'a' }),
        exchange: () => scene.claim(),
        extend: () => scene.extend([]),
        update: () => store.update([]),
        maintain: () => scene.maintain(),
        control: () => scene.control('cancel', 'a'),
        get: () => store.get(['a']),
        list: () => store.list({}, null, 10),
        count: () => store.count({}),
        inspect: () => store.inspect('a'),
        putSchedule: () => store.putSchedule(newSchedule()),
        removeSchedule: () => store.removeSchedule('nightly'),
        listSchedules: () => store.listSchedules({}, 10),
        advanceSchedules: () => store.advanceSchedules([]),
        configure: () => store.configure({}),
        workers: () => store.workers(),
      };
      for (const [verb, call] of Object.entries(calls)) {
        await expect(Promise.resolve().then(call), verb).rejects.toThrow();
      }
    });

    test('given empty batches, when the verbs are called, then they answer empty', async (scene) => {
      const { store } = scene;
      expect(await store.insert([])).toEqual([]);
      expect(await store.get([])).toEqual([]);
      expect(await store.update([])).toEqual([]);
      expect(await store.advanceSchedules([])).toEqual([]);
      expect(await store.configure({})).toEqual([]);
      expect((await store.control('cancel', { ids: [] }, 10)).answers).toEqual([]);
      const reply = await store.exchange({ worker: 'worker-1', settle: [], claim: null });
      expect(reply).toMatchObject({ now: scene.now(), settled: [], jobs: [] });
    });

    test('given work in every state, when the store is reopened, then its records, settings and schedules are as before', async (scene, skip) => {
      if (scene.subject.reopen === undefined) return skip('nothing outlives a close of this store');
      await scene.limit({ maxConcurrent: 1 });
      await scene.queue({ concurrency: 5 });
      await scene.insert({ id: 'done' });
      await scene.complete(await scene.claimOne('done'));
      await scene.insert({ id: 'held', keys: [tenant('acme')] });
      const held = await scene.claimOne('held');
      await scene.insert({ id: 'waiting', keys: [tenant('acme')] }, { id: 'later', delayMs: 9_000 });
      await scene.store.putSchedule(newSchedule());
      await scene.extend([held.token], { worker: newPresence({ id: 'worker-7' }) });
      const before = await scene.list();
      const schedulesBefore = await scene.store.listSchedules({}, 10);

      await scene.store.close();
      const reopened = await scene.subject.reopen();
      try {
        expect((await reopened.list({}, null, 1_000)).jobs).toEqual(before);
        expect(await reopened.listSchedules({}, 10)).toEqual(schedulesBefore);
        expect((await reopened.workers()).map((worker) => worker.id)).toEqual(['worker-7']);
        expect((await reopened.inspect('waiting'))?.keys[0]).toMatchObject({
          running: 1,
          limits: { maxConcurrent: 1 },
        });
        expect((await reopened.inspect('later'))?.queue.concurrency).toBe(5);
      } finally {
        await reopened.close();
      }
    });

    test('given a held job and a waiter on its key, when the store is reopened, then the token still settles and the waiter follows', async (scene, skip) => {
      if (scene.subject.reopen === undefined) return skip('nothing outlives a close of this store');
      await scene.limit({ maxConcurrent: 1 });
      await scene.insert({ id: 'held', keys: [tenant('acme')] });
      const { id, seq, token } = await scene.claimOne('held');
      await scene.insert({ id: 'waiting', keys: [tenant('acme')] });

      await scene.store.close();
      const reopened = await scene.subject.reopen();
      try {
        const settle = [{ id, seq, token, transition: completed('"ok"', keep), endedAgoMs: 0 }];
        const claim = {
          token: 'after',
          suspectToken: null,
          queues: ['images'],
          slots: 4,
          prefetch: 0,
          leaseMs: 5_000,
          adopt: [],
          isWorkKnown: true,
        };
        const reply = await reopened.exchange({ worker: 'worker-2', settle, claim });
        expect(reply.settled).toEqual(['ok']);
        expect(ids(reply)).toEqual(['waiting']);
      } finally {
        await reopened.close();
      }
    });
  },
};
