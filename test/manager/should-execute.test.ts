import { describe, expect, it } from 'vitest';
import { TaskConstraintGroup, task } from '../../src/index.js';
import { snapshot, World } from '../engine/world.js';
import { byHost, type Visit, visits, withGroups } from './visits.js';

describe('shouldExecute', () => {
  it('given it says false, when the job’s turn comes, then it completes as skipped with no result, and starts no cooldown', async () => {
    const world = new World();
    const { visit, at } = visits(world);
    const group = () => byHost({ cooldownMs: 60_000, shouldExecute: (_task, input?: Visit) => input?.ms !== 0 });
    const manager = await withGroups(world, visit, () => [group()]);
    const skips: boolean[] = [];
    manager.on('completed', ({ isSkipped }) => skips.push(isSkipped));
    const job = await manager.enqueue(visit, { host: 'x', ms: 0 });
    await world.time.settle();
    expect(await snapshot(manager, job.id)).toMatchObject({ state: 'completed', reason: 'skipped', result: undefined });
    await manager.enqueue(visit, { host: 'x', ms: 5 });
    await world.time.advance('1s');
    expect(at('x')).toEqual([0]);
    expect(skips).toEqual([true, false]);
  });

  it('given several groups and a promise, when one says no, then it is skipped', async () => {
    const world = new World();
    const { visit, starts } = visits(world);
    const yes = new TaskConstraintGroup({
      name: 'yes',
      constraintKeyForExecution: () => null,
      shouldExecute: async () => true,
    });
    const no = new TaskConstraintGroup({
      name: 'no',
      constraintKeyForExecution: () => null,
      shouldExecute: async () => false,
    });
    const manager = await withGroups(world, visit, () => [yes, no]);
    const job = await manager.enqueue(visit, { host: 'x' });
    await world.time.settle();
    expect((await snapshot(manager, job.id)).reason).toBe('skipped');
    expect(starts).toEqual([]);
  });

  it('given it throws, when the job’s turn comes, then the attempt fails', async () => {
    const world = new World();
    const works = task('works', () => {}, { retry: { attempts: 1 } });
    const shouldExecute = () => Promise.reject(new Error('no answer'));
    const manager = await withGroups(world, works, () => [
      new TaskConstraintGroup({ name: 'g', constraintKeyForExecution: () => null, shouldExecute }),
    ]);
    const job = await manager.enqueue(works);
    await world.time.settle();
    expect(await snapshot(manager, job.id)).toMatchObject({
      state: 'failed',
      reason: 'threw',
      lastError: { message: 'no answer' },
    });
  });
});
