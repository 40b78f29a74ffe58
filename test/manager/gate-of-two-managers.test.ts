import { describe, expect, it } from 'vitest';
import { type TaskConstraintGroup, type TaskManager, task } from '../../src/index.js';
import { World, watch } from '../engine/world.js';
import { groupOf } from './groups.js';

/** Two managers of one process that have the same group. */
function sharing(world: World, group: TaskConstraintGroup): [one: TaskManager, other: TaskManager] {
  const managers = [world.manager(), world.manager()] as const;
  for (const manager of managers) manager.addConstraintGroup(group);
  return [...managers];
}

describe('a group that two managers of a process share', () => {
  it('given each has a trigger waiting for one key, when it is freed, then they go in the order they came', async () => {
    const world = new World();
    const group = groupOf('mutex', { note: 'a' });
    const [one, other] = sharing(world, group);
    const order: string[] = [];
    const note = task('note', async (name: string) => void order.push(name));
    // What one manager alone has counted must not matter.
    for (let i = 0; i < 5; i++) await one.triggerTask(task('free', () => {}));
    group.acquireSlot('a');
    const ran = watch(Promise.all([one.triggerTask(note, 'first'), other.triggerTask(note, 'second')]));
    group.releaseSlot('a');
    await world.time.advance('1s');
    expect([order, ran.isSettled]).toEqual([['first', 'second'], true]);
  });

  it('given each has a trigger waiting, when one manager closes, then the other’s waits on and runs', async () => {
    const world = new World();
    const group = groupOf('mutex', { answer: 'a' });
    const [closes, stays] = sharing(world, group);
    const answer = task('answer', async () => 'ok');
    group.acquireSlot('a');
    const [refused, waiting] = [watch(closes.triggerTask(answer)), watch(stays.triggerTask(answer))];
    await closes.close();
    await world.time.advance('1s');
    expect(refused.error).toMatchObject({ code: 'CLOSED' });
    expect(waiting.isSettled).toBe(false);
    group.releaseSlot('a');
    await world.time.advance('1s');
    expect(waiting.value).toBe('ok');
  });

  it('given each has a trigger waiting, when one manager removes the group, then only its own is let go', async () => {
    const world = new World();
    const group = groupOf('mutex', { answer: 'a' });
    const [removes, keeps] = sharing(world, group);
    const answer = task('answer', async () => 'ok');
    group.acquireSlot('a');
    const [released, held] = [watch(removes.triggerTask(answer)), watch(keeps.triggerTask(answer))];
    removes.removeConstraintGroup('mutex');
    await world.time.advance('1s');
    expect([released.value, held.isSettled]).toEqual(['ok', false]);
  });

  it.each([
    { ofOne: 2, ofOther: 1, before: 0 },
    { ofOne: 2, ofOther: 3, before: 3 },
  ])(
    'given $ofOne triggers of one and $ofOther of the other, which came $before calls further, when one waits for being idle, then it hears of it',
    async ({ ofOne, ofOther, before }) => {
      const world = new World();
      const [one, other] = sharing(world, groupOf('mutex', { works: 'a' }));
      for (let i = 0; i < before; i++) await other.triggerTask(task('free', () => {}));
      const works = task('works', () => world.sleep(1_000));
      for (let i = 0; i < ofOne; i++) watch(one.triggerTask(works));
      for (let i = 0; i < ofOther; i++) watch(other.triggerTask(works));
      const idle = watch(one.whenIdle());
      await world.time.advance('20s');
      expect([works.runCount, idle.isSettled]).toEqual([ofOne + ofOther, true]);
    },
  );

  it('given a cooldown and both wait by turns, when time passes, then all run', async () => {
    const world = new World();
    const group = groupOf('slow', { echo: 'a' }, { maxConcurrent: 1, cooldownMs: 1_000 });
    const [one, other] = sharing(world, group);
    const echo = task('echo', async (name: string) => name);
    group.acquireSlot('a');
    group.releaseSlot('a');
    const all = watch(
      Promise.all([one, other, one, other].map((manager, at) => manager.triggerTask(echo, String(at)))),
    );
    await world.time.advance('20s');
    expect(all.value).toEqual(['0', '1', '2', '3']);
  });

  it('given two keys cool down and one manager waits for both, the other for one, when time passes, then nobody is forgotten', async () => {
    const world = new World();
    const group = groupOf('slow', { left: 'a', right: 'b' }, { maxConcurrent: 1, cooldownMs: 1_000 });
    const [one, other] = sharing(world, group);
    for (const key of ['a', 'b']) {
      group.acquireSlot(key);
      group.releaseSlot(key);
    }
    const [left, right] = [task('left', async () => 'left'), task('right', async () => 'right')];
    const all = watch(Promise.all([other.triggerTask(right), one.triggerTask(left), other.triggerTask(left)]));
    await world.time.advance('60s');
    expect(all.value).toEqual(['right', 'left', 'left']);
  });
});
