/** Clocks that jump, and clocks that disagree: due times and leases go by the store's. */

import { describe, expect, it } from 'vitest';
import { task } from '../../src/index.js';
import { ticking } from '../manager/ticking.js';
import { all, snapshot, World, wrapped } from './world.js';

const HOUR_MS = 3_600_000;
const LEASE_MS = 3_000;
const SWEEP_MS = LEASE_MS / 3;

describe.each([
  ['an hour ahead', HOUR_MS],
  ['an hour back', -HOUR_MS],
])('a clock that jumps %s', (_, jumpMs) => {
  it('given jobs that run and wait on two workers, when it jumps in their middle, then each ends once, on time by the monotonic clock', async () => {
    const world = new World();
    const ends = new Map<string, number>();
    const works = task('works', (ms: number, { signal }) => world.sleep(ms, signal), { retry: { attempts: 1 } });
    const lives = [1, 2].map(() => world.life({ tasks: [works], leaseMs: LEASE_MS, concurrency: 3 }));
    for (const { manager } of lives) {
      manager.on('completed', ({ job }) => ends.set(job.id, (ends.get(job.id) ?? 0) + 1));
      await manager.start();
    }
    const jobs = await lives[0]!.manager.enqueueMany(works, Array(30).fill(500));
    await world.time.advance(800);
    world.time.jump(jumpMs);
    await world.time.advance(30 * 500 + LEASE_MS + 2 * SWEEP_MS);
    expect(await lives[0]!.manager.count()).toMatchObject({ completed: 30, running: 0, pending: 0, failed: 0 });
    for (const { id } of jobs) {
      expect(ends.get(id)).toBe(1);
      expect(await snapshot(lives[0]!.manager, id)).toMatchObject({ attempt: 1, errors: [] });
    }
  });

  it('given a running job, when it jumps and the worker dies, then another runs it within a term, a lease and their sweeps', async () => {
    const world = new World();
    const starts: number[] = [];
    const works = task('works', () => {
      starts.push(world.time.host.monotonic());
      return world.sleep(starts.length === 1 ? 10 * HOUR_MS : 10);
    });
    const dying = await world.startedLife({ tasks: [works], leaseMs: LEASE_MS });
    const job = await dying.manager.enqueue(works);
    const other = await world.started({ tasks: [works], leaseMs: LEASE_MS });
    await world.time.advance('10s');
    world.time.jump(jumpMs);
    dying.kill();
    const diedAt = world.time.host.monotonic();
    // The dead one led. What seems to reach into the future, its term and then its lease, counts from where it is seen.
    const boundMs = 2 * LEASE_MS + 3 * SWEEP_MS;
    await world.time.advance(boundMs);
    expect(starts).toHaveLength(2);
    expect((starts[1] as number) - diedAt).toBeLessThanOrEqual(boundMs);
    expect(await snapshot(other, job.id)).toMatchObject({ state: 'completed', attempt: 1, generation: 1 });
  });

  it('given a schedule, when it jumps, then no slot comes twice, and it goes on by the clock', async () => {
    const world = new World();
    const { tick, runs } = ticking(world);
    const t0 = world.time.now;
    const { manager, errors } = await world.startedLife({ tasks: [tick], leaseMs: LEASE_MS });
    await manager.schedule(tick, undefined, { id: 's', every: '10s' });
    await world.time.advance('25s');
    world.time.jump(jumpMs);
    await world.time.advance('65m');
    const slots = runs.map(({ slot }) => slot);
    expect(new Set(slots).size).toBe(slots.length);
    expect(slots).toEqual([...slots].sort((a, b) => a - b));
    for (const { slot, at } of runs) expect(at).toBeGreaterThanOrEqual(slot);
    const now = world.time.now - t0;
    // Back: what has fired stays fired, and the rest comes when the clock is there. Ahead: one stands for those it passed.
    const before = jumpMs < 0 ? 20_000 : jumpMs + 20_000;
    const due = Array.from({ length: (now - (now % 10_000) - before) / 10_000 }, (_, i) => before + (i + 1) * 10_000);
    expect(slots).toEqual(jumpMs < 0 ? [10_000, 20_000, ...due] : [10_000, 20_000, jumpMs + 20_000, ...due]);
    expect(errors).toEqual([]);
  });

  it('given a job that is due later, when it jumps, then the job starts when the clock says so, not before, and nothing spins', async () => {
    const world = new World();
    const ranAt: number[] = [];
    const later = task('later', () => void ranAt.push(world.time.now));
    let exchanges = 0;
    const store = wrapped(world.store, {
      exchange: (request) => {
        exchanges += 1;
        return world.store.exchange(request);
      },
    });
    const manager = await world.started({ tasks: [later], store, leaseMs: LEASE_MS });
    const dueAt = world.time.now + 2 * HOUR_MS;
    await manager.enqueue(later, undefined, { in: '2h' });
    await world.time.advance('1m');
    world.time.jump(jumpMs);
    exchanges = 0;
    await world.time.advance('4m');
    // A poll each 5 s.
    expect(exchanges).toBeLessThan(60);
    expect(ranAt).toEqual([]);
    await world.time.advance(dueAt - world.time.now - 1);
    expect(ranAt).toEqual([]);
    await world.time.advance(1);
    expect(ranAt).toEqual([dueAt]);
  });
});

