import { describe, expect, it } from 'vitest';
import { OptionError, ScheduleError, type ScheduleOptions, task, UnknownTaskError } from '../../src/index.js';
import { all, gate, snapshot, World } from '../engine/world.js';

/** A task that notes the slot and the moment of each run, relative to the world's start. */
function ticking(world: World, ms = 0) {
  const t0 = world.time.now;
  const runs: { readonly slot: number; readonly at: number }[] = [];
  const tick = task('tick', async (_input: unknown, ctx) => {
    runs.push({ slot: (ctx.job.schedule?.slot ?? Number.NaN) - t0, at: world.time.now - t0 });
    if (ms > 0) await world.sleep(ms);
  });
  return { tick, runs, at: () => runs.map((run) => run.at) };
}

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

describe('scheduling the same again', () => {
  it('given an unchanged rule, when it is registered at each start, then slots go on as before and none comes twice', async () => {
    const world = new World();
    const { tick, at } = ticking(world);
    for (let i = 0; i < 6; i++) {
      const { manager } = await world.startedLife({ tasks: [tick] });
      await manager.schedule(tick, { b: 1, a: 2 }, { id: 's', every: '10s' });
      await world.time.advance('7s');
      await manager.close();
    }
    expect(at()).toEqual([10_000, 20_000, 30_000, 40_000]);
  });

  it('given an input that means the same, when it is registered again, then nothing changes', async () => {
    const world = new World();
    const { tick } = ticking(world);
    const manager = await world.running(tick);
    const first = await manager.schedule(tick, { a: 1, b: 2 }, { id: 's', every: '10s', labels: { x: '1', y: '2' } });
    await world.time.advance('3s');
    const second = await manager.schedule(tick, { b: 2, a: 1 }, { id: 's', every: '10s', labels: { y: '2', x: '1' } });
    expect(second.nextAt).toBe(first.nextAt);
  });

  it('given a changed rule, when it is registered, then what the old one made and nobody claimed goes, and only the new one fires', async () => {
    const world = new World();
    const { tick, at } = ticking(world);
    const manager = await world.running(tick);
    await manager.pause('default');
    await manager.schedule(tick, undefined, { id: 's', every: '2s', overlap: 'allow' });
    await world.time.advance('5s');
    expect((await manager.count()).pending).toBe(2);
    await manager.schedule(tick, undefined, { id: 's', every: '7s' });
    expect((await manager.count()).pending).toBe(0);
    await manager.resumeQueue('default');
    await world.time.advance('20s');
    expect(at()).toEqual([12_000, 19_000]);
  });

  it('given a lower definitionVersion, when an old deploy registers it, then the newer rule stays', async () => {
    const world = new World();
    const { tick } = ticking(world);
    const manager = await world.running(tick);
    await manager.schedule(tick, undefined, { id: 's', every: '2s', definitionVersion: 2 });
    const info = await manager.schedule(tick, undefined, { id: 's', every: '9s', definitionVersion: 1 });
    expect(info.rule).toMatchObject({ everyMs: 2_000 });
  });

  it('given a schedule is removed, when it was there, then its waiting jobs go and it fires no more', async () => {
    const world = new World();
    const { tick, at } = ticking(world);
    const manager = await world.running(tick);
    await manager.schedule(tick, undefined, { id: 's', every: '2s' });
    await world.time.advance('3s');
    await manager.pause('default');
    await world.time.advance('2s');
    expect((await manager.count()).pending).toBe(1);
    expect(await manager.unschedule('s')).toBe(true);
    expect(await manager.unschedule('s')).toBe(false);
    await manager.resumeQueue('default');
    await world.time.advance('10s');
    expect(at()).toEqual([2_000]);
    expect(await manager.schedules()).toEqual([]);
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
    ['all', Array.from({ length: 60 }, (_, i) => (i + 1) * 60)],
  ] as const) {
    it(`given missed ${missed}, when everybody was away for an hour, then that is what is made up for`, async () => {
      const world = new World();
      const { tick, runs } = ticking(world);
      const manager = await world.running(tick);
      await manager.schedule(tick, undefined, { id: 's', every: '1m', missed, overlap: 'allow' });
      await manager.stop();
      // For `skip`, over a minute after the last slot would need a longer pause than the rule has: the next is due too.
      await world.time.advance(3_600_000 + (missed === 'skip' ? 59_000 : 10_000));
      await manager.start();
      await world.time.advance(missed === 'skip' ? 500 : 1_000);
      if (missed === 'skip') expect(runs.length).toBeLessThanOrEqual(1);
      else expect(runs.map((run) => run.slot / 1_000)).toEqual(slots);
      await world.time.advance('1m');
      expect(runs.at(-1)?.slot).toBe(3_660_000);
    });
  }
});

