import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { task } from '../../src/index.js';
import { snapshot, World, watch } from '../engine/world.js';
import { groupOf } from './groups.js';

describe('a manager that closes while its groups hold runs back', () => {
  it('given a claimed job waits for a trigger’s slot, when the manager closes, then the job is given back at no attempt', async () => {
    const world = new World();
    const works = task('works', () => world.sleep(1_000), { retry: { attempts: 1 } });
    const manager = world.manager({ tasks: [works] });
    manager.addConstraintGroup(groupOf('mutex', { works: 'a', holds: 'a' }));
    const holds = watch(manager.triggerTask(task('holds', () => world.sleep(5_000))));
    await manager.start();
    const { id } = await manager.enqueue(works);
    await world.time.advance('1s');
    const other = world.manager();
    expect((await snapshot(other, id)).state).toBe('running');
    const closed = watch(manager.close({ timeout: '10s' }));
    await world.time.advance('30s');
    expect([holds.isSettled, closed.isSettled, works.runCount]).toEqual([true, true, 0]);
    expect(await snapshot(other, id)).toMatchObject({ state: 'pending', attempt: 0, errors: [] });
  });

  it('given a slot was just freed for a trigger of a caller with a context, when the manager closes, then it waits for that run', async () => {
    const world = new World();
    const manager = world.manager();
    const group = groupOf('mutex', { works: 'a' });
    manager.addConstraintGroup(group);
    let isRunning = false;
    const works = task('works', async () => {
      isRunning = true;
      await world.sleep(1_000);
      isRunning = false;
    });
    group.acquireSlot('a');
    new AsyncLocalStorage<string>().run('request', () => watch(manager.triggerTask(works)));
    group.releaseSlot('a');
    const closed = watch(manager.close({ timeout: '10s' }));
    for (let i = 0; i < 5; i++) await world.time.settle();
    expect({ isRunning, isClosed: closed.isSettled }).toEqual({ isRunning: true, isClosed: false });
    await world.time.advance('2s');
    expect({ isRunning, isClosed: closed.isSettled }).toEqual({ isRunning: false, isClosed: true });
  });

  it('given a removed group lets go a run that closes the manager, when others still wait, then all settle', async () => {
    const world = new World();
    const manager = world.manager();
    const [goes, stays] = [groupOf('goes', { closes: 'a', waits: 'a' }), groupOf('stays', { waits: 'b' })];
    for (const group of [goes, stays]) manager.addConstraintGroup(group);
    goes.acquireSlot('a');
    stays.acquireSlot('b');
    const closed: { readonly isSettled: boolean }[] = [];
    const closes = task('closes', () => void closed.push(watch(manager.close({ timeout: '1s' }))));
    const ran = watch(manager.triggerTask(closes));
    const waited = watch(manager.triggerTask(task('waits', () => {})));
    manager.removeConstraintGroup('goes');
    await world.time.advance('60s');
    expect([ran.isSettled, waited.isSettled, closed.map(({ isSettled }) => isSettled)]).toEqual([true, true, [true]]);
    expect(waited.error).toMatchObject({ code: 'CLOSED' });
  });

  it('given it closes already, when it is closed again with less time, then what runs keeps the time it was given', async () => {
    const world = new World();
    const manager = world.manager();
    const works = task('works', (_input: undefined, { signal }) => world.sleep(5_000, signal));
    const ran = watch(manager.triggerTask(works));
    const closed = watch(manager.close({ timeout: '10s' }));
    await world.time.advance('1s');
    watch(manager.close({ timeout: 0 }));
    await world.time.advance('1s');
    expect([ran.isSettled, closed.isSettled]).toEqual([false, false]);
    await world.time.advance('5s');
    expect([ran.isSettled, ran.error, closed.isSettled]).toEqual([true, undefined, true]);
  });
});

describe('a claimed job that waits for a slot of its process', () => {
  it('given it is cancelled, when its worker hears of it, then it leaves its place, and the manager is idle', async () => {
    const world = new World();
    const works = task('works', () => {});
    const manager = world.manager({ tasks: [works] });
    const group = groupOf('mutex', { works: 'a' });
    manager.addConstraintGroup(group);
    group.acquireSlot('a');
    await manager.start();
    const { id } = await manager.enqueue(works);
    await world.time.advance('1s');
    await manager.cancel(id);
    await world.time.advance('5s');
    expect((await snapshot(manager, id)).state).toBe('cancelled');
    const idle = watch(manager.whenIdle());
    await world.time.advance('60s');
    expect(idle.isSettled).toBe(true);
  });

  it('given it was cancelled, when the slot is freed, then neither is shouldExecute asked for it nor a slot taken', async () => {
    const world = new World();
    const works = task('works', () => {});
    const manager = world.manager({ tasks: [works] });
    let asked = 0;
    const shouldExecute = async (): Promise<boolean> => {
      asked += 1;
      await world.sleep(5_000);
      return true;
    };
    const group = groupOf('mutex', { works: 'a' }, { maxConcurrent: 1, shouldExecute });
    manager.addConstraintGroup(group);
    group.acquireSlot('a');
    await manager.start();
    const { id } = await manager.enqueue(works);
    await world.time.advance('1s');
    await manager.cancel(id);
    await world.time.advance('1s');
    group.releaseSlot('a');
    await world.time.advance('1s');
    expect({ asked, held: group.getRunningCount('a') }).toEqual({ asked: 0, held: 0 });
  });
});
