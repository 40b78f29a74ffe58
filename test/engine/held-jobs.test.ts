/** What a worker keeps of jobs that it has done with. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { task } from '../../src/index.js';
import { World, wrapped } from './world.js';

it('given a backlog under which jobs always wait here, when most have ended, then the ended ones are held no more', async () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const world = new World();
  const claimed: WeakRef<object>[] = [];
  const store = wrapped(world.store, {
    exchange: async (request) => {
      const reply = await world.store.exchange(request);
      for (const job of reply.jobs) claimed.push(new WeakRef(job));
      return reply;
    },
  });
  const works = task('works', () => new Promise<void>((resolve) => world.time.host.timer(1, resolve)));
  const { manager } = await world.startedLife({ tasks: [works], store, concurrency: 2 });
  await manager.enqueueMany(works, Array(3_000).fill(undefined));
  await world.time.advance('1s');
  gc();
  const alive = claimed.filter((ref) => ref.deref() !== undefined).length;
  expect(alive).toBeLessThan(500);
});
