import { describe, expect, it } from 'vitest';
import { OptionError, task } from '../../src/index.js';
import { all, gate, snapshot, World, wrapped } from '../engine/world.js';
import { ticking } from './ticking.js';

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

  it('given a crash loop of 200 starts, when each registers it and dies at some point after, then there is one schedule, and one job a slot', async () => {
    const world = new World();
    const { tick } = ticking(world);
    const t0 = world.time.now;
    const rule = { id: 's', every: '1s', overlap: 'allow', missed: 'all' } as const;
    for (let start = 0; start < 200; start++) {
      const life = await world.startedLife({ tasks: [tick], leaseMs: 500 });
      await life.manager.schedule(tick, { b: 1, a: 2 }, rule);
      await world.time.advance((start * 37) % 900);
      life.kill();
    }
    const manager = await world.running(tick);
    await manager.schedule(tick, { a: 2, b: 1 }, rule);
    await world.time.advance('10s');
    const schedules = await manager.schedules();
    expect(schedules.map(({ id, definitionVersion }) => [id, definitionVersion])).toEqual([['s', 0]]);
    const slots = (await all(manager.list())).map(({ schedule }) => schedule!.slot).reverse();
    expect(slots.length).toBeGreaterThan(80);
    expect(slots).toEqual(slots.map((_, i) => t0 + (i + 1) * 1_000));
    expect(schedules[0]?.firedCount).toBe(slots.length);
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

  it('given several, when so many are asked for, then the store is asked for no more, and the next to fire are told', async () => {
    const world = new World();
    const { tick } = ticking(world);
    const limits: number[] = [];
    const store = wrapped(world.store, {
      listSchedules: (filter, limit) => {
        limits.push(limit);
        return world.store.listSchedules(filter, limit);
      },
    });
    const manager = world.manager({ store, tasks: [tick], work: false });
    for (const every of ['3h', '1h', '2h'] as const) await manager.schedule(tick, undefined, { id: every, every });
    limits.length = 0;
    expect((await manager.schedules({ limit: 2 })).map(({ id }) => id)).toEqual(['1h', '2h']);
    expect(limits).toEqual([2]);
    expect(await manager.schedules()).toHaveLength(3);
    await expect(manager.schedules({ limit: 0 })).rejects.toThrow(/the limit of schedules is 0; it must be a whole/);
    await expect(manager.schedules({ limt: 1 } as object)).rejects.toThrow(OptionError);
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
