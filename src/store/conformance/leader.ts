import { expect } from 'vitest';
import type { LeaderCapability } from '../capabilities.js';
import type { Scene } from './fixtures.js';
import type { Skip, Topic } from './suite.js';

export const leader: Topic = {
  name: 'leader',
  cases(test) {
    test('given no leader, when two campaign, then the first leads and the second does not', async (scene, skip) => {
      const lead = leaderOf(scene, skip);
      expect(await lead.campaign('worker-1', 10_000)).toEqual(expect.any(Number));
      expect(await lead.campaign('worker-2', 10_000)).toBeNull();
    });

    test('given a leader, when it campaigns in time, then it keeps its term and its lease is renewed', async (scene, skip) => {
      const lead = leaderOf(scene, skip);
      const term = await lead.campaign('worker-1', 10_000);
      await scene.advance(9_000);
      expect(await lead.campaign('worker-1', 10_000)).toBe(term);
      await scene.advance(9_000);
      expect(await lead.campaign('worker-2', 10_000)).toBeNull();
    });

    test('given a leader whose lease ended, when another campaigns, then it leads under a higher term and the old one does not', async (scene, skip) => {
      const lead = leaderOf(scene, skip);
      const first = (await lead.campaign('worker-1', 10_000)) as number;
      await scene.advance(10_001);
      const second = (await lead.campaign('worker-2', 10_000)) as number;
      expect(second).toBeGreaterThan(first);
      expect(await lead.campaign('worker-1', 10_000)).toBeNull();
    });

    test('given takeovers in a row, when the terms are compared, then each is higher than all before', async (scene, skip) => {
      const lead = leaderOf(scene, skip);
      const terms: number[] = [];
      for (let i = 0; i < 5; i++) {
        terms.push((await lead.campaign(`worker-${i % 2}`, 1_000)) as number);
        await scene.advance(1_001);
      }
      expect(terms).toEqual([...new Set(terms)].sort((a, b) => a - b));
    });

    test('given a leader, when it resigns, then another leads at once under a higher term', async (scene, skip) => {
      const lead = leaderOf(scene, skip);
      const first = (await lead.campaign('worker-1', 10_000)) as number;
      await lead.resign('worker-1', first);
      expect(await lead.campaign('worker-2', 10_000)).toBeGreaterThan(first);
    });

    test('given a leader, when another resigns, or itself under an old term, then it leads on', async (scene, skip) => {
      const lead = leaderOf(scene, skip);
      const old = (await lead.campaign('worker-1', 1_000)) as number;
      await scene.advance(1_001);
      await lead.campaign('worker-2', 1_000);
      await scene.advance(1_001);
      const term = (await lead.campaign('worker-1', 10_000)) as number;
      await lead.resign('worker-2', term);
      await lead.resign('worker-1', old);
      expect(await lead.campaign('worker-2', 10_000)).toBeNull();
      expect(await lead.campaign('worker-1', 10_000)).toBe(term);
    });

    test('given a new leader, when the old one does chores under its term, then they are refused', async (scene, skip) => {
      const lead = leaderOf(scene, skip);
      const first = (await lead.campaign('worker-1', 1_000)) as number;
      expect(await scene.maintain(10, first)).toMatchObject({ refused: false });
      await scene.advance(1_001);
      const second = (await lead.campaign('worker-2', 1_000)) as number;
      expect(await scene.maintain(10, first)).toMatchObject({ refused: true });
      expect(await scene.maintain(10, second)).toMatchObject({ refused: false });
    });

    test('given a leader, when the clock steps back an hour, then another can lead once the lease has passed', async (scene, skip) => {
      const lead = leaderOf(scene, skip);
      const first = (await lead.campaign('worker-1', 10_000)) as number;
      await scene.advance(-3_600_000);
      // Whoever looks first sees a lease that reaches too far ahead, and it counts from then.
      await lead.campaign('worker-2', 10_000);
      await scene.advance(10_001);
      expect(await lead.campaign('worker-2', 10_000)).toBeGreaterThan(first);
    });
  },
};

function leaderOf(scene: Scene, skip: Skip): LeaderCapability {
  return scene.store.leader ?? skip('this store has no leader');
}
