import { describe, expect, it } from 'vitest';
import { task, taskRef } from '../../src/index.js';
import { gate, snapshot, World } from '../engine/world.js';

const note = task('note', (input: unknown) => input);

describe('unique', () => {
  it('given until finished, when the job waits or runs, then no second is made; when it ended, then one is', async () => {
    const world = new World();
    const opened = gate();
    const works = task('works', () => opened.promise);
    const manager = await world.running(works);
    const unique = { key: 'rebuild' };
    const first = await manager.enqueue(works, undefined, { unique, in: '1s' });
    expect(await manager.enqueue(works, undefined, { unique })).toMatchObject({ id: first.id, isNew: false });
    await world.time.advance('2s');
    expect((await snapshot(manager, first.id)).state).toBe('running');
    expect(await manager.enqueue(works, undefined, { unique })).toMatchObject({ id: first.id, isNew: false });
    opened.open();
    await world.time.settle();
    expect((await manager.enqueue(works, undefined, { unique })).isNew).toBe(true);
  });

  it('given until started, when the job runs, then one more waits', async () => {
    const world = new World();
    const opened = gate();
    const works = task('works', () => opened.promise);
    const manager = await world.started({ tasks: [works], concurrency: 1 });
    const unique = { key: 'rebuild', until: 'started' } as const;
    const first = await manager.enqueue(works, undefined, { unique });
    await world.time.settle();
    const second = await manager.enqueue(works, undefined, { unique });
    const third = await manager.enqueue(works, undefined, { unique });
    expect([first.isNew, second.isNew, third.isNew]).toEqual([true, true, false]);
    expect(third.id).toBe(second.id);
  });

  it('given onConflict keep, when another input comes, then the first stays', async () => {
    const world = new World();
    const manager = world.manager();
    const first = await manager.enqueue(note, 'first', { unique: { key: 'k' } });
    await manager.enqueue(note, 'second', { unique: { key: 'k' }, priority: 5 });
    expect(await snapshot(manager, first.id)).toMatchObject({ input: 'first', priority: 0 });
  });

  it('given onConflict replace, when another input comes, then the waiting job takes it and its due time over', async () => {
    const world = new World();
    const manager = await world.running(note);
    const unique = { key: 'k', onConflict: 'replace' } as const;
    const first = await manager.enqueue(note, 'first', { unique, in: '1m' });
    await world.time.advance('10s');
    const second = await manager.enqueue(note, 'second', { unique, in: '5m', priority: 5, labels: { v: '2' } });
    expect(second).toMatchObject({ id: first.id, isNew: false });
    expect(await snapshot(manager, first.id)).toMatchObject({
      input: 'second',
      priority: 5,
      labels: { v: '2' },
      reason: 'replaced',
      dueAt: world.time.now + 300_000,
    });
    await world.time.advance('4m');
    expect((await snapshot(manager, first.id)).state).toBe('pending');
    await world.time.advance('2m');
    expect((await snapshot(manager, first.id)).result).toBe('second');
  });

  it('given onConflict replace, when the job runs already, then what runs is left alone', async () => {
    const world = new World();
    const works = task('works', async (n: number) => {
      await world.sleep(1_000);
      return n;
    });
    const manager = await world.running(works);
    const first = await manager.enqueue(works, 1, { unique: { key: 'k' } });
    await world.time.settle();
    expect(await manager.enqueue(works, 2, { unique: { key: 'k', onConflict: 'replace' } })).toMatchObject({
      id: first.id,
      isNew: false,
    });
    await world.time.advance('2s');
    expect((await snapshot(manager, first.id)).result).toBe(1);
  });

  it('given other queues, when they use the same key, then they don’t meet', async () => {
    const world = new World();
    const manager = world.manager();
    for (const queue of ['a', 'b']) {
      expect((await manager.enqueue(taskRef('t', { queue }), 1, { unique: { key: 'k' } })).isNew).toBe(true);
    }
  });
});
