import { describe, expect, it } from 'vitest';
import { task, ValueError } from '../../src/index.js';
import { failure, gate, snapshot, World } from './world.js';

describe('a record that can not be run', () => {
  for (const input of ['{"half":', '~1:[', '~99:{}']) {
    it(`given the stored input ${input}, when a worker takes it, then the job fails as corrupt and the queue flows`, async () => {
      const world = new World();
      let runs = 0;
      const counted = task('counted', () => {
        runs += 1;
      });
      const manager = await world.running(counted);
      await world.put({ id: 'corrupt-1', task: 'counted', input });
      const job = await manager.enqueue(counted);
      await world.time.advance('10s');
      expect(await snapshot(manager, 'corrupt-1')).toMatchObject({
        state: 'failed',
        reason: 'corrupt',
        input: undefined,
        attempt: 1,
      });
      expect((await snapshot(manager, job.id)).state).toBe('completed');
      expect(runs).toBe(1);
    });
  }

  it('given a stored result that is corrupt, when it is awaited, then it rejects with ValueError', async () => {
    const world = new World();
    const opened = gate();
    const manager = await world.running(task('waits', () => opened.promise));
    const job = await manager.enqueue(task('waits', () => opened.promise));
    await world.time.settle();
    opened.open();
    await world.time.settle();
    const store = {
      ...world.store,
      get: async (ids: readonly string[]) => (await world.store.get(ids)).map((r) => r && { ...r, result: '{' }),
    };
    const reader = world.manager({ store, work: false });
    expect(await failure(world, reader.handle(job.id).result())).toBeInstanceOf(ValueError);
    expect((await snapshot(reader, job.id)).result).toBeUndefined();
  });
});
