import { task } from '../../src/index.js';
import type { World } from '../engine/world.js';

/** A task that notes the slot and the moment of each run, relative to the world's start. */
export function ticking(world: World, ms = 0) {
  const t0 = world.time.now;
  const runs: { readonly slot: number; readonly at: number }[] = [];
  const tick = task('tick', async (_input: unknown, ctx) => {
    runs.push({ slot: (ctx.job?.schedule?.slot ?? Number.NaN) - t0, at: world.time.now - t0 });
    if (ms > 0) await world.sleep(ms);
  });
  return { tick, runs, at: () => runs.map((run) => run.at) };
}
