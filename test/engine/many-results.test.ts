import { describe, expect, it } from 'vitest';
import { task } from '../../src/index.js';
import { World, watch, wrapped } from './world.js';

const JOBS = 2_000;

describe('many results that are awaited at once', () => {
  it('given 2,000 jobs, when all their results are awaited, then each record is read a few times at most', async () => {
    const world = new World();
    const reads = new Map<string, number>();
    const store = wrapped(world.store, {
      get: (ids) => {
        for (const id of ids) reads.set(id, (reads.get(id) ?? 0) + 1);
        return world.store.get(ids);
      },
    });
    const echo = task('echo', async (n: number) => {
      await world.sleep(10);
      return n;
    });
    const manager = await world.started({ tasks: [echo], store, concurrency: 20 });
    const jobs = await manager.enqueueMany(
      echo,
      Array.from({ length: JOBS }, (_, i) => i),
    );
    const results = watch(Promise.all(jobs.map((job) => job.result())));
    await world.time.advance('5s');
    expect(results.value).toEqual(Array.from({ length: JOBS }, (_, i) => i));
    expect(reads.size).toBe(JOBS);
    expect(Math.max(...reads.values())).toBeLessThanOrEqual(4);
  });
});