describe('a worker that cannot reach its store for less than a lease', () => {
  it('given the clock jumps back meanwhile, when its heartbeats come through again, then it has lost nothing', async () => {
    const world = new World();
    let isCut = false;
    const store = wrapped(world.store, {
      extend: (request) => (isCut ? Promise.reject(new Error('cut off')) : world.store.extend(request)),
    });
    const works = task('works', () => world.sleep(9_000));
    const { manager, events, errors } = await world.startedLife({ tasks: [works], store, leaseMs: LEASE_MS });
    const job = await manager.enqueue(works);
    await world.time.advance(900);
    isCut = true;
    await world.time.advance(700);
    world.time.jump(-HOUR_MS);
    await world.time.advance(700);
    isCut = false;
    await world.time.advance('10s');
    expect(errors.map(({ during }) => during)).toContain('the heartbeat');
    expect(events.map(({ type }) => type)).toEqual(['started', 'completed']);
    expect(await snapshot(manager, job.id)).toMatchObject({ attempt: 1, suspect: false });
  });
});

describe('nodes whose clocks are ten minutes apart', () => {
  const skews = [-600_000, 0, 600_000];

  it('given each enqueues and works, when jobs are due, then they start at their moment by the store’s clock, and no lease is lost', async () => {
    const world = new World();
    const t0 = world.time.now;
    const starts: { readonly name: string; readonly at: number }[] = [];
    const works = task('works', async (name: string) => {
      starts.push({ name, at: world.time.now - t0 });
      await world.sleep(2 * LEASE_MS);
    });
    const lives = skews.map((skew) =>
      world.life({
        tasks: [works],
        leaseMs: LEASE_MS,
        host: { ...world.time.host, now: () => world.time.now + skew },
      }),
    );
    for (const { manager } of lives) await manager.start();
    for (const [i, { manager }] of lives.entries()) {
      await manager.enqueue(works, `now ${i}`);
      await manager.enqueue(works, `in ${i}`, { in: '20s' });
      await manager.enqueue(works, `at ${i}`, { at: t0 + 41_300 });
    }
    await world.time.advance('1m');
    const startOf = (name: string): readonly number[] => starts.filter((s) => s.name === name).map(({ at }) => at);
    for (const i of skews.keys()) {
      expect(startOf(`now ${i}`)).toEqual([0]);
      expect(startOf(`in ${i}`)).toEqual([20_000]);
      expect(startOf(`at ${i}`)).toEqual([41_300]);
    }
    for (const { events } of lives) expect(events.filter(({ type }) => type === 'lost')).toEqual([]);
    for (const job of await all(lives[1]!.manager.list())) {
      expect(job).toMatchObject({ state: 'completed', attempt: 1, suspect: false, createdAt: t0 });
    }
  });
});
