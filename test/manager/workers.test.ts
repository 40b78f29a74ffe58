import { describe, expect, it } from 'vitest';
import { task } from '../../src/index.js';
import { World } from '../engine/world.js';

const quick = task('quick', (n: number) => n);

describe('workers', () => {
  it('given managers of several kinds, when asked, then the live workers say what they do', async () => {
    const world = new World();
    const t0 = world.time.now;
    const a = await world.startedLife({
      tasks: [quick, task('mail', () => {}, { queue: 'letters' })],
      concurrency: 3,
      leaseMs: 6_000,
    });
    await world.started({ work: false });
    expect(await a.manager.workers()).toEqual([
      {
        id: expect.any(String),
        name: expect.any(String),
        startedAt: t0,
        seenAt: t0,
        queues: ['default', 'letters'],
        tasks: ['quick', 'mail'],
        concurrency: 3,
        running: 0,
      },
    ]);
    const observer = world.manager({ work: false });
    a.kill();
    await world.time.advance('7s');
    expect(await observer.workers()).toEqual([]);
  });

  it('given a manager stops or closes, when asked, then it has gone at once', async () => {
    const world = new World();
    const observer = world.manager({ work: false });
    const [a, b] = [await world.running(quick), await world.running(quick)];
    expect(await observer.workers()).toHaveLength(2);
    await a.stop();
    await world.time.settle();
    expect(await observer.workers()).toHaveLength(1);
    await b.close();
    expect(await observer.workers()).toEqual([]);
  });

  it('given a task is added to a running manager, when a second passes, then the worker’s record has it', async () => {
    const world = new World();
    const manager = await world.running(quick);
    manager.addTask(task('later', () => {}, { queue: 'letters' }));
    await world.time.advance('1s');
    expect((await manager.workers())[0]).toMatchObject({ tasks: ['quick', 'later'], queues: ['default', 'letters'] });
  });
});
