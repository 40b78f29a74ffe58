import { describe, expect, it } from 'vitest';
import { type AnyTask, TaskConstraintGroup, task } from '../../src/index.js';
import { World, watch } from '../engine/world.js';
import { groupOf } from './groups.js';

/** A task that counts how many of its runs, and those of its namesakes, happen at once. */
function counting(world: World) {
  const seen = { running: 0, most: 0 };
  const works = async (ms: number): Promise<void> => {
    seen.running += 1;
    seen.most = Math.max(seen.most, seen.running);
    await world.sleep(ms);
    seen.running -= 1;
  };
  return { seen, works };
}

describe('the keys of constraint groups in a process', () => {
  it('given a trigger has a free key but waits for another, when many other keys come and go, then the free one is not forgotten', async () => {
    const world = new World();
    const manager = world.manager();
    const held = groupOf('held', { both: 'a' });
    manager.addConstraintGroup(held);
    manager.addConstraintGroup(
      new TaskConstraintGroup({
        name: 'free',
        maxConcurrent: 1,
        constraintKeyForExecution: (one, input: unknown) => (one.name === 'visit' ? String(input) : 'b'),
      }),
    );
    const { seen, works } = counting(world);
    const [both, single] = [task('both', () => works(1_000)), task('single', () => works(1_000))];
    held.acquireSlot('a');
    const first = watch(manager.triggerTask(both));
    const visit = task('visit', (_name: string) => {});
    for (let i = 0; i < 5; i++) await manager.triggerTask(visit, `k${i}`);
    const second = watch(manager.triggerTask(single));
    held.releaseSlot('a');
    await world.time.advance('10s');
    expect([first.isSettled, second.isSettled, seen.most]).toEqual([true, true, 1]);
  });

  it('given a run that reset let in triggers under another key, when reset is done, then that one counts', async () => {
    const world = new World();
    const manager = world.manager();
    const group = groupOf('mutex', { outer: 'a', inner: 'b' });
    manager.addConstraintGroup(group);
    const inner = task('inner', () => world.sleep(1_000));
    const outer = task('outer', () => {
      watch(manager.triggerTask(inner));
    });
    group.acquireSlot('a');
    watch(manager.triggerTask(outer));
    group.reset();
    expect([inner.running, group.getRunningCount('b')]).toEqual([true, 1]);
    await world.time.advance('2s');
    expect(group.getRunningCount('b')).toBe(0);
  });

  it('given a run goes on across a reset, when it ends, then it frees no slot of those that came after', async () => {
    const world = new World();
    const manager = world.manager();
    const group = groupOf('mutex', { works: 'a' });
    manager.addConstraintGroup(group);
    const { seen, works } = counting(world);
    const job = task('works', works);
    const ran = [watch(manager.triggerTask(job, 1_000))];
    group.reset();
    for (let i = 0; i < 2; i++) ran.push(watch(manager.triggerTask(job, 5_000)));
    await world.time.advance('2s');
    expect([job.runCount, seen.running]).toEqual([2, 1]);
    await world.time.advance('20s');
    expect([ran.every(({ isSettled }) => isSettled), seen.most]).toEqual([true, 2]);
  });

  it('given some wait for two groups, when one is removed and another trigger comes, then they keep their order', async () => {
    const world = new World();
    const manager = world.manager();
    const [goes, stays] = [groupOf('goes', { note: 'a' }), groupOf('stays', { note: 'b' })];
    for (const group of [goes, stays]) manager.addConstraintGroup(group);
    const order: number[] = [];
    const note = task('note', async (at: number) => void order.push(at));
    goes.acquireSlot('a');
    stays.acquireSlot('b');
    for (const at of [1, 2, 3]) watch(manager.triggerTask(note, at));
    manager.removeConstraintGroup('goes');
    watch(manager.triggerTask(note, 4));
    stays.releaseSlot('b');
    await world.time.advance('5s');
    expect(order).toEqual([1, 2, 3, 4]);
  });

  it('given two wait for a key, when the first throws as soon as it is let in, then the other runs, and both say so', async () => {
    const world = new World();
    const manager = world.manager();
    const group = groupOf('mutex', { throws: 'a' });
    manager.addConstraintGroup(group);
    const throws = task('throws', () => {
      throw new Error('broken');
    });
    group.acquireSlot('a');
    const both = [watch(manager.triggerTask(throws)), watch(manager.triggerTask(throws))];
    group.releaseSlot('a');
    await world.time.settle();
    expect(both.map(({ error }) => error)).toEqual([new Error('broken'), new Error('broken')]);
    expect([throws.errorCount, group.getRunningCount('a')]).toEqual([2, 0]);
  });

  it('given a run awaits what its ended child began, when that triggers under the run’s key, then it is a deadlock', async () => {
    const world = new World();
    const manager = world.manager();
    manager.addConstraintGroup(groupOf('mutex', { parent: 'a', nested: 'a', child: 'b' }));
    const nested = task('nested', async () => 'never');
    let begun: Promise<unknown> = Promise.resolve();
    const child = task('child', async () => {
      begun = world.sleep(100).then(() => manager.triggerTask(nested));
    });
    const parent: AnyTask = task('parent', async () => {
      await manager.triggerTask(child);
      return begun;
    });
    const outcome = watch(manager.triggerTask(parent));
    await world.time.advance('60s');
    expect(outcome.error).toMatchObject({ code: 'CONSTRAINT_DEADLOCK' });
  });
});