describe('what a schedule tells', () => {
  it('given a rule, when its slots are previewed, then they are the ones that will fire', async () => {
    const world = new World();
    const { tick } = ticking(world);
    const manager = world.manager({ tasks: [tick] });
    const info = await manager.schedule(tick, undefined, { id: 's', cron: '0 2 * * *', timeZone: 'Europe/Berlin' });
    expect(info.preview(2).map((slot) => new Date(slot).toISOString())).toEqual([
      '2030-01-01T01:00:00.000Z',
      '2030-01-02T01:00:00.000Z',
    ]);
    const limited = await manager.schedule(tick, undefined, { id: 'three', every: '1s', repeat: 3 });
    expect(limited.preview(10)).toHaveLength(3);
    expect(() => info.preview(-1)).toThrow(OptionError);
  });

  it('given a schedule whose task nobody registered, when it is due, then its job waits and both say so', async () => {
    const world = new World();
    const { tick } = ticking(world);
    const before = await world.running(tick);
    await before.schedule(tick, undefined, { id: 's', every: '10s' });
    await before.close();
    const manager = await world.running(task('other', () => {}));
    expect((await manager.schedules())[0]).toMatchObject({ id: 's', isTaskRegistered: false });
    await world.time.advance('30s');
    const [job] = await all(manager.list({ schedule: 's' }));
    expect(job).toMatchObject({ state: 'pending', attempt: 0, parkedOn: 'task:tick' });
    expect((await manager.explain(job?.id as string)).causes[0]?.code).toBe('unknown-task');
  });

  const refused: readonly (readonly [name: string, options: object, message: RegExp])[] = [
    ['no id', { every: '1m' }, /id is undefined/],
    ['an unknown option', { id: 's', evry: '1m' }, /schedule has no option 'evry'. Did you mean 'every'/],
    ['no rule', { id: 's' }, /./],
    ['two rules', { id: 's', every: '1m', cron: '* * * * *' }, /./],
    ['a bad pattern', { id: 's', cron: 'every now and then' }, /every now and then/],
    ['a fraction of a definitionVersion', { id: 's', every: '1m', definitionVersion: 0.5 }, /definitionVersion is 0.5/],
    ['bad labels', { id: 's', every: '1m', labels: { a: 1 } }, /labels are strings/],
  ];
  for (const [name, options, message] of refused) {
    it(`given ${name}, when it is scheduled, then it rejects and nothing is written`, async () => {
      const world = new World();
      const manager = world.manager();
      await expect(
        manager.schedule(
          task('tick', () => {}),
          undefined,
          options as never,
        ),
      ).rejects.toThrow(message);
      expect(await manager.schedules()).toEqual([]);
    });
  }
});

