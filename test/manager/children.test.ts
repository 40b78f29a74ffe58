import { describe, expect, it } from 'vitest';
import { task } from '../../src/index.js';
import { all, snapshot, World } from '../engine/world.js';

describe('children', () => {
  it('given a function that enqueues children and fails, when it is retried, then there are no twins', async () => {
    const world = new World();
    const child = task('child', (n: number) => n);
    const parent = task(
      'parent',
      async (_input: undefined, ctx) => {
        await ctx.enqueue(child, 1);
        await ctx.enqueue(child, 2);
        await ctx.enqueue(child, 1);
        if (ctx.attempt < 3) throw new Error('again');
      },
      { retry: { attempts: 3, backoff: 10 } },
    );
    const manager = await world.running(parent, child);
    const job = await manager.enqueue(parent);
    const other = await manager.enqueue(parent);
    await world.time.advance('1s');
    const children = await all(manager.list({ parent: job.id }));
    expect(children.map((c) => c.result).sort()).toEqual([1, 2]);
    expect(children.every((c) => c.parentId === job.id)).toBe(true);
    expect((await all(manager.list({ parent: other.id }))).length).toBe(2);
  });

  it('given a child with options, when it is enqueued, then they hold, and its own key too', async () => {
    const world = new World();
    const child = task('child', (n: number) => n);
    const parent = task('parent', async (_input: undefined, { enqueue }) => [
      (await enqueue(child, 1, { in: '1h', priority: 3 })).id,
      (await enqueue(child, 1, { idempotencyKey: 'mine' })).id,
      (await enqueue(child, 1, { unique: { key: 'u' } })).id,
    ]);
    const manager = await world.running(parent);
    const job = await manager.enqueue(parent);
    await world.time.settle();
    const ids = (await snapshot(manager, job.id)).result as string[];
    expect(new Set(ids).size).toBe(3);
    expect(await snapshot(manager, ids[0] as string)).toMatchObject({
      priority: 3,
      placement: 'delayed',
      parentId: job.id,
    });
    expect((await snapshot(manager, ids[2] as string)).parentId).toBe(job.id);
  });
});
