/** The time-out of a trigger. */

import { Task, TimeoutError } from 'taskspan';
import { describe, expect, it } from 'vitest';
import { gate, World, watch } from '../engine/world.js';

describe('a time-out', () => {
  async function managed(world: World, taskFunction: (signal: AbortSignal) => Promise<unknown>) {
    const task = new Task({
      name: 'slow',
      timeout: '10s',
      grace: '2s',
      taskFunction: (_input: undefined, _setup, ctx) => taskFunction(ctx.signal),
    });
    const manager = world.manager({ tasks: [task] });
    return { task, seen: watch(manager.triggerTask(task)) };
  }

  it('given a run that heeds its signal, when its time is out, then it rejects with TimeoutError at once', async () => {
    const world = new World();
    const { task, seen } = await managed(world, (signal) => world.sleep(60_000, signal));
    await world.time.advance(9_999);
    expect(seen.isSettled).toBe(false);
    await world.time.advance(1);
    expect(seen.error).toBeInstanceOf(TimeoutError);
    expect([task.lastError, task.running]).toEqual([seen.error, false]);
  });

  it('given a run that ignores its signal, when its grace is over, then it rejects, and its late end changes nothing', async () => {
    const world = new World();
    const own = gate();
    const { task, seen } = await managed(world, () => own.promise);
    await world.time.advance(11_999);
    expect(seen.isSettled).toBe(false);
    await world.time.advance(1);
    expect(seen.error).toBeInstanceOf(TimeoutError);
    own.open();
    await world.time.settle();
    expect([task.errorCount, task.getMetadata().status, task.running]).toEqual([1, 'failed', false]);
  });

  it('given a run that ends in time, when time goes on, then nothing happens', async () => {
    const world = new World();
    const { task, seen } = await managed(world, async () => 'done');
    await world.time.advance('1m');
    expect([seen.value, task.errorCount]).toEqual(['done', 0]);
  });
});
