/** A run that waits for what it holds itself is told so, instead of waiting for ever. */

import { type AnyTask, ConstraintDeadlockError, Task, TaskConstraintGroup, TaskManager } from 'taskspan';
import { describe, expect, it } from 'vitest';
import { gate, World, watch } from '../engine/world.js';

type Body = (manager: TaskManager) => Promise<unknown>;

/** A manager with a mutex over the tasks whose data say so. */
function mutexed(world: World, bodies: Readonly<Record<string, Body>>, exempt: readonly string[] = []) {
  const manager = world.manager();
  const tasks: Record<string, AnyTask> = {};
  for (const [name, body] of Object.entries(bodies)) {
    tasks[name] = new Task({ name, taskFunction: () => body(manager) });
    manager.addTask(tasks[name]);
  }
  const group = new TaskConstraintGroup({
    name: 'mutex',
    maxConcurrent: 1,
    constraintKeyForExecution: ({ name }) => (exempt.includes(name) ? null : 'key'),
  });
  manager.addConstraintGroup(group);
  return { manager, group, trigger: (name: string) => watch(manager.triggerTaskByName(name)) };
}

describe('under its own mutex', () => {
  it('given a task that triggers itself, when it is triggered, then ConstraintDeadlockError, and the slot is free', async () => {
    const world = new World();
    const { group, trigger } = mutexed(world, { self: (manager) => manager.triggerTaskByName('self') });
    const seen = trigger('self');
    await world.time.settle();
    expect(seen.error).toBeInstanceOf(ConstraintDeadlockError);
    expect(String(seen.error)).toMatch(/'self'.*group 'mutex', key 'key'/);
    expect(group.getRunningCount('key')).toBe(0);
  });

  it('given it catches the error, when it is triggered, then it goes on', async () => {
    const world = new World();
    const { trigger } = mutexed(world, {
      self: (manager) => manager.triggerTaskByName('self').catch((error: Error) => error.name),
    });
    const seen = trigger('self');
    await world.time.settle();
    expect(seen.value).toBe('ConstraintDeadlockError');
  });

  it('given it goes through another task without a key, when it is triggered, then the same', async () => {
    const world = new World();
    const { trigger } = mutexed(
      world,
      { outer: (m) => m.triggerTaskByName('free'), free: (m) => m.triggerTaskByName('inner'), inner: async () => {} },
      ['free'],
    );
    const seen = trigger('outer');
    await world.time.settle();
    expect(seen.error).toBeInstanceOf(ConstraintDeadlockError);
  });

  it('given it triggers after a pause, when the time comes, then the same', async () => {
    const world = new World();
    const later = gate();
    const { trigger } = mutexed(world, {
      outer: async (manager) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        later.open();
        await world.sleep(1_000);
        return manager.triggerTaskByName('inner');
      },
      inner: async () => {},
    });
    const seen = trigger('outer');
    await later.promise;
    await world.time.advance('1s');
    expect(seen.error).toBeInstanceOf(ConstraintDeadlockError);
  });

  it('given it waited for its turn behind another, when it triggers itself, then the same', async () => {
    const world = new World();
    const own = gate();
    const { trigger } = mutexed(world, { first: () => own.promise, self: (m) => m.triggerTaskByName('first') });
    const first = trigger('first');
    const seen = trigger('self');
    own.open();
    await world.time.settle();
    expect(first.isSettled).toBe(true);
    expect(seen.error).toBeInstanceOf(ConstraintDeadlockError);
  });

  it('given it is triggered by a timer after its run has ended, when another run holds the key, then it waits', async () => {
    const world = new World();
    const own = gate();
    const late: ReturnType<typeof watch>[] = [];
    const [held, done] = [gate(), gate()];
    const { trigger } = mutexed(world, {
      planner: async (manager) => {
        setTimeout(async () => {
          await held.promise;
          late.push(watch(manager.triggerTaskByName('short')));
          done.open();
        }, 1);
      },
      long: () => own.promise,
      short: async () => 'ran',
    });
    trigger('planner');
    await world.time.settle();
    trigger('long');
    held.open();
    await done.promise;
    await world.time.settle();
    expect(late[0]).toMatchObject({ isSettled: false });
    own.open();
    await world.time.settle();
    expect(late[0]?.value).toBe('ran');
  });

  it('given it doesn’t await what it triggers, when another key is free, then all is well', async () => {
    const world = new World();
    const { trigger } = mutexed(world, { outer: (m) => m.triggerTaskByName('free'), free: async () => 17 }, ['free']);
    const seen = trigger('outer');
    await world.time.settle();
    expect(seen.value).toBe(17);
  });

  it('given two slots, when it triggers itself once, then it runs; when twice, then ConstraintDeadlockError', async () => {
    const world = new World();
    const manager = world.manager();
    const nested = new Task({
      name: 'nested',
      taskFunction: async (depth: number): Promise<number> =>
        depth === 0 ? 0 : manager.triggerTask(nested, depth - 1),
    });
    manager.addConstraintGroup(
      new TaskConstraintGroup({ name: 'two', maxConcurrent: 2, constraintKeyForExecution: () => 'key' }),
    );
    const once = watch(manager.triggerTask(nested, 1));
    await world.time.settle();
    const twice = watch(manager.triggerTask(nested, 2));
    await world.time.settle();
    expect(once.value).toBe(0);
    expect(twice.error).toBeInstanceOf(ConstraintDeadlockError);
  });

  it('given a manager on the platform’s own time, when it triggers itself, then the same', async () => {
    const manager = new TaskManager();
    const self = new Task({ name: 'self', taskFunction: async (): Promise<void> => manager.triggerTask(self) });
    manager.addConstraintGroup(
      new TaskConstraintGroup({ name: 'mutex', maxConcurrent: 1, constraintKeyForExecution: () => 'key' }),
    );
    await expect(manager.triggerTask(self)).rejects.toThrow(ConstraintDeadlockError);
    await manager.close();
  });
});
