import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AnyTask,
  type ITaskConstraintGroupOptions,
  OptionError,
  TaskConstraintGroup,
  task,
  taskRef,
} from '../../src/index.js';
import { snapshot, World } from '../engine/world.js';

interface Visit {
  readonly host: string;
  readonly ms?: number;
}

const byHost = (limits: Partial<ITaskConstraintGroupOptions> = {}): TaskConstraintGroup =>
  new TaskConstraintGroup({
    name: 'hosts',
    constraintKeyForExecution: (_task, input?: Visit) => input?.host ?? null,
    ...limits,
  });

/** A task that notes its starts and ends, and how many run at once under each host. */
function visits(world: World) {
  const running = new Map<string, number>();
  const most = new Map<string, number>();
  const starts: [host: string, at: number][] = [];
  const t0 = world.time.now;
  const visit = task('visit', async ({ host, ms = 100 }: Visit) => {
    starts.push([host, world.time.now - t0]);
    running.set(host, (running.get(host) ?? 0) + 1);
    most.set(host, Math.max(most.get(host) ?? 0, running.get(host) as number));
    await world.sleep(ms);
    running.set(host, (running.get(host) as number) - 1);
  });
  return { visit, most, starts, at: (host: string) => starts.filter(([h]) => h === host).map(([, at]) => at) };
}

async function withGroups(world: World, task: AnyTask, make: () => TaskConstraintGroup[], concurrency = 10) {
  const manager = world.manager({ tasks: [task], concurrency });
  for (const group of make()) manager.addConstraintGroup(group);
  await manager.start();
  return manager;
}

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

describe('the group itself', () => {
  const any = task('any', () => {});
  let now = 10_000;
  const make = (limits: Partial<ITaskConstraintGroupOptions>): TaskConstraintGroup =>
    new TaskConstraintGroup({ name: 'own', constraintKeyForExecution: () => 'k', ...limits }, () => now);

  it('given slots are acquired and released, when asked, then canRun and the count say so, per key', () => {
    const group = make({ maxConcurrent: 2 });
    group.acquireSlot('a');
    expect([group.canRun('a'), group.getRunningCount('a')]).toEqual([true, 1]);
    group.acquireSlot('a');
    expect([group.canRun('a'), group.getRunningCount('a'), group.canRun('b')]).toEqual([false, 2, true]);
    group.releaseSlot('a');
    expect([group.canRun('a'), group.getRunningCount('a')]).toEqual([true, 1]);
    group.reset();
    expect(group.getRunningCount('a')).toBe(0);
    group.releaseSlot('a');
    expect(group.getRunningCount('a')).toBe(0);
  });

  it('given a cooldown, when a slot is released, then it counts down and canRun waits for it', () => {
    const group = make({ cooldownMs: 500 });
    expect(group.getCooldownRemaining('a')).toBe(0);
    group.acquireSlot('a');
    group.releaseSlot('a');
    now += 200;
    expect([group.getCooldownRemaining('a'), group.canRun('a')]).toEqual([300, false]);
    now += 300;
    expect([group.getCooldownRemaining('a'), group.canRun('a')]).toEqual([0, true]);
  });

  it('given a rate, when slots are acquired, then canRun waits for the window', () => {
    const group = make({ rate: { limit: 2, perMs: 1_000 } });
    group.acquireSlot('a');
    group.releaseSlot('a');
    group.acquireSlot('a');
    expect(group.canRun('a')).toBe(false);
    now += 1_000;
    expect(group.canRun('a')).toBe(true);
  });

  it('given the key and should functions, when asked, then the group answers for them', async () => {
    const group = make({
      constraintKeyForExecution: (t) => (t.name === 'any' ? 'mine' : null),
      shouldExecute: () => false,
    });
    expect(group.getConstraintKey(any)).toBe('mine');
    expect(group.getConstraintKey(task('other', () => {}))).toBeNull();
    expect(await group.checkShouldExecute(any)).toBe(false);
    expect(await make({}).checkShouldExecute(any)).toBe(true);
  });

  it('given no limits, when asked, then the defaults are open', () => {
    const { maxConcurrent, cooldownMs, rate, scope, limits } = make({});
    expect({ maxConcurrent, cooldownMs, rate, scope }).toEqual({
      maxConcurrent: Infinity,
      cooldownMs: 0,
      rate: null,
      scope: 'process',
    });
    expect(limits).toEqual({ maxConcurrent: null, cooldownMs: 0, rate: null });
  });

  const refused: readonly (readonly [name: string, options: object, message: RegExp])[] = [
    ['no name', { name: '' }, /name is ""/],
    ['an unknown option', { maxConcurent: 2 }, /'own' has no option 'maxConcurent'. Did you mean 'maxConcurrent'/],
    ['no key function', { constraintKeyForExecution: undefined }, /no constraintKeyForExecution/],
    ['maxConcurrent of 0', { maxConcurrent: 0 }, /maxConcurrent .* is 0/],
    ['maxConcurrent of 1.5', { maxConcurrent: 1.5 }, /is 1.5/],
    ['a negative cooldown', { cooldownMs: -1 }, /cooldownMs .* is -1/],
    ['a cooldown with a unit', { cooldownMs: '5s' }, /cooldownMs .* is 5s/],
    ['a rate of 0', { rate: { limit: 0, perMs: 10 } }, /rate.limit .* is 0/],
    ['a rate without perMs', { rate: { limit: 1 } }, /rate.perMs .* is undefined/],
    ['a rate with another field', { rate: { limit: 1, perms: 10 } }, /no option 'perms'. Did you mean 'perMs'/],
    ['another scope', { scope: 'galaxy' }, /scope/],
    ['a shouldExecute that is no function', { shouldExecute: true }, /shouldExecute/],
  ];
  for (const [name, options, message] of refused) {
    it(`given ${name}, when it is made, then it throws OptionError`, () => {
      expect(() => make(options as never)).toThrow(OptionError);
      expect(() => make(options as never)).toThrow(message);
    });
  }
});
