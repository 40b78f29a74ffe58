/** A job that triggers what it holds itself is told so; the run that enqueued it is not taken for a run around it. */

import { Task, TaskConstraintGroup, TaskManager, task } from 'taskspan';
import { describe, expect, it, onTestFinished } from 'vitest';
import { gate, World } from '../engine/world.js';

describe('a job', () => {
  it('given it triggers a task under its own key, when it runs, then it fails with ConstraintDeadlockError', async () => {
    const world = new World();
    const manager = world.manager();
    const inner = new Task({ name: 'inner', taskFunction: async () => {} });
    const outer = task('outer', () => manager.triggerTask(inner), { retry: { attempts: 1 } });
    for (const one of [inner, outer]) manager.addTask(one);
    manager.addConstraintGroup(
      new TaskConstraintGroup({ name: 'mutex', maxConcurrent: 1, constraintKeyForExecution: () => 'key' }),
    );
    await manager.start();
    await manager.whenIdle();
    const job = await manager.enqueue(outer);
    await world.time.settle();
    expect((await manager.get(job.id))?.lastError?.message).toMatch(/holds constraint group 'mutex'/);
  });

  it('given it was enqueued from a run that holds a key, when it triggers under that key, then it waits for that run', async () => {
    const manager = new TaskManager();
    onTestFinished(() => manager.close({ timeout: 0 }));
    manager.addConstraintGroup(
      new TaskConstraintGroup({
        name: 'mutex',
        maxConcurrent: 1,
        constraintKeyForExecution: ({ name }) => (name === 'job' ? null : 'key'),
      }),
    );
    const [asked, own] = [gate(), gate()];
    const inner = new Task({ name: 'inner', taskFunction: async () => 'ran' });
    const job = task(
      'job',
      () => {
        const result = manager.triggerTask(inner);
        asked.open();
        return result;
      },
      { retry: { attempts: 1 } },
    );
    for (const one of [inner, job]) manager.addTask(one);
    await manager.start();
    await manager.whenIdle();
    const outer = new Task({
      name: 'outer',
      taskFunction: async () => {
        const handle = await manager.enqueue(job);
        await own.promise;
        return handle;
      },
    });
    // The worker sleeps by now, so that the enqueue is what wakes it; if not, the test proves less, but holds.
    await new Promise((resolve) => setTimeout(resolve, 20));
    const run = manager.triggerTask(outer);
    await asked.promise;
    own.open();
    expect(await (await run).result()).toBe('ran');
  });

  it('given it has the key of the run that enqueued it, when it is claimed, then it waits for that run', async () => {
    const manager = new TaskManager();
    onTestFinished(() => manager.close({ timeout: 0 }));
    manager.addConstraintGroup(
      new TaskConstraintGroup({ name: 'mutex', maxConcurrent: 1, constraintKeyForExecution: () => 'key' }),
    );
    const job = task('job', () => 'ran', { retry: { attempts: 1 } });
    manager.addTask(job);
    await manager.start();
    await manager.whenIdle();
    const outer = new Task({
      name: 'outer',
      taskFunction: async () => {
        const handle = await manager.enqueue(job);
        // Long enough to be claimed; if the machine is slower, the test proves less, but holds.
        await new Promise((resolve) => setTimeout(resolve, 50));
        return handle;
      },
    });
    // The worker sleeps by now, so that the enqueue is what wakes it; if not, the test proves less, but holds.
    await new Promise((resolve) => setTimeout(resolve, 20));
    const handle = await manager.triggerTask(outer);
    expect(await handle.result()).toBe('ran');
  });
});
