import { describe, expect, it } from 'vitest';
import { task } from '../../src/index.js';
import { World, wrapped } from './world.js';

describe('a heartbeat that is answered late', () => {
  it('given the store can’t be reached after it, when the lease has ended that counts from its call, then what runs is asked to stop', async () => {
    const world = new World();
    const t0 = world.time.now;
    const lateMs = 1_500;
    let beats = 0;
    let lateCallAt = 0;
    const store = wrapped(world.store, {
      extend: async (request) => {
        if (request.tokens.length === 0) return world.store.extend(request);
        beats += 1;
        if (beats > 1) throw new Error('cut off');
        lateCallAt = world.time.now - t0;
        const reply = await world.store.extend(request);
        await world.sleep(lateMs);
        return reply;
      },
    });
    let stoppedAt = 0;
    const runs = task('runs', async (_input: undefined, { signal }) => {
      await world.sleep(60_000, signal).catch(() => {});
      stoppedAt ||= world.time.now - t0;
    });
    const manager = await world.started({ store, tasks: [runs], leaseMs: 3_000 });
    await manager.enqueue(runs);
    await world.time.advance('20s');
    expect(lateCallAt).toBeGreaterThan(0);
    expect(stoppedAt).toBeGreaterThan(lateCallAt + lateMs);
    expect(stoppedAt).toBeLessThanOrEqual(lateCallAt + 3_000);
  });
});
