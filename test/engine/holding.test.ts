import { describe, expect, it } from 'vitest';
import { task } from '../../src/index.js';
import { all, schemaBy, snapshot, World, wrapped } from './world.js';

const LEASE_MS = 3_000;

describe('what a worker holds', () => {
  it('given a settle that is taken and its reply lost, when it is repeated, then it is told as completed, not as lost', async () => {
    const world = new World();
    let isLost = true;
    const store = wrapped(world.store, {
      exchange: async (request) => {
        const reply = await world.store.exchange(request);
        if (request.settle.length === 0 || !isLost) return reply;
        isLost = false;
        throw new Error('connection reset');
      },
    });
    const works = task('works', () => {});
    const life = await world.startedLife({ tasks: [works], store });
    await life.manager.enqueue(works);
    await world.time.advance('5s');
    expect(life.events.map(({ type }) => type)).toEqual(['started', 'completed']);
  });

  it('given a claim whose replies are lost until its settles go apart, when it is asked for again, then its job runs at once, at its first attempt', async () => {
    const world = new World();
    let isLost = false;
    const store = wrapped(world.store, {
      exchange: async (request) => {
        const reply = await world.store.exchange(request);
        if (isLost && request.settle.length > 0) throw new Error('connection reset');
        return reply;
      },
    });
    const works = task('works', () => world.sleep(100));
    const manager = await world.started({ tasks: [works], store, concurrency: 1 });
    await manager.enqueue(works);
    await world.time.advance(50);
    const next = await manager.enqueue(works);
    isLost = true;
    await world.time.advance('4s');
    isLost = false;
    // Far less than a lease.
    await world.time.advance('10s');
    expect(await snapshot(manager, next.id)).toMatchObject({ state: 'completed', attempt: 1, suspect: false });
  });

  it('given a cancel while the schema still checks the input, when the check fails beyond the grace, then the job has ended once, as cancelled', async () => {
    const world = new World();
    let checks = 0;
    const schema = schemaBy(async (value) => {
      checks += 1;
      if (checks > 1) {
        await world.sleep(5_000);
        throw new Error('could not be checked');
      }
      return { value: value as string };
    });
    const works = task('works', (_input: string) => {}, { schema, grace: '1s' });
    const life = await world.startedLife({ tasks: [works] });
    const job = await life.manager.enqueue(works, 'input');
    await world.time.advance(100);
    await life.manager.cancel(job.id);
    await world.time.advance('10s');
    expect(life.events.map(({ type }) => type)).toEqual(['cancelled']);
    expect(await snapshot(life.manager, job.id)).toMatchObject({ state: 'cancelled' });
  });

  it('given two jobs of one claim, when the first is settled, then the other’s lease is renewed as before', async () => {
    const world = new World();
    let runs = 0;
    const works = task('works', async (ms: number) => {
      runs += 1;
      await world.sleep(ms);
    });
    const a = await world.started({ tasks: [works], leaseMs: LEASE_MS });
    await world.started({ leaseMs: LEASE_MS });
    const [, long] = await a.enqueueMany(works, [100, 5 * LEASE_MS]);
    await world.time.advance(6 * LEASE_MS);
    expect(runs).toBe(2);
    expect(await snapshot(a, (long as { id: string }).id)).toMatchObject({ state: 'completed', suspect: false });
  });

  it('given heartbeats that fail, when the lease has ended by the worker’s own clock, then its run is told to stop', async () => {
    const world = new World();
    let isAway = false;
    const store = wrapped(world.store, {
      extend: (request) => (isAway ? Promise.reject(new Error('away')) : world.store.extend(request)),
    });
    let signal: AbortSignal | undefined;
    const works = task('works', async (_input: undefined, ctx) => {
      // The first run's: it may be claimed again.
      signal ??= ctx.signal;
      await world.sleep(10 * LEASE_MS, ctx.signal);
    });
    const manager = await world.started({ tasks: [works], store, leaseMs: LEASE_MS });
    await manager.enqueue(works);
    await world.time.advance(100);
    isAway = true;
    await world.time.advance(2 * LEASE_MS);
    expect(signal?.aborted).toBe(true);
  });

  it('given a job that runs elsewhere, when it is cancelled, then its worker hears of it and stops it', async () => {
    const world = new World();
    const works = task('works', (_input: undefined, { signal }) => world.sleep(10 * LEASE_MS, signal));
    const a = await world.started({ tasks: [works], leaseMs: LEASE_MS });
    const b = world.manager({ tasks: [works] });
    const job = await a.enqueue(works);
    await world.time.advance(100);
    await b.cancel(job.id);
    await world.time.advance(LEASE_MS);
    expect(await snapshot(b, job.id)).toMatchObject({ state: 'cancelled' });
  });

  it('given a leader whose wall clock is an hour ahead, when a slot is to come, then it is fired by the store’s clock', async () => {
    const world = new World();
    const works = task('works', () => {});
    const a = world.manager({ tasks: [works] });
    await a.schedule(works, undefined, { id: 's', every: '10m' });
    const host = { ...world.time.host, now: () => world.time.now + 3_600_000 };
    await world.started({ tasks: [works], host });
    await world.time.advance('30s');
    expect(await all(a.list())).toEqual([]);
    await world.time.advance('11m');
    expect(await all(a.list())).toHaveLength(1);
  });

  it('given two tasks, when each enqueues a unique job under the same key, then both are there', async () => {
    const world = new World();
    const [one, other] = [task('one', () => {}), task('other', () => {})];
    const manager = world.manager({ tasks: [one, other] });
    const first = await manager.enqueue(one, undefined, { unique: { key: 'k' } });
    const second = await manager.enqueue(other, undefined, { unique: { key: 'k' } });
    expect(second.id).not.toBe(first.id);
  });
});
