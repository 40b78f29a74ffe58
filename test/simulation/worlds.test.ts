/** Many more seeds are played by scripts/simulate.mjs; here is proved that playing them means something. */

import { describe, expect, it } from 'vitest';
import { noFaults } from '../../src/testing/simulation/faults.js';
import { type Config, configOf, play } from './scenario.js';
import { shrink } from './shrink.js';

describe('simulated worlds', () => {
  it('given one seed, when it is played twice, then every step is the same; and another seed is another history', async () => {
    const [first, again, other] = [await play(configOf(7)), await play(configOf(7)), await play(configOf(8))];
    expect(again.timeline).toMatchObject({ hash: first.timeline.hash, steps: first.timeline.steps });
    expect(other.timeline.hash).not.toBe(first.timeline.hash);
  });

  it('given some seeds, when they are played, then jobs ended in each way, and processes died', async () => {
    const states = new Set<string>();
    let deaths = 0;
    for (let seed = 1; seed <= 30; seed++) {
      const world = await play(configOf(seed));
      for (const { state } of world.oracle.records.values()) states.add(state);
      deaths += world.timeline.history().filter((line) => line.includes(' dies ')).length;
    }
    expect([...states].sort()).toEqual(expect.arrayContaining(['cancelled', 'completed', 'failed']));
    expect(deaths).toBeGreaterThan(0);
  });

  it('given a world that fails for one reason among many, when it is made smaller, then only that reason is left', async () => {
    const config: Config = { ...configOf(1), processes: 4, jobs: 8, faults: { ...noFaults, death: 0.1, pause: 0.1 } };
    const smallest = await shrink(config, async ({ faults, processes }) => faults.pause > 0 && processes >= 2);
    expect(smallest).toMatchObject({ processes: 2, jobs: 1, faults: { ...noFaults, pause: 0.1 } });
    expect([smallest.hasGroups, smallest.hasSchedules, smallest.hasControls]).toEqual([false, false, false]);
  });
});
