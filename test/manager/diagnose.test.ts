/** What a manager finds wrong with its store. */
import { describe, expect, it } from 'vitest';
import { type Finding, task } from '../../src/index.js';
import { diagnose } from '../../src/manager/diagnose.js';
import { gate, World, wrapped } from '../engine/world.js';

const resize = task('resize', () => 1, { queue: 'images' });

function codes(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ code }) => code);
}

describe('diagnose', () => {
  it('given workers that have all the tasks, when it is asked, then nothing is found', async () => {
    const world = new World();
    const manager = await world.running(resize);
    await manager.enqueue(resize);
    await manager.schedule(resize, undefined, { id: 's', every: '1h' });
    await world.time.settle();
    expect(await manager.diagnose()).toMatchObject({
      store: { kind: world.store.kind },
      counts: { completed: 1 },
      workers: 1,
      schedules: 1,
      findings: [],
    });
  });

  it('given a paused queue, an unknown task and a job that is not due, when it is asked, then the first two are found', async () => {
    const world = new World();
    const manager = await world.running(resize);
    await manager.pause('images');
    await manager.enqueue(resize);
    await manager.enqueue(resize);
    await world.put({ id: 'unknown-1', task: 'crop' });
    await world.put({ id: 'later-1', task: 'later', delayMs: 60_000 });
    await world.time.settle();
    const { findings } = await manager.diagnose();
    expect(codes(findings)).toEqual(['unknown-task', 'queue-paused']);
    expect(findings[1]?.message).toContain('2 due jobs');
  });

  it('given a worker that died at its work, when its lease is over and nobody is alive, then that is found', async () => {
    const world = new World();
    const never = task('never', () => gate().promise);
    const life = await world.startedLife({ tasks: [never], leaseMs: 3_000 });
    await life.manager.enqueue(never);
    await world.time.settle();
    life.kill();
    const looker = world.manager({ work: false });
    expect(codes((await looker.diagnose()).findings)).toEqual([]);
    await world.time.advance('4s');
    expect(codes((await looker.diagnose()).findings)).toEqual(['lease-over', 'no-worker']);
  });

  it('given a corrupt record, when it has failed, then it is found by its id', async () => {
    const world = new World();
    const manager = await world.running(resize);
    await world.put({ id: 'corrupt-1', task: 'resize', queue: 'images', input: '{"half":' });
    await world.time.advance('10s');
    const { findings } = await manager.diagnose();
    expect(findings).toMatchObject([{ code: 'corrupt-records', severity: 'warning' }]);
    expect(findings[0]?.message).toContain('corrupt-1');
  });

  it('given a schedule that can not be read, when it is asked, then that is found', async () => {
    const world = new World();
    const manager = await world.running(resize);
    await manager.schedule(resize, undefined, { id: 's', every: '1h' });
    const store = wrapped(world.store, {
      listSchedules: async (...given) =>
        (await world.store.listSchedules(...given)).map((record) => ({ ...record, rule: '{' })),
    });
    const looker = world.manager({ store, work: false });
    expect(codes((await looker.diagnose()).findings)).toEqual(['schedule-corrupt']);
    await expect(looker.schedules()).rejects.toThrow(/What is stored of schedule 's' can't be read. Remove it/);
  });

  it('given schedules of a time zone and of a kind that are unknown here, when it is asked, then both are named', async () => {
    const world = new World();
    const manager = await world.running(resize);
    await manager.schedule(resize, undefined, { id: 'zone', cron: '0 * * * *', timeZone: 'Europe/Berlin' });
    await manager.schedule(resize, undefined, { id: 'kind', every: '1h' });
    const store = wrapped(world.store, {
      listSchedules: async (...given) =>
        (await world.store.listSchedules(...given)).map((record) => ({
          ...record,
          rule: record.rule.replace('Europe/Berlin', 'Mars/Base').replace('"every"', '"tidal"'),
        })),
    });
    const { findings } = await world.manager({ store, work: false }).diagnose();
    expect(codes(findings)).toEqual(['schedule-corrupt', 'schedule-corrupt']);
    const messages = findings.map(({ message }) => message).join(' ');
    expect(messages).toContain("Schedule 'zone' can't be read here");
    expect(messages).toContain("Schedule 'kind' can't be read here");
  });

  it('given a store that knows something of itself, when it is asked, then its facts and findings are there', async () => {
    const world = new World();
    const note: Finding = { code: 'of-its-own', severity: 'note', message: 'So it is.', fix: null };
    const asked: number[] = [];
    const health = {
      check: async (workers: number) => {
        asked.push(workers);
        return { facts: { version: '7' }, findings: [note], now: world.time.now + 60_000 };
      },
    };
    const manager = await world.running(resize);
    const looker = world.manager({ store: wrapped(world.store, { health }), work: false });
    expect(await looker.diagnose()).toMatchObject({
      store: { facts: { version: '7' } },
      findings: [{ code: 'clock-skew' }, note],
    });
    expect(asked).toEqual([1]);
    await manager.close();
  });
});

describe('the clocks', () => {
  /** Of a store whose every answer takes so long, and whose clock is off by so much. */
  async function found(slow: 'check' | 'listSchedules', tookMs: number, offMs = 0): Promise<readonly string[]> {
    const world = new World();
    let now = world.time.now;
    const health = {
      check: async () => {
        const read = now + offMs;
        if (slow === 'check') now += tookMs;
        return { facts: {}, findings: [], now: read };
      },
    };
    const store = wrapped(world.store, {
      health,
      listSchedules: async (...given) => {
        if (slow === 'listSchedules') now += tookMs;
        return world.store.listSchedules(...given);
      },
    });
    await store.open();
    return codes((await diagnose(store, () => now)).findings).filter((code) => code.startsWith('clock'));
  }

  it('given a store that lists slowly, when it is asked, then its clock is not taken for one that is off', async () => {
    expect(await found('listSchedules', 10_000)).toEqual([]);
    expect(await found('listSchedules', 10_000, 3_000)).toEqual(['clock-skew']);
  });

  it('given a store that tells its time slowly, then its clock is off only beyond the time that it took', async () => {
    expect(await found('check', 10_000)).toEqual([]);
    expect(await found('check', 10_000, -3_000)).toEqual(['clock-skew']);
    expect(await found('check', 10_000, 30_000)).toEqual(['clock-skew']);
  });
});

describe('a manager that starts', () => {
  const health = {
    check: async (workers: number) => ({
      facts: {},
      findings: [
        { code: 'a', severity: 'warning', message: `It has ${workers} workers.`, fix: 'Stop one.' },
        { code: 'b', severity: 'note', message: 'Unheard.', fix: null },
      ] as const,
      now: null,
    }),
  };

  it('given a store that warns, when it starts again and again, then its log says so once', async () => {
    const world = new World();
    const store = wrapped(world.store, { health });
    const { manager, logged } = await world.startedLife({ store });
    await manager.stop();
    await manager.start();
    await world.time.settle();
    expect(logged.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'warn taskspan: It has 1 workers. Stop one.',
    ]);
  });

  it('given that it only produces, or that the store does not answer, then nothing is said', async () => {
    const world = new World();
    const broken = { check: () => Promise.reject(new Error('no')) };
    const lives = [
      await world.startedLife({ store: wrapped(world.store, { health }), work: false }),
      await world.startedLife({ store: wrapped(world.store, { health: broken }) }),
    ];
    expect(lives.flatMap(({ logged }) => logged)).toEqual([]);
  });
});