describe('the documented addAndScheduleTask, scheduleTaskByName, descheduleTaskByName', () => {
  it('given a manager that isn’t started, when a task is added and scheduled, then it is written at start and fires', async () => {
    const world = new World();
    const { tick, at } = ticking(world);
    const manager = world.manager();
    manager.addAndScheduleTask(tick, '*/10 * * * * *');
    expect(await manager.schedules()).toEqual([]);
    await manager.start();
    expect((await manager.schedules()).map((s) => s.id)).toEqual(['task:tick']);
    await world.time.advance('25s');
    expect(at()).toEqual([10_000, 20_000]);
    manager.descheduleTaskByName('tick');
    await world.time.advance('30s');
    expect(at()).toHaveLength(2);
    expect(await manager.schedules()).toEqual([]);
  });

  it('given a started manager, when a task is scheduled by name, then it fires, and equals schedule() with its id', async () => {
    const world = new World();
    const { tick, at } = ticking(world);
    const manager = await world.running(tick);
    manager.scheduleTaskByName('tick', '*/10 * * * * *');
    await world.time.advance('11s');
    expect(at()).toEqual([10_000]);
    const same = await manager.schedule(tick, undefined, { id: 'task:tick', cron: '*/10 * * * * *' });
    expect(same.firedCount).toBe(1);
  });

  it('given a bad pattern, when it is given, then it throws at once and the task isn’t added', () => {
    const world = new World();
    const { tick } = ticking(world);
    const manager = world.manager();
    expect(() => manager.addAndScheduleTask(tick, '61 * * * *')).toThrow(ScheduleError);
    expect(manager.getTaskByName('tick')).toBeUndefined();
    manager.addTask(tick);
    expect(() => manager.scheduleTaskByName('tick', 'nonsense')).toThrow(ScheduleError);
    expect(() => manager.scheduleTaskByName('tick', 5 as never)).toThrow(OptionError);
  });

  it('given an unknown name, when it is scheduled, then the error suggests the nearest', () => {
    const world = new World();
    const manager = world.manager({ tasks: [task('cleanup', () => {})] });
    expect(() => manager.scheduleTaskByName('cleanpu', '* * * * *')).toThrow(UnknownTaskError);
    expect(() => manager.scheduleTaskByName('cleanpu', '* * * * *')).toThrow(/Did you mean 'cleanup'/);
    expect(() => manager.scheduleTaskByName('something else', '* * * * *')).toThrow(/Registered: cleanup/);
  });

  it('given it is descheduled before the start, when the manager starts, then it isn’t written', async () => {
    const world = new World();
    const { tick } = ticking(world);
    const manager = world.manager();
    manager.addAndScheduleTask(tick, '* * * * *');
    manager.descheduleTaskByName('tick');
    await manager.start();
    expect(await manager.schedules()).toEqual([]);
  });

  it('given the store fails while schedules are written, when start is called again, then they are written', async () => {
    const world = new World();
    const { tick, at } = ticking(world);
    let fails = 1;
    const store = {
      ...world.store,
      putSchedule: (s: Parameters<typeof world.store.putSchedule>[0]) =>
        fails-- > 0 ? Promise.reject(new Error('away')) : world.store.putSchedule(s),
    };
    const manager = world.manager({ store });
    manager.addAndScheduleTask(tick, '*/10 * * * * *');
    await expect(manager.start()).rejects.toThrow('away');
    await manager.start();
    await world.time.advance('11s');
    expect(at()).toEqual([10_000]);
  });

  it('given the store fails for a started manager, when it is scheduled by name, then an error event tells', async () => {
    const world = new World();
    const { tick } = ticking(world);
    const store = { ...world.store, putSchedule: () => Promise.reject(new Error('away')) };
    const life = await world.startedLife({ tasks: [tick], store });
    life.manager.scheduleTaskByName('tick', '* * * * *');
    await world.time.settle();
    expect(life.errors).toEqual([{ error: new Error('away'), during: "registering the schedule of task 'tick'" }]);
  });

  it('given a slot’s job still runs, when the rule is changed, then the job completes', async () => {
    const world = new World();
    const opened = gate();
    const works = task('works', () => opened.promise);
    const manager = await world.running(works);
    const { lastJobId: none } = await manager.schedule(works, undefined, { id: 's', every: '1s', repeat: 1 });
    expect(none).toBeUndefined();
    await world.time.advance('2s');
    const id = (await manager.schedules())[0]?.lastJobId as string;
    await manager.schedule(works, undefined, { id: 's', every: '1h' });
    opened.open();
    await world.time.settle();
    expect((await snapshot(manager, id)).state).toBe('completed');
  });
});
