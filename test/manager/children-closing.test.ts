import { describe, expect, it } from 'vitest';
import { ShuttingDownError, task } from '../../src/index.js';
import { all, gate, World, watch } from '../engine/world.js';

const child = task('child', (n: number) => n);

describe('a job that enqueues a child while its manager closes', () => {
  it('given close waits for the job, when it enqueues, then the child is in the store and the job completes', async () => {
    const world = new World();
    const closing = gate();
    const parent = task('parent', async (_input: undefined, ctx) => {
      await closing.promise;
      return (await ctx.enqueue(child, 1)).id;
    });
    const manager = await world.running(parent, child);
    const job = await manager.enqueue(parent);
    await world.time.settle();
    const closed = watch(manager.close());
    await world.time.settle();
    closing.open();
    await world.time.advance('1s');
    expect(closed).toEqual({ isSettled: true, value: undefined });
    expect((await world.store.get([job.id]))[0]).toMatchObject({ state: 'completed', attempt: 1 });
    const other = world.manager({ tasks: [child] });
    expect(await all(other.list({ parent: job.id }))).toMatchObject([{ state: 'pending', task: 'child' }]);
  });

  it('given the job was given back without its consent, when it enqueues, then it is refused with ShuttingDownError', async () => {
    const world = new World();
    const drained = gate();
    const refused = gate<unknown>();
    const parent = task('parent', async (_input: undefined, ctx) => {
      await drained.promise;
      await ctx.enqueue(child, 1).catch(refused.open);
    });
    const manager = await world.running(parent, child);
    const job = await manager.enqueue(parent);
    await world.time.settle();
    const closed = watch(manager.close({ timeout: 0 }));
    await world.time.advance('5s');
    expect(closed.isSettled).toBe(true);
    drained.open();
    expect(await refused.promise).toBeInstanceOf(ShuttingDownError);
    expect((await world.store.get([job.id]))[0]).toMatchObject({ state: 'pending', reason: 'released' });
    expect(await all(world.manager().list({ parent: job.id }))).toEqual([]);
  });
});
