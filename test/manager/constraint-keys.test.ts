import { describe, expect, expectTypeOf, it } from 'vitest';
import { OptionError, TaskConstraintGroup, task, taskRef } from '../../src/index.js';
import { snapshot, World } from '../engine/world.js';
import { byHost, type Visit, visits, withGroups } from './visits.js';

describe('several groups', () => {
  it('given two groups, when a job has a key of each, then it runs only when both have room', async () => {
    const world = new World();
    const { visit, starts } = visits(world);
    const all = () => new TaskConstraintGroup({ name: 'all', constraintKeyForExecution: () => '', maxConcurrent: 2 });
    const manager = await withGroups(world, visit, () => [byHost({ maxConcurrent: 1 }), all()]);
    const [first] = await manager.enqueueMany(
      visit,
      ['x', 'x', 'y', 'z'].map((host) => ({ host, ms: 100 })),
    );
    expect((await snapshot(manager, first?.id as string)).keys).toEqual(['hosts/x', 'all/']);
    await world.time.advance('1s');
    expect(starts).toEqual([
      ['x', 0],
      ['y', 0],
      ['x', 100],
      ['z', 100],
    ]);
  });

  it('given a key of null, when jobs run, then the group leaves them alone', async () => {
    const world = new World();
    const { visit, most } = visits(world);
    const manager = await withGroups(world, visit, () => [
      byHost({ maxConcurrent: 1, constraintKeyForExecution: () => null }),
    ]);
    const jobs = await manager.enqueueMany(visit, Array<Visit>(5).fill({ host: 'x' }));
    await world.time.advance('1s');
    expect(most.get('x')).toBe(5);
    expect((await snapshot(manager, jobs[0]?.id as string)).keys).toEqual([]);
  });

  it('given more than eight groups apply to a job, when it is enqueued, then it rejects', async () => {
    const world = new World();
    const manager = world.manager({ tasks: [task('t', () => {})] });
    for (let i = 0; i < 9; i++)
      manager.addConstraintGroup(new TaskConstraintGroup({ name: `g${i}`, constraintKeyForExecution: () => 'k' }));
    await expect(manager.enqueue(task('t', () => {}))).rejects.toThrow(/9 constraint keys; at most 8/);
  });
});

describe('a key function whose input has a type', () => {
  interface Crawl {
    readonly site: string;
    readonly page: number;
  }

  it('given an input that is not optional, when the group is made, then it compiles, and the group has that input', () => {
    const group = new TaskConstraintGroup({
      name: 'sites',
      constraintKeyForExecution: (_task, input: { site: string }) => input.site,
      shouldExecute: (_task, input: { site: string }) => input.site !== '',
    });
    expectTypeOf(group.getConstraintKey).parameter(1).toEqualTypeOf<{ site: string } | undefined>();
    expectTypeOf(group.getConstraintKey).returns.toEqualTypeOf<string | null>();
    expectTypeOf(new World().manager().addConstraintGroup).toBeCallableWith(group);
    const crawl = task('crawl', (_input: Crawl) => {});
    expect(group.getConstraintKey(crawl, { site: 'a.example' })).toBe('a.example');

    new TaskConstraintGroup({
      name: 'hosts',
      // @ts-expect-error The input has no host.
      constraintKeyForExecution: (_task, input: { site: string }) => input.host,
    });
    new TaskConstraintGroup({
      name: 'pages',
      // @ts-expect-error A key is a text.
      constraintKeyForExecution: (_task, input: Crawl) => input.page,
    });
  });

  it('given such a group, when jobs of its tasks run, then each counts under the key of its input', async () => {
    const world = new World();
    const starts: [site: string, page: number, at: number][] = [];
    const t0 = world.time.now;
    const crawl = task('crawl', async ({ site, page }: Crawl) => {
      starts.push([site, page, world.time.now - t0]);
      await world.sleep(100);
    });
    const manager = await withGroups(world, crawl, () => [
      new TaskConstraintGroup({
        name: 'sites',
        constraintKeyForExecution: (_task, input: { site: string }) => input.site,
        maxConcurrent: 1,
      }),
    ]);
    const [first] = await manager.enqueueMany(crawl, [
      { site: 'a.example', page: 1 },
      { site: 'a.example', page: 2 },
      { site: 'b.example', page: 3 },
    ]);
    expect((await snapshot(manager, first?.id as string)).keys).toEqual(['sites/a.example']);
    await world.time.advance('1s');
    expect(starts).toEqual([
      ['a.example', 1, 0],
      ['b.example', 3, 0],
      ['a.example', 2, 100],
    ]);
  });
});

