/** Runs that nobody waits for any more: they took too long. */

import { describe, expect, it } from 'vitest';
import { Taskparallel, task } from '../../src/index.js';
import { snapshot, World, watch } from '../engine/world.js';
import { groupOf } from '../manager/groups.js';

const impatient = { timeout: '1s', grace: '1s', retry: { attempts: 1 } } as const;

/** Its hook goes on long after the time-out. */
function withSlowHook(world: World) {
  const calls: number[] = [];
  const preTask = task('prepares', () => world.sleep(20_000));
  const works = task('works', async () => void calls.push(world.time.now), { ...impatient, preTask });
  return { calls, works };
}

describe('a run that was given up', () => {
  it('given it was a trigger whose hook outlives the time-out, when the hook ends, then the function is never called', async () => {
    const world = new World();
    const { calls, works } = withSlowHook(world);
    const manager = world.manager({ tasks: [works] });
    const group = groupOf('mutex', { works: 'a' });
    manager.addConstraintGroup(group);
    const outcome = watch(manager.triggerTask(works));
    await world.time.advance('5s');
    expect(outcome.error).toMatchObject({ code: 'TIMEOUT' });
    expect(group.getRunningCount('a')).toBe(0);
    await world.time.advance('30s');
    expect(calls).toEqual([]);
  });

  it('given it was a job’s whose hook outlives the time-out, when the hook ends, then the function is never called', async () => {
    const world = new World();
    const { calls, works } = withSlowHook(world);
    const manager = await world.running(works);
    const { id } = await manager.enqueue(works);
    await world.time.advance('5s');
    expect((await snapshot(manager, id)).state).toBe('failed');
    await world.time.advance('30s');
    expect(calls).toEqual([]);
  });

  it('given members whose hooks are slower than the time-out of what runs them, when it is over, then no member is called', async () => {
    const world = new World();
    let calls = 0;
    const preTask = task('prepares', (_input: undefined, { signal }) => world.sleep(5_000, signal));
    const called = (): void => {
      calls += 1;
    };
    const member = task('member', called, { preTask });
    const both = new Taskparallel({ name: 'both', taskArray: [member, member], timeout: '1s' });
    const outcome = watch(world.manager().triggerTask(both));
    await world.time.advance('20s');
    expect([outcome.isSettled, calls]).toEqual([true, 0]);
  });
});

describe('a job’s run that returns after its time-out, within its grace', () => {
  it('given it ignored its signal, when the job has failed, then its task tells of a failure, as the store does', async () => {
    const world = new World();
    const works = task('works', () => world.sleep(1_500), { ...impatient, grace: '5s' });
    const manager = await world.running(works);
    const types: string[] = [];
    works.eventSubject.subscribe(({ type }) => void types.push(type));
    const { id } = await manager.enqueue(works);
    await world.time.advance('5s');
    expect((await snapshot(manager, id)).state).toBe('failed');
    expect([types, works.errorCount]).toEqual([['started', 'failed'], 1]);
  });
});
