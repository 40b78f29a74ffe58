/** Schedules that the leader can't read, for another may. */
import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/index.js';
import { ticking } from '../manager/ticking.js';
import { World, wrapped } from './world.js';

const BERLIN = { cron: '0 * * * *', timeZone: 'Europe/Berlin' };

/** The store as a process sees it whose runtime doesn't know the zone of Berlin; each look is counted. */
function withoutBerlin(store: Store, looks: { n: number } = { n: 0 }): Store {
  return wrapped(store, {
    listSchedules: async (...given) => {
      looks.n += 1;
      const records = await store.listSchedules(...given);
      return records.map((record) => ({ ...record, rule: record.rule.replace('Europe/Berlin', 'Mars/Base') }));
    },
  });
}

describe('a schedule that the leader cannot read', () => {
  it('given its zone is unknown to the leader, when its slots come, then it is reported once, stays due, and the sweeps keep their pace', async () => {
    const world = new World();
    const { tick, at } = ticking(world);
    const looks = { n: 0 };
    const old = await world.startedLife({ tasks: [tick], store: withoutBerlin(world.store, looks) });
    const { nextAt } = await world.manager().schedule(tick, undefined, { id: 's', ...BERLIN });
    await world.time.advance('1h');
    looks.n = 0;
    await world.time.advance('2h');
    expect(at()).toEqual([]);
    expect(old.errors.map(({ during }) => during)).toEqual(["firing schedule 's'"]);
    expect(String(old.errors[0]?.error)).toContain('Mars/Base');
    expect((await world.store.listSchedules({}, 1))[0]).toMatchObject({ nextAt, firedCount: 0 });
    // Two a sweep, and a sweep every 5 s.
    expect(looks.n).toBeLessThan(2 * (7_200 / 5) + 10);
  });

  it('given the leader could not read it, when one leads that can, then it fires', async () => {
    const world = new World();
    const { tick, at } = ticking(world);
    const old = await world.startedLife({ tasks: [tick], store: withoutBerlin(world.store) });
    const able = await world.started({ tasks: [tick] });
    await able.schedule(tick, undefined, { id: 's', ...BERLIN });
    await world.time.advance('61m');
    expect(at()).toEqual([]);
    await old.manager.close();
    await world.time.advance('61m');
    expect(at()).toHaveLength(2);
  });

  it('given more of them than a page holds, when others are due behind them, then those fire at their moment', async () => {
    const world = new World();
    const { tick, at } = ticking(world);
    await world.startedLife({ tasks: [tick] });
    for (let i = 0; i < 250; i++) {
      await world.store.putSchedule({
        ...{ id: `bad-${i}`, definitionVersion: 0, task: 'tick', queue: 'default', input: null },
        ...{ rule: '{"kind":"tidal"}', template: '{}', fingerprint: 'f', nextAt: world.time.now + 500 },
      });
    }
    const life = await world.startedLife({ tasks: [tick] });
    await life.manager.schedule(tick, undefined, { id: 'good', every: '10s' });
    await world.time.advance('35s');
    expect(at()).toEqual([10_000, 20_000, 30_000]);
  });

  it.each([['{"kind":"every","repeat":null,"endAt":null}'], ['null'], ['{"kind":"tidal"}']])(
    'given the rule %s, when its slot comes, then it is reported and not advanced',
    async (rule) => {
      const world = new World();
      const { tick, at } = ticking(world);
      const { manager, errors } = await world.startedLife({ tasks: [tick] });
      await manager.schedule(tick, undefined, { id: 's', every: '10s' });
      const [record] = await world.store.listSchedules({ ids: ['s'] }, 1);
      if (record === undefined) throw new Error('It is not there.');
      await world.store.putSchedule({ ...record, rule, fingerprint: 'of another version' });
      await world.time.advance('30s');
      expect(at()).toEqual([]);
      expect(errors).toHaveLength(1);
      expect((await world.store.listSchedules({}, 1))[0]?.nextAt).toBe(record.nextAt);
    },
  );

  it('given a damaged record, when it is removed and scheduled anew the same, then it fires', async () => {
    const world = new World();
    const { tick, at } = ticking(world);
    const { manager, errors } = await world.startedLife({ tasks: [tick] });
    await manager.schedule(tick, undefined, { id: 's', every: '10s' });
    const [record] = await world.store.listSchedules({ ids: ['s'] }, 1);
    await manager.unschedule('s');
    if (record === undefined) throw new Error('It is not there.');
    await world.store.putSchedule({ ...record, rule: '{"kind":' });
    await world.time.advance('20s');
    expect(errors).toHaveLength(1);
    await manager.unschedule('s');
    await manager.schedule(tick, undefined, { id: 's', every: '10s' });
    await world.time.advance('15s');
    expect(at()).toEqual([30_000]);
  });
});
