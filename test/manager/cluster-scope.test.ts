import { describe, expect, it } from 'vitest';
import { type AnyTask, TaskConstraintGroup, type TaskManager, task } from '../../src/index.js';
import { failure, gate, snapshot, World, watch } from '../engine/world.js';

/** A run takes 1 s and is noted; `most` is how many ran at once, in all processes. */
function recorded(world: World) {
  const seen = { running: 0, most: 0, starts: [] as number[] };
  const t0 = world.time.now;
  const make = () =>
    task('visit', async (ms: number | undefined) => {
      seen.starts.push(world.time.now - t0);
      seen.running += 1;
      seen.most = Math.max(seen.most, seen.running);
      await world.sleep(ms ?? 1_000);
      seen.running -= 1;
      return 'visited';
    });
  return { seen, make };
}

const limited = (limits: object = { maxConcurrent: 1 }): TaskConstraintGroup =>
  new TaskConstraintGroup({
    name: 'sites',
    scope: 'cluster',
    constraintKeyForExecution: (one) => (one.name === 'visit' ? 'a.com' : null),
    ...limits,
  });

function member(world: World, limits?: object): TaskManager {
  const manager = world.manager();
  manager.addConstraintGroup(limited(limits));
  return manager;
}

describe('triggers under a cluster-scope group', () => {
  it('given two processes that share a store, when both trigger under one key, then one run waits for the other', async () => {
    const world = new World();
    const { seen, make } = recorded(world);
    const [one, other] = [member(world), member(world)];
    const results = watch(
      Promise.all([
        one.triggerTask(make()),
        other.triggerTask(make()),
        one.triggerTask(make()),
        other.triggerTask(make()),
      ]),
    );
    await world.time.advance('10s');
    expect(results.value).toEqual(['visited', 'visited', 'visited', 'visited']);
    expect(seen).toMatchObject({ most: 1 });
    expect(seen.starts).toHaveLength(4);
  });

  it('given a job runs under the key in another process, when a trigger comes, then it waits until the job ends', async () => {
    const world = new World();
    const { seen, make } = recorded(world);
    const worker = member(world);
    const visit = make();
    worker.addTask(visit);
    await worker.start();
    await worker.enqueue(visit, 3_000);
    await world.time.advance('1s');
    const other = member(world);
    const triggered = watch(other.triggerTask(make()));
    await world.time.advance('1s');
    expect(seen.running).toBe(1);
    const { causes } = await other.explain(make());
    expect(causes.map(({ code }) => code)).toContain('constraint-full');
    await world.time.advance('5s');
    expect(triggered.value).toBe('visited');
    expect(seen.most).toBe(1);
  });

  it('given a trigger runs under the key, when a job comes, then the store holds it back until the trigger ends', async () => {
    const world = new World();
    const { seen, make } = recorded(world);
    const triggering = member(world);
    const triggered = watch(triggering.triggerTask(make(), 5_000));
    await world.time.advance('1s');
    const worker = member(world);
    const visit = make();
    worker.addTask(visit);
    await worker.start();
    const job = await worker.enqueue(visit);
    await world.time.advance('2s');
    expect((await snapshot(worker, job.id)).state).toBe('pending');
    await world.time.advance('10s');
    expect(triggered.value).toBe('visited');
    expect((await snapshot(worker, job.id)).state).toBe('completed');
    expect(seen.most).toBe(1);
  });

  it('given a cooldown, when a trigger ends here, then it holds for one in another process', async () => {
    const world = new World();
    const { seen, make } = recorded(world);
    const [one, other] = [member(world, { cooldownMs: 10_000 }), member(world, { cooldownMs: 10_000 })];
    const first = watch(one.triggerTask(make()));
    await world.time.advance('2s');
    expect(first.value).toBe('visited');
    const second = watch(other.triggerTask(make()));
    await world.time.advance('20s');
    expect(second.value).toBe('visited');
    expect((seen.starts[1] as number) - (seen.starts[0] as number)).toBeGreaterThanOrEqual(11_000);
  });

  it('given shouldExecute says no, when the store has let it in, then it resolves with undefined and starts no cooldown', async () => {
    const world = new World();
    const { seen, make } = recorded(world);
    let isWanted = false;
    const manager = member(world, { cooldownMs: 60_000, shouldExecute: () => isWanted });
    const skipped = watch(manager.triggerTask(make()));
    await world.time.advance('1s');
    expect(skipped).toMatchObject({ isSettled: true, value: undefined });
    isWanted = true;
    const wanted = watch(manager.triggerTask(make()));
    await world.time.advance('5s');
    expect(wanted.value).toBe('visited');
    expect(seen.starts).toHaveLength(1);
  });

  it('given the process that holds a slot dies, when its lease has ended, then a trigger elsewhere runs, and what the dead one waited for is removed', async () => {
    const world = new World();
    const { seen, make } = recorded(world);
    const dying = world.life({ leaseMs: 5_000 });
    dying.manager.addConstraintGroup(limited());
    void dying.manager.triggerTask(make(), 3_600_000).catch(() => {});
    void dying.manager.triggerTask(make()).catch(() => {});
    await world.time.advance('1s');
    expect(seen.running).toBe(1);
    const survivor = world.life({ leaseMs: 5_000 });
    survivor.manager.addConstraintGroup(limited());
    const triggered = watch(survivor.manager.triggerTask(make(), 60_000));
    dying.kill();
    await world.time.advance('90s');
    expect(triggered.value).toBe('visited');
    const counts = await survivor.manager.count();
    expect([counts.pending, counts.running]).toEqual([0, 0]);
  });

  it('given it is triggered under its own key from within, when it would wait for itself, then it rejects at once', async () => {
    const world = new World();
    const manager = member(world);
    const visit: AnyTask = task('visit', (depth: number) =>
      depth === 0 ? 'end' : manager.triggerTask(visit, depth - 1),
    );
    const nested = watch(manager.triggerTask(visit, 1));
    await world.time.advance('2s');
    expect(nested.error).toMatchObject({ code: 'CONSTRAINT_DEADLOCK' });
  });

  it('given triggers wait for the store, when the manager closes, then they reject, what runs may end, and no permit is left', async () => {
    const world = new World();
    const { make } = recorded(world);
    const manager = member(world);
    const running = watch(manager.triggerTask(make(), 2_000));
    await world.time.advance('1s');
    const waiting = watch(manager.triggerTask(make()));
    await world.time.advance('500ms');
    const closed = watch(manager.close());
    await world.time.advance('5s');
    expect(waiting.error).toMatchObject({ code: 'CLOSED' });
    expect(running.value).toBe('visited');
    expect(closed.isSettled).toBe(true);
    const counts = await world.manager().count();
    expect([counts.pending, counts.running]).toEqual([0, 0]);
  });

  it('given somebody cancels the permit that a trigger waits for, when it hears of it, then it rejects', async () => {
    const world = new World();
    const { make } = recorded(world);
    const manager = member(world);
    void manager.triggerTask(make(), 60_000).catch(() => {});
    await world.time.advance('1s');
    const waiting = watch(manager.triggerTask(make()));
    await world.time.advance('1s');
    expect(await world.manager().cancel({ state: 'pending' })).toBe(1);
    await world.time.advance('5s');
    expect(waiting.error).toMatchObject({ code: 'JOB_CANCELLED' });
  });

  it('given a trigger has ended, when nothing else comes, then no timer keeps the process alive', async () => {
    const world = new World();
    const { make } = recorded(world);
    const life = world.life();
    life.manager.addConstraintGroup(limited());
    const done = watch(life.manager.triggerTask(make()));
    await world.time.advance('10s');
    expect(done.value).toBe('visited');
    expect(life.openTimers()).toBe(0);
    expect((await world.manager().workers()).length).toBe(0);
  });

  it('given the store can’t be opened, when it is triggered, then it rejects with the reason', async () => {
    const world = new World();
    const { make } = recorded(world);
    const broken = { ...world.store, open: () => Promise.reject(new Error('no such place')) };
    const manager = world.manager({ store: broken });
    manager.addConstraintGroup(limited());
    expect(await failure(world, manager.triggerTask(make()))).toMatchObject({ message: 'no such place' });
  });

  it('given a group of the process besides, when both limit it, then neither is exceeded', async () => {
    const world = new World();
    const { seen, make } = recorded(world);
    const manager = member(world, { maxConcurrent: 3 });
    manager.addConstraintGroup(
      new TaskConstraintGroup({ name: 'here', maxConcurrent: 2, constraintKeyForExecution: () => 'all' }),
    );
    const results = watch(Promise.all([1, 2, 3, 4].map(() => manager.triggerTask(make()))));
    await world.time.advance('10s');
    expect(results.isSettled).toBe(true);
    expect(seen.most).toBe(2);
  });
});

