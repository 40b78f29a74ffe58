import { expect } from 'vitest';
import { newPresence } from './fixtures.js';
import type { Topic } from './suite.js';

export const presence: Topic = {
  name: 'presence of workers',
  cases(test) {
    test('given a heartbeat, when the workers are asked for, then it is there with every field and when it was seen', async (scene) => {
      const worker = newPresence({
        name: `it's "host" 😀:1`,
        queues: ['a', 'b'],
        tasks: [],
        startedAt: 77,
        concurrency: 5,
        running: 2,
      });
      await scene.extend([], { worker });
      expect(await scene.store.workers()).toEqual([{ ...worker, seenAt: scene.now() }]);
    });

    test('given a worker, when it beats again, then its presence is renewed, not doubled', async (scene) => {
      await scene.extend([], { worker: newPresence({ running: 1 }) });
      await scene.advance(500);
      await scene.extend([], { worker: newPresence({ running: 2 }) });
      expect(await scene.store.workers()).toEqual([{ ...newPresence({ running: 2 }), seenAt: scene.now() }]);
    });

    test('given workers of other leases, when one was not seen within its own, then it is no longer alive', async (scene) => {
      await scene.extend([], { worker: newPresence({ id: 'short' }), leaseMs: 1_000 });
      await scene.extend([], { worker: newPresence({ id: 'long' }), leaseMs: 10_000 });
      expect((await scene.store.workers()).map((worker) => worker.id).sort()).toEqual(['long', 'short']);
      await scene.advance(1_001);
      expect((await scene.store.workers()).map((worker) => worker.id)).toEqual(['long']);
    });

    test('given a worker, when it says good-bye, then it is gone at once and the others stay', async (scene) => {
      await scene.extend([], { worker: newPresence({ id: 'leaves' }) });
      await scene.extend([], { worker: newPresence({ id: 'stays' }) });
      await scene.extend([], { worker: newPresence({ id: 'leaves' }), leaving: true });
      expect((await scene.store.workers()).map((worker) => worker.id)).toEqual(['stays']);
    });

    test('given a worker that was gone, when it beats again, then it is alive again', async (scene) => {
      await scene.extend([], { leaseMs: 1_000 });
      await scene.advance(5_000);
      await scene.maintain();
      await scene.extend([], { leaseMs: 1_000 });
      expect(await scene.store.workers()).toHaveLength(1);
    });

    test('given a worker that leaves with a claim, when the claim is looked at, then it still holds until it is settled', async (scene) => {
      await scene.insert({ id: 'a' });
      const job = await scene.claimOne('a');
      await scene.extend([job.token], { leaving: true });
      expect(await scene.complete(job)).toEqual(['ok']);
    });
  },
};
