import { describe, expect, it } from 'vitest';
import { type ScheduleOptions, task } from '../../src/index.js';
import { all, World } from '../engine/world.js';
import { ticking } from './ticking.js';

describe('a schedule fires', () => {
  const rules: readonly (readonly [name: string, options: Omit<ScheduleOptions, 'id'>, at: readonly number[]])[] = [
    ['every', { every: '10s' }, [10_000, 20_000, 30_000, 40_000]],
    ['every with repeat', { every: '10s', repeat: 2 }, [10_000, 20_000]],
    ['cron', { cron: '*/15 * * * * *' }, [15_000, 30_000, 45_000]],
    ['at', { at: Date.UTC(2030, 0, 1) + 25_000 }, [25_000]],
  ];
  for (const [name, options, at] of rules) {
    it(`given ${name}, when two managers run, then each slot makes one job, at its very moment`, async () => {
      const world = new World();
      const { tick, runs } = ticking(world);
      const a = await world.running(tick);
      await world.running(tick);
      await a.schedule(tick, undefined, { id: 's', ...options });
      await world.time.advance(46_000);
      expect(runs).toEqual(at.map((moment) => ({ slot: moment, at: moment })));
      expect(await a.count({ schedule: 's' })).toMatchObject({ completed: at.length, pending: 0 });
    });
  }

  it('given a jitter, when slots fire, then each job is due within it, and always the same for the same slot', async () => {
    const world = new World();
    const { tick, runs } = ticking(world);
    const manager = await world.running(tick);
    await manager.schedule(tick, undefined, { id: 's', every: '10s', jitterMs: 4_000 });
    await world.time.advance('55s');
    expect(runs.map((run) => run.slot)).toEqual(
      [10_000, 20_000, 30_000, 40_000, 50_000].filter((_, i) => i < runs.length),
    );
    for (const { slot, at } of runs) expect(at - slot).toBeLessThan(4_000);
    expect(new Set(runs.map(({ slot, at }) => at - slot)).size).toBeGreaterThan(1);
  });

  it('given input, priority, labels and attempts, when it fires, then its jobs have them', async () => {
    const world = new World();
    const echo = task('echo', (input: { n: number }) => input.n, { labels: { app: 'web' }, priority: 1 });
    const manager = await world.running(echo);
    const info = await manager.schedule(
      echo,
      { n: 5 },
      { id: 's', every: '1s', repeat: 1, priority: 7, labels: { v: '1' }, attempts: 9 },
    );
    expect(info).toMatchObject({
      id: 's',
      task: 'echo',
      input: { n: 5 },
      firedCount: 0,
      isTaskRegistered: true,
      nextAt: world.time.now + 1_000,
    });
    await world.time.advance('2s');
    const [job] = await all(manager.list({ schedule: 's' }));
    expect(job).toMatchObject({
      result: 5,
      priority: 7,
      labels: { app: 'web', v: '1' },
      maxAttempts: 9,
      schedule: { id: 's' },
    });
    expect((await manager.schedules())[0]).toMatchObject({ firedCount: 1, nextAt: undefined, lastJobId: job?.id });
  });

  it('given a task with attempts: Infinity, when its schedule fires, then its jobs are tried without end', async () => {
    const world = new World();
    const echo = task('echo', () => {}, { retry: { attempts: Infinity } });
    const manager = await world.running(echo);
    await manager.schedule(echo, undefined, { id: 's', every: '1s', repeat: 1 });
    await world.time.advance('2s');
    expect((await all(manager.list()))[0]?.maxAttempts).toBe(Infinity);
  });

  it('given the leader dies without a word, when its term is over, then another fires, and no slot twice', async () => {
    const world = new World();
    const { tick, runs } = ticking(world);
    const a = await world.startedLife({ tasks: [tick], leaseMs: 3_000 });
    await a.manager.schedule(tick, undefined, { id: 's', every: '1s', missed: 'all', overlap: 'allow' });
    await world.started({ tasks: [tick], leaseMs: 3_000 });
    await world.time.advance(4_500);
    a.kill();
    await world.time.advance('15s');
    expect(runs.map((run) => run.slot)).toEqual(Array.from({ length: 19 }, (_, i) => (i + 1) * 1_000));
  });

  it('given a leader that closes, when it has gone, then another leads at once', async () => {
    const world = new World();
    const { tick, at } = ticking(world);
    const a = await world.running(tick);
    await a.schedule(tick, undefined, { id: 's', every: '10s' });
    await world.running(tick);
    await world.time.advance('5s');
    await a.close();
    await world.time.advance('30s');
    expect(at()).toEqual([10_000, 20_000, 30_000]);
  });

  it('given a schedule whose stored rule is corrupt, when others are due, then they fire all the same', async () => {
    const world = new World();
    const { tick, at } = ticking(world);
    const life = await world.startedLife({ tasks: [tick] });
    await world.store.putSchedule({
      id: 'bad',
      definitionVersion: 0,
      task: 'tick',
      queue: 'default',
      input: null,
      rule: '{"kind":',
      template: '{}',
      fingerprint: 'f',
      nextAt: world.time.now + 500,
    });
    await life.manager.schedule(tick, undefined, { id: 'good', every: '1s', repeat: 2 });
    await world.time.advance('10s');
    expect(at()).toEqual([1_000, 2_000]);
    expect(life.errors.length).toBeGreaterThan(0);
  });
});

