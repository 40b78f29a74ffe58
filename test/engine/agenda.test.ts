import { describe, expect, it } from 'vitest';
import { LONGEST_TIMER_MS } from '../../src/core/host.js';
import { Agenda } from '../../src/engine/agenda.js';
import { memory, TaskManager, task } from '../../src/index.js';
import { VirtualTime } from '../../src/testing/index.js';
import { snapshot, World, wrapped } from './world.js';

describe('the agenda', () => {
  function make() {
    const time = new VirtualTime();
    const set: number[] = [];
    let open = 0;
    const agenda = new Agenda({
      ...time.host,
      timer: (ms, callback) => {
        set.push(ms);
        open += 1;
        const cancel = time.host.timer(ms, () => {
          open -= 1;
          callback();
        });
        return () => {
          open -= 1;
          cancel();
        };
      },
    });
    return { time, agenda, set, openTimers: () => open };
  }

  it('given several entries, when time passes, then each runs once at its moment, on one timer', async () => {
    const { time, agenda, openTimers } = make();
    const start = time.now;
    const ran: [string, number][] = [];
    for (const [name, ms] of [
      ['b', 20],
      ['a', 10],
      ['c', 20.4],
    ] as const)
      agenda.set(name, ms, () => ran.push([name, time.now - start]));
    expect(openTimers()).toBe(1);
    await time.advance('1s');
    expect(ran).toEqual([
      ['a', 10],
      ['b', 20],
      ['c', 21],
    ]);
    expect(openTimers()).toBe(0);
  });

  it('given an entry is set again, when time passes, then only the later setting runs', async () => {
    const { time, agenda } = make();
    const ran: string[] = [];
    agenda.set('a', 10, () => ran.push('first'));
    agenda.set('a', 30, () => ran.push('second'));
    await time.advance(20);
    expect(ran).toEqual([]);
    await time.advance(20);
    expect(ran).toEqual(['second']);
  });

  it('given setSooner, when the entry is set to run sooner, then it stays; when later, then it moves', async () => {
    const { time, agenda } = make();
    const ran: string[] = [];
    agenda.set('a', 10, () => ran.push('kept'));
    agenda.setSooner('a', 20, () => ran.push('no'));
    agenda.setSooner('b', 20, () => ran.push('new'));
    agenda.set('c', 50, () => ran.push('no'));
    agenda.setSooner('c', 30, () => ran.push('moved'));
    await time.advance(100);
    expect(ran).toEqual(['kept', 'new', 'moved']);
  });

  it('given an entry is cleared, when time passes, then it does not run and no timer is left', async () => {
    const { time, agenda, openTimers } = make();
    agenda.set('a', 10, () => expect.unreachable());
    expect(agenda.has('a')).toBe(true);
    agenda.clear('a');
    expect(agenda.has('a')).toBe(false);
    expect(openTimers()).toBe(0);
    await time.advance(20);
  });

  it('given it is closed, when something is set, then it never runs and no timer is left', async () => {
    const { time, agenda, openTimers } = make();
    agenda.set('a', 10, () => expect.unreachable());
    agenda.close();
    agenda.set('b', 10, () => expect.unreachable());
    expect(openTimers()).toBe(0);
    await time.advance(20);
  });

  it('given an entry that sets itself again, when it runs, then it runs on and on', async () => {
    const { time, agenda } = make();
    let ran = 0;
    const again = (): void => {
      ran += 1;
      agenda.set('a', 10, again);
    };
    agenda.set('a', 10, again);
    await time.advance(100);
    expect(ran).toBe(10);
  });

  it('given a moment further away than a timer reaches, when it comes, then it runs then, in few stretches', async () => {
    const { time, agenda, set } = make();
    const start = time.now;
    const ran: number[] = [];
    agenda.set('far', 90 * 86_400_000, () => ran.push(time.now - start));
    await time.advance('89d');
    expect(ran).toEqual([]);
    await time.advance('2d');
    expect(ran).toEqual([90 * 86_400_000]);
    expect(Math.max(...set)).toBeLessThanOrEqual(LONGEST_TIMER_MS);
    expect(set.length).toBeLessThanOrEqual(5);
  });
});

describe('jobs that are due far away', () => {
  for (const [name, startAt, inMs] of [
    ['in 60 days', undefined, 60 * 86_400_000],
    ['after 2038', Date.UTC(2037, 11, 1), 120 * 86_400_000],
    ['in the year 4000', undefined, Date.UTC(4000, 0, 1) - Date.UTC(2030, 0, 1)],
  ] as const) {
    it(`given a job due ${name}, when it waits, then it doesn't start early and the manager stays quiet; when it is due, then it runs`, async () => {
      const world = new World(startAt === undefined ? {} : { startAt });
      let exchanges = 0;
      const store = wrapped(world.store, {
        exchange: (request) => {
          exchanges += 1;
          return world.store.exchange(request);
        },
      });
      const ranAt: number[] = [];
      const far = task('far', () => void ranAt.push(world.time.now));
      const { manager, timersSet } = await world.startedLife({ tasks: [far], store });
      const dueAt = world.time.now + inMs;
      const job = await manager.enqueue(far, undefined, { at: dueAt });
      await world.time.advance('1m');
      expect(exchanges).toBeLessThan(20);
      expect(timersSet.length).toBeLessThan(100);
      await manager.stop();
      await world.time.advance(dueAt - world.time.now - 2_000);
      await manager.start();
      await world.time.advance(1_999);
      expect(ranAt).toEqual([]);
      expect((await snapshot(manager, job.id)).state).toBe('pending');
      await world.time.advance(1);
      expect(ranAt).toEqual([dueAt]);
    });
  }

  it('given nothing but a far job, when a manager waits, then its timers are its polls and sweeps and no more', async () => {
    const time = new VirtualTime();
    let timers = 0;
    const host = {
      ...time.host,
      timer: (ms: number, callback: () => void) => {
        timers += 1;
        return time.host.timer(ms, callback);
      },
    };
    const manager = new TaskManager({
      store: memory({ clock: time.clock }),
      host,
      tasks: [task('far', () => {})],
      leaseMs: 86_400_000,
    });
    await manager.start();
    await manager.enqueue(
      task('far', () => {}),
      undefined,
      { in: '60d' },
    );
    await time.advance('2m');
    // Every 5 s a poll and a sweep.
    expect(timers).toBeLessThan(24 * 2 + 20);
    await manager.close();
  });
});