describe('a key function that fails', () => {
  const broken: Record<string, () => never> = {
    throws: () => {
      throw new Error('no host');
    },
    'returns a number': () => 5 as never,
    'returns a promise': () => Promise.resolve('k') as never,
    'returns a text with NUL': () => 'a\0b' as never,
    'returns 2000 characters': () => 'x'.repeat(2_000) as never,
  };
  for (const [name, constraintKeyForExecution] of Object.entries(broken)) {
    it(`given one that ${name}, when a job is enqueued, then it rejects; at a worker, then the attempt fails`, async () => {
      const world = new World();
      let runs = 0;
      const works = task('works', () => void runs++, { retry: { attempts: 2, backoff: 10 } });
      const manager = await withGroups(world, works, () => [
        new TaskConstraintGroup({ name: 'g', constraintKeyForExecution }),
      ]);
      await expect(manager.enqueue(works)).rejects.toThrow();
      const producer = world.manager();
      const job = await producer.enqueue(taskRef('works'), undefined, { attempts: 2 });
      await world.time.advance('10s');
      expect(await snapshot(manager, job.id)).toMatchObject({ state: 'failed', reason: 'threw', attempt: 2 });
      expect(runs).toBe(0);
    });
  }
});

describe('a producer without the group', () => {
  it('given a worker has the group, when it claims the jobs, then it gives them their keys at no attempt, and limits hold', async () => {
    const world = new World();
    const { visit, most } = visits(world);
    const producer = world.manager();
    const jobs = await producer.enqueueMany(taskRef<typeof visit>('visit'), Array<Visit>(5).fill({ host: 'x' }));
    const worker = await withGroups(world, visit, () => [byHost({ maxConcurrent: 1 })]);
    await world.time.advance('5s');
    expect(most.get('x')).toBe(1);
    for (const job of jobs) {
      expect(await snapshot(worker, job.id)).toMatchObject({
        state: 'completed',
        keys: ['hosts/x'],
        attempt: 1,
        errors: [],
      });
    }
  });
});

describe('adding and removing groups', () => {
  it('given jobs wait for a key, when its group is removed, then they may all run', async () => {
    const world = new World();
    const { visit, most } = visits(world);
    const manager = await withGroups(world, visit, () => [byHost({ maxConcurrent: 1 })]);
    await manager.enqueueMany(visit, Array<Visit>(5).fill({ host: 'x', ms: 1_000 }));
    await world.time.settle();
    expect((await manager.count()).parked).toBe(4);
    manager.removeConstraintGroup('hosts');
    await world.time.settle();
    expect(most.get('x')).toBe(5);
    expect(manager.constraintGroups).toEqual([]);
    manager.removeConstraintGroup('never there');
  });

  it('given a group is added to a running manager, when jobs come, then it holds', async () => {
    const world = new World();
    const { visit, most } = visits(world);
    const manager = await world.running(visit);
    const group = byHost({ maxConcurrent: 1 });
    manager.addConstraintGroup(group);
    manager.addConstraintGroup(group);
    expect(manager.constraintGroups).toEqual([group]);
    await manager.enqueueMany(visit, Array<Visit>(3).fill({ host: 'x' }));
    await world.time.advance('1s');
    expect(most.get('x')).toBe(1);
    expect(() => manager.addConstraintGroup(byHost())).toThrow(OptionError);
  });

  it('given a group was removed, when it is added again, then it holds again', async () => {
    const world = new World();
    const { visit, most } = visits(world);
    const group = byHost({ maxConcurrent: 1 });
    const manager = await withGroups(world, visit, () => [group]);
    manager.removeConstraintGroup('hosts');
    manager.addConstraintGroup(group);
    await manager.enqueueMany(visit, Array<Visit>(3).fill({ host: 'x' }));
    await world.time.advance('1s');
    expect(most.get('x')).toBe(1);
  });
});