describe('overlap and missed slots', () => {
  it('given overlap skip, when a run takes longer than the interval, then slots meanwhile make no job', async () => {
    const world = new World();
    const { tick, at } = ticking(world, 2_500);
    const manager = await world.running(tick);
    await manager.schedule(tick, undefined, { id: 's', every: '1s' });
    await world.time.advance(8_200);
    expect(at()).toEqual([1_000, 4_000, 7_000]);
  });

  it('given overlap skip and repeat, when slots are skipped, then they don’t count', async () => {
    const world = new World();
    const { tick, at } = ticking(world, 1_500);
    const manager = await world.running(tick);
    await manager.schedule(tick, undefined, { id: 's', every: '1s', repeat: 3 });
    await world.time.advance('30s');
    expect(at()).toEqual([1_000, 3_000, 5_000]);
  });

  it('given overlap queue, when a run takes longer, then one more waits and starts when the run ends', async () => {
    const world = new World();
    const { tick, at } = ticking(world, 2_500);
    const manager = await world.started({ tasks: [tick], concurrency: 1 });
    await manager.schedule(tick, undefined, { id: 's', every: '1s', overlap: 'queue' });
    await world.time.advance(9_000);
    expect(at()).toEqual([1_000, 3_500, 6_000, 8_500]);
    expect((await manager.count()).pending).toBe(1);
  });

  it('given overlap allow, when a run takes longer, then runs overlap', async () => {
    const world = new World();
    const { tick, at } = ticking(world, 2_500);
    const manager = await world.running(tick);
    await manager.schedule(tick, undefined, { id: 's', every: '1s', overlap: 'allow' });
    await world.time.advance(4_000);
    expect(at()).toEqual([1_000, 2_000, 3_000, 4_000]);
  });

  for (const [missed, slots] of [
    ['latest', [3_600]],
    ['skip', []],
    ['all', [600, 1_200, 1_800, 2_400, 3_000, 3_600]],
  ] as const) {
    it(`given missed ${missed}, when everybody was away for an hour, then that is what is made up for`, async () => {
      const world = new World();
      const { tick, runs } = ticking(world);
      const slotsRun = () => runs.map((run) => run.slot / 1_000);
      const manager = await world.running(tick);
      await manager.schedule(tick, undefined, { id: 's', every: '10m', missed, overlap: 'allow' });
      await manager.stop();
      await world.time.advance('62m');
      await manager.start();
      await world.time.advance('1s');
      expect(slotsRun()).toEqual(slots);
      await world.time.advance('10m');
      expect(slotsRun()).toEqual([...slots, 4_200]);
    });
  }
});
