/** How constraint groups let triggers in, as the document and its decisions have it. */

import { OptionError, Task, TaskConstraintGroup } from 'taskspan';
import { describe, expect, it } from 'vitest';
import { World } from '../engine/world.js';
import { gated } from './gated.js';

describe('slots', () => {
  it('given a key that is taken, when others come, then they wait in order, and another key isn’t delayed', async () => {
    const world = new World();
    const { trigger, inputs, end } = gated(world, {});
    const seen = ['a1', 'a2', 'a3', 'b1'].map(trigger);
    expect(inputs()).toEqual(['a1', 'b1']);
    await end('a1');
    expect([inputs(), seen[0]?.value]).toEqual([['a1', 'b1', 'a2'], 'did a1']);
    await end('a2');
    expect(inputs()).toEqual(['a1', 'b1', 'a2', 'a3']);
  });

  it('given two groups, when one has no room, then no slot of the other is taken', async () => {
    const world = new World();
    const last = (_task: unknown, input?: string): string => input?.charAt(1) ?? '';
    const { trigger, inputs, end, groups } = gated(world, {}, { constraintKeyForExecution: last });
    for (const input of ['a1', 'a2', 'b2']) trigger(input);
    // a2 waits for 'a', and so doesn't keep b2 from '2'.
    expect(inputs()).toEqual(['a1', 'b2']);
    expect(groups[1]?.getRunningCount('2')).toBe(1);
    await end('a1');
    expect([inputs(), groups[0]?.getRunningCount('a')]).toEqual([['a1', 'b2'], 0]);
    await end('b2');
    expect(inputs()).toEqual(['a1', 'b2', 'a2']);
  });

  it('given a run that fails, when it ends, then its slot is free', async () => {
    const world = new World();
    const { manager, groups } = gated(world, {});
    const bad = new Task({ name: 'bad', taskFunction: (_input: string) => Promise.reject(new Error('no')) });
    await expect(manager.triggerTask(bad, 'a1')).rejects.toThrow('no');
    expect(groups[0]?.getRunningCount('a')).toBe(0);
  });

  it('given task.trigger, when it is called, then no group holds it back', () => {
    const { task, inputs } = gated(new World(), {});
    for (const input of ['a1', 'a2']) void task.trigger(input);
    expect(inputs()).toEqual(['a1', 'a2']);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no key');
      },
      /no key/,
    ],
    ['returns a number', () => 17, /returned number for task 'work'/],
  ])(
    'given a key function that %s, when it is triggered, then the caller rejects, and no slot is taken',
    async (_what, key, message) => {
      const world = new World();
      const { manager, task, inputs, groups } = gated(world, {}, { constraintKeyForExecution: key as never });
      await expect(manager.triggerTask(task, 'a1')).rejects.toThrow(message);
      expect([inputs(), groups[0]?.getRunningCount('a')]).toEqual([[], 0]);
    },
  );

  it('given a group that is removed, when some waited for it alone, then they go; who waits for another too, waits', async () => {
    const world = new World();
    const all = (): string => 'all';
    const { manager, trigger, inputs, end } = gated(world, {}, { maxConcurrent: 2, constraintKeyForExecution: all });
    for (const input of ['a1', 'a2', 'a3']) trigger(input);
    expect(inputs()).toEqual(['a1']);
    manager.removeConstraintGroup('g0');
    await world.time.settle();
    expect(inputs()).toEqual(['a1', 'a2']);
    await end('a1');
    expect(inputs()).toEqual(['a1', 'a2', 'a3']);
    expect(manager.constraintGroups.map(({ name }) => name)).toEqual(['g1']);
    manager.removeConstraintGroup('no such group');
  });

  it('given a slot taken by hand, when it is released, then who waits runs', async () => {
    const world = new World();
    const { groups, trigger, inputs } = gated(world, {});
    groups[0]?.acquireSlot('a');
    trigger('a1');
    expect(inputs()).toEqual([]);
    groups[0]?.releaseSlot('a');
    await world.time.settle();
    expect(inputs()).toEqual(['a1']);
  });

  it('given reset, when some wait, then they run', async () => {
    const world = new World();
    const { groups, trigger, inputs } = gated(world, {});
    for (const input of ['a1', 'a2']) trigger(input);
    groups[0]?.reset();
    await world.time.settle();
    expect(inputs()).toEqual(['a1', 'a2']);
  });

  it('given two groups of one name, when the second is added, then OptionError; the same group twice is once', () => {
    const { manager, groups } = gated(new World(), {});
    manager.addConstraintGroup(groups[0] as TaskConstraintGroup);
    expect(manager.constraintGroups).toEqual(groups);
    const twin = new TaskConstraintGroup({ name: 'g0', constraintKeyForExecution: () => null });
    expect(() => manager.addConstraintGroup(twin)).toThrow(OptionError);
  });
});

describe('a cooldown', () => {
  it('given one, when a run ends, then the next under its key starts that long after the end, other keys at once', async () => {
    const world = new World();
    const { trigger, inputs, end, groups } = gated(world, { cooldownMs: 1_000 });
    for (const input of ['a1', 'a2']) trigger(input);
    await world.time.advance(5_000);
    await end('a1');
    trigger('b1');
    expect(inputs()).toEqual(['a1', 'b1']);
    await world.time.advance(999);
    expect([inputs(), groups[0]?.getCooldownRemaining('a')]).toEqual([['a1', 'b1'], 1]);
    await world.time.advance(1);
    expect(inputs()).toEqual(['a1', 'b1', 'a2']);
  });

  it('given a run that shouldExecute skips, when the next comes, then there is no cooldown', async () => {
    const world = new World();
    const shouldExecute = (_task: unknown, input?: string): boolean => input !== 'a-skip';
    const { trigger, inputs } = gated(world, { cooldownMs: 1_000, shouldExecute });
    const skipped = trigger('a-skip');
    await world.time.settle();
    trigger('a1');
    await world.time.settle();
    expect([skipped, inputs()]).toEqual([{ isSettled: true, value: undefined }, ['a1']]);
  });
});
