import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TaskConstraintGroup, task } from '../../src/index.js';
import { World } from '../engine/world.js';
import { byHost, type Visit, visits, withGroups } from './visits.js';

describe('maxConcurrent', () => {
  it('given two managers, when jobs of several keys run, then no more than that many run under one key over both', async () => {
    const world = new World();
    const { visit, most } = visits(world);
    const a = await withGroups(world, visit, () => [byHost({ maxConcurrent: 2 })]);
    await withGroups(world, visit, () => [byHost({ maxConcurrent: 2 })]);
    await a.enqueueMany(
      visit,
      ['x', 'y', 'x', 'x', 'y', 'x', 'x', 'z', 'x', 'y'].map((host) => ({ host })),
    );
    await world.time.advance('3s');
    expect((await a.count()).completed).toBe(10);
    expect(Object.fromEntries(most)).toEqual({ x: 2, y: 2, z: 1 });
  });

  it('given one key is full, when others have room, then those are not delayed', async () => {
    const world = new World();
    const { visit, at } = visits(world);
    const manager = await withGroups(world, visit, () => [byHost({ maxConcurrent: 1 })], 3);
    await manager.enqueueMany(visit, [...Array<Visit>(50).fill({ host: 'busy', ms: 1_000 }), { host: 'free' }]);
    await world.time.advance(500);
    expect(at('free')).toEqual([0]);
    expect(at('busy')).toEqual([0]);
  });

  it('given waiters of one key, when it has room, then the larger priority goes first', async () => {
    const world = new World();
    const order: number[] = [];
    const works = task('works', async (n: number) => {
      order.push(n);
      await world.sleep(10);
    });
    const group = new TaskConstraintGroup({ name: 'one', constraintKeyForExecution: () => 'k', maxConcurrent: 1 });
    const manager = await withGroups(world, works, () => [group]);
    await manager.enqueue(works, 0);
    await world.time.settle();
    for (const [n, priority] of [
      [3, 1],
      [1, 9],
      [2, 5],
    ] as const)
      await manager.enqueue(works, n, { priority });
    await world.time.advance('1s');
    expect(order).toEqual([0, 1, 2, 3]);
  });

  it('given any jobs and limits, when they run on two managers, then every key keeps its limit and all complete', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.array(fc.record({ host: fc.constantFrom('a', 'b', 'c'), ms: fc.integer({ min: 0, max: 20 }) }), {
          minLength: 1,
          maxLength: 25,
        }),
        async (maxConcurrent, inputs) => {
          const world = new World();
          const { visit, most } = visits(world);
          const a = await withGroups(world, visit, () => [byHost({ maxConcurrent })], 4);
          await withGroups(world, visit, () => [byHost({ maxConcurrent })], 4);
          await a.enqueueMany(visit, inputs);
          await world.time.advance('2s');
          expect((await a.count()).completed).toBe(inputs.length);
          expect(Math.max(...most.values())).toBeLessThanOrEqual(maxConcurrent);
        },
      ),
      { numRuns: 10, seed: 5 },
    );
  });

  it('given the limit is lowered by a redefinition, when jobs run, then what runs goes on and the rest follows', async () => {
    const world = new World();
    const { visit, at } = visits(world);
    const manager = await withGroups(world, visit, () => [byHost({ maxConcurrent: 3 })]);
    await manager.enqueueMany(visit, Array<Visit>(6).fill({ host: 'x', ms: 1_000 }));
    await world.time.settle();
    await withGroups(world, visit, () => [byHost({ maxConcurrent: 1 })]);
    await world.time.advance('10s');
    expect(at('x')).toEqual([0, 0, 0, 1_000, 2_000, 3_000]);
  });

  it('given a lower definitionVersion, when an old deploy registers the group, then the newer limits stay', async () => {
    const world = new World();
    const { visit, most } = visits(world);
    const manager = await withGroups(world, visit, () => [byHost({ maxConcurrent: 1, definitionVersion: 2 })]);
    await withGroups(world, visit, () => [byHost({ maxConcurrent: 9, definitionVersion: 1 })]);
    await manager.enqueueMany(visit, Array<Visit>(4).fill({ host: 'x' }));
    await world.time.advance('2s');
    expect(most.get('x')).toBe(1);
  });
});

describe('cooldown and rate', () => {
  it('given a cooldown, when runs of a key end, then the next starts exactly that long after', async () => {
    const world = new World();
    const { visit, at } = visits(world);
    const manager = await withGroups(world, visit, () => [byHost({ cooldownMs: 1_000, maxConcurrent: 1 })]);
    await manager.enqueueMany(visit, [...Array<Visit>(4).fill({ host: 'x', ms: 300 }), { host: 'y' }]);
    await world.time.advance('10s');
    expect(at('x')).toEqual([0, 1_300, 2_600, 3_900]);
    expect(at('y')).toEqual([0]);
  });

  it('given a failed run, when it ends, then the cooldown counts from there too', async () => {
    const world = new World();
    const starts: number[] = [];
    const fails = task(
      'fails',
      () => {
        starts.push(world.time.now);
        throw new Error('no');
      },
      { retry: { attempts: 2, backoff: 10 } },
    );
    const group = new TaskConstraintGroup({ name: 'one', constraintKeyForExecution: () => 'k', cooldownMs: 5_000 });
    const t0 = world.time.now;
    const manager = await withGroups(world, fails, () => [group]);
    await manager.enqueue(fails);
    await world.time.advance('20s');
    expect(starts).toEqual([t0, t0 + 5_000]);
  });

  it('given a rate, when many jobs of a key are due, then at most so many start in any window, on two managers', async () => {
    const world = new World();
    const { visit, at } = visits(world);
    const make = () => [byHost({ rate: { limit: 3, perMs: 1_000 } })];
    const a = await withGroups(world, visit, make);
    await withGroups(world, visit, make);
    await a.enqueueMany(visit, Array<Visit>(10).fill({ host: 'x', ms: 5 }));
    await world.time.advance('20s');
    const starts = at('x');
    expect(starts).toHaveLength(10);
    for (const start of starts)
      expect(starts.filter((other) => other >= start && other < start + 1_000).length).toBeLessThanOrEqual(3);
    expect(starts.at(-1)).toBeLessThanOrEqual(3_000 + 3 * Math.ceil(1_000 / 64));
  });
});