describe('jobs and triggers in one process', () => {
  const here = () =>
    new TaskConstraintGroup({ name: 'mutex', maxConcurrent: 1, constraintKeyForExecution: () => 'one' });

  it('given a trigger runs under the key, when a job of it is claimed here, then it waits for the trigger', async () => {
    const world = new World();
    const { seen, make } = recorded(world);
    const visit = make();
    const manager = world.manager({ tasks: [visit] });
    manager.addConstraintGroup(here());
    await manager.start();
    const triggered = watch(manager.triggerTask(visit, 2_000));
    const job = await manager.enqueue(visit);
    await world.time.advance('1s');
    expect(seen.running).toBe(1);
    await world.time.advance('5s');
    expect(triggered.isSettled).toBe(true);
    expect((await snapshot(manager, job.id)).state).toBe('completed');
    expect(seen).toMatchObject({ most: 1, starts: [expect.any(Number), expect.any(Number)] });
  });

  it('given a job runs under the key here, when a trigger comes, then it waits for the job', async () => {
    const world = new World();
    const { seen, make } = recorded(world);
    const visit = make();
    const manager = world.manager({ tasks: [visit] });
    manager.addConstraintGroup(here());
    await manager.start();
    await manager.enqueue(visit, 2_000);
    await world.time.advance('1s');
    const triggered = watch(manager.triggerTask(visit));
    await world.time.advance('5s');
    expect(triggered.value).toBe('visited');
    expect(seen.most).toBe(1);
  });

  it('given a job waits here for a trigger, when it is cancelled, then it ends at once and never runs', async () => {
    const world = new World();
    const { seen, make } = recorded(world);
    const visit = make();
    const manager = world.manager({ tasks: [visit] });
    manager.addConstraintGroup(here());
    await manager.start();
    void manager.triggerTask(visit, 60_000).catch(() => {});
    const job = await manager.enqueue(visit);
    await world.time.advance('1s');
    await manager.cancel(job.id);
    await world.time.advance('1s');
    expect((await snapshot(manager, job.id)).state).toBe('cancelled');
    await world.time.advance('2m');
    expect(seen.starts).toHaveLength(1);
  });

  it('given a job triggers its own task under its key, when it would wait for itself, then the attempt hears so', async () => {
    const world = new World();
    const heard: unknown[] = [];
    const again: AnyTask = task('again', async () => {
      await manager.triggerTask(again).catch((error: unknown) => heard.push(error));
    });
    const manager = world.manager({ tasks: [again] });
    manager.addConstraintGroup(here());
    await manager.start();
    await manager.enqueue(again);
    await world.time.advance('1s');
    expect(heard).toMatchObject([{ code: 'CONSTRAINT_DEADLOCK' }]);
  });

  it('given a run that holds the key enqueues a job, when that job triggers under the key, then it isn’t taken for a deadlock', async () => {
    const world = new World();
    const done = gate();
    const inner: AnyTask = task('inner', () => manager.triggerTask(outer));
    let runs = 0;
    const outer: AnyTask = task('outer', async () => {
      runs += 1;
      if (runs > 1) return 'second';
      await manager.enqueue(inner);
      await world.sleep(1_000);
      done.open();
      return 'first';
    });
    const manager = world.manager({ tasks: [inner] });
    manager.addConstraintGroup(
      new TaskConstraintGroup({
        name: 'mutex',
        maxConcurrent: 1,
        constraintKeyForExecution: (one) => (one.name === 'outer' ? 'one' : null),
      }),
    );
    await manager.start();
    const first = watch(manager.triggerTask(outer));
    await world.time.advance('5s');
    expect(first.value).toBe('first');
    expect(runs).toBe(2);
  });
});
