import { describe, expect, it } from 'vitest';
import { IdempotencyConflictError, OptionError, task, taskRef } from '../../src/index.js';
import { World } from '../engine/world.js';

const note = task('note', (input: unknown) => input);

describe('an idempotency key', () => {
  it('given the same key and input, when it is enqueued again, then it is the same job', async () => {
    const world = new World();
    const manager = world.manager();
    const first = await manager.enqueue(note, { b: 1, a: 2 }, { idempotencyKey: 'upload-17' });
    const second = await manager.enqueue(note, { a: 2, b: 1 }, { idempotencyKey: 'upload-17' });
    expect([first.isNew, second.isNew]).toEqual([true, false]);
    expect(second.id).toBe(first.id);
    expect((await manager.count()).pending).toBe(1);
  });

  it('given the same key and another input, when it is enqueued, then the error names both', async () => {
    const world = new World();
    const manager = world.manager();
    const first = await manager.enqueue(note, 1, { idempotencyKey: 'upload-17' });
    const error = await manager.enqueue(note, 2, { idempotencyKey: 'upload-17' }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(IdempotencyConflictError);
    expect(error).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT', idempotencyKey: 'upload-17', jobId: first.id });
    const digests = /digest (\S+); this call's have (\S+)\. /.exec((error as Error).message);
    expect(digests?.[1]).toBeTruthy();
    expect(digests?.[2]).not.toBe(digests?.[1]);
  });

  it('given the same key of another task with the same input, when it is enqueued, then it is a conflict', async () => {
    const world = new World();
    const manager = world.manager();
    await manager.enqueue(note, 1, { idempotencyKey: 'k' });
    await expect(
      manager.enqueue(
        task('memo', (n: number) => n),
        1,
        { idempotencyKey: 'k' },
      ),
    ).rejects.toThrow(IdempotencyConflictError);
  });

  it('given the same key in another queue, when it is enqueued, then it is another job', async () => {
    const world = new World();
    const manager = world.manager();
    const a = await manager.enqueue(taskRef('t', { queue: 'a' }), 1, { idempotencyKey: 'k' });
    const b = await manager.enqueue(taskRef('t', { queue: 'b' }), 2, { idempotencyKey: 'k' });
    expect(b.id).not.toBe(a.id);
  });

  it('given the job has ended, when the key comes again, then it holds while the record exists, and no longer', async () => {
    const world = new World();
    const manager = await world.running(note);
    const first = await manager.enqueue(note, 1, { idempotencyKey: 'k' });
    await world.time.advance('10s');
    expect(await manager.enqueue(note, 1, { idempotencyKey: 'k' })).toMatchObject({ id: first.id, isNew: false });
    await manager.delete(first.id);
    expect(await manager.enqueue(note, 2, { idempotencyKey: 'k' })).toMatchObject({ isNew: true });
  });

  it('given two managers race with one key, when both enqueue, then one of them made the job', async () => {
    const world = new World();
    const jobs = await Promise.all(
      [world.manager(), world.manager()].map((m) => m.enqueue(note, 1, { idempotencyKey: 'k' })),
    );
    expect(jobs.map((job) => job.isNew).sort()).toEqual([false, true]);
    expect(jobs[0]?.id).toBe(jobs[1]?.id);
  });

  it('given enqueueMany from untyped code, when it is given a key, then it refuses rather than to drop inputs', async () => {
    const world = new World();
    const manager = world.manager();
    for (const options of [{ idempotencyKey: 'k' }, { unique: { key: 'k' } }]) {
      await expect(manager.enqueueMany(note, [1, 2], options as never)).rejects.toThrow(OptionError);
    }
    expect((await manager.count()).pending).toBe(0);
  });
});
