import { describe, expect, it } from 'vitest';
import { task } from '../../src/index.js';
import { snapshot, World, wrapped } from './world.js';

const LEASE_MS = 3_000;

describe('a slot that becomes free', () => {
  it('given an attempt that was lost, when it ends, then another job is claimed for its slot at once', async () => {
    const world = new World();
    let isLost = false;
    const store = wrapped(world.store, {
      extend: async (request) => {
        const reply = await world.store.extend(request);
        return isLost ? { ...reply, lost: request.tokens } : reply;
      },
    });
    const held = task('held', (_input: undefined, { signal }) => world.sleep(60_000, signal));
    let startedAt: number | undefined;
    const next = task('next', () => {
      startedAt = world.time.now;
    });
    const life = await world.startedLife({ tasks: [held, next], store, concurrency: 1, leaseMs: LEASE_MS });
    await life.manager.enqueue(held);
    await world.time.advance(1_500);
    await life.manager.enqueue(next);
    isLost = true;
    await world.time.advance(LEASE_MS / 3 - 1);
    expect(life.events.map(({ type }) => type)).toEqual(['started', 'lost', 'started', 'completed']);
    expect(startedAt).toBe(world.time.now - (LEASE_MS / 3 - 1) + 500);
  });

  it('given 20 suspects, when they run one at a time, then each follows the one before without a poll between', async () => {
    const world = new World();
    const starts: number[] = [];
    const works = task('works', async () => {
      starts.push(world.time.now);
      await world.sleep(10);
    });
    const lazy = task('works', () => world.sleep(3_600_000));
    const a = await world.startedLife({ tasks: [lazy], concurrency: 20, leaseMs: LEASE_MS });
    const jobs = await a.manager.enqueueMany(lazy, Array(20).fill(undefined));
    await world.time.settle();
    a.kill();
    // Nobody but the manager itself tells it that there is room.
    const { notify: _, ...store } = world.store;
    const manager = await world.started({ tasks: [works], store, leaseMs: LEASE_MS });
    await world.time.advance('20s');
    expect(starts).toHaveLength(20);
    expect((starts.at(-1) as number) - (starts[0] as number)).toBeLessThan(1_000);
    for (const job of jobs)
      expect(await snapshot(manager, job.id)).toMatchObject({ state: 'completed', suspect: true });
  });
});
