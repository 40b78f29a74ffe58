import { expect } from 'vitest';
import { constraintKey } from '../../core/constraint.js';
import type { ClaimedJob } from '../../core/job.js';
import { orphaned, rekeyed, released } from '../../core/transitions.js';
import { LEASE_MS, newToken, tenant } from './fixtures.js';
import type { Topic } from './suite.js';

const HOUR_MS = 3_600_000;

export const clock: Topic = {
  name: 'a clock that steps back an hour',
  cases(test) {
    test('given a running job, when it steps back and the lease passes once more, then the job is claimed again at once', async (scene) => {
      await scene.insert({ id: 'a' });
      await scene.claimOne('a');
      await scene.advance(-HOUR_MS);
      await scene.maintain();
      await scene.rescue(LEASE_MS);
      await scene.claimOne('a', { suspectToken: newToken('suspect') });
    });

    test('given running jobs, when it steps back and they are given back, then they are claimed again at once', async (scene) => {
      await scene.insert({ id: 'released' }, { id: 'rekeyed' }, { id: 'orphaned' });
      const { jobs } = await scene.claim();
      const [a, b, c] = jobs as [ClaimedJob, ClaimedJob, ClaimedJob];
      await scene.advance(-HOUR_MS);
      await scene.settle(a, released());
      await scene.settle(b, rekeyed([tenant('x')]));
      await scene.settle(c, orphaned('resize'));
      const found = await scene.claimWithin(4, { adopt: ['task:resize'] });
      expect(found.map(({ id }) => id).sort()).toEqual(['orphaned', 'rekeyed', 'released']);
    });

    test('given a due job that waits for two keys in turn, when it steps back between, then the job runs when both are open', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      const [a, b] = [tenant('a'), tenant('b')];
      await scene.insert({ id: 'on-a', keys: [a] }, { id: 'on-b', keys: [b] });
      const [first, second] = (await scene.claim()).jobs as [ClaimedJob, ClaimedJob];
      await scene.insert({ id: 'both', keys: [a, b] });
      await scene.claim();
      await scene.advance(-HOUR_MS);
      await scene.complete(first);
      expect(await scene.claimWithin(4)).toEqual([]);
      await scene.complete(second);
      expect((await scene.claimWithin(4)).map(({ id }) => id)).toEqual(['both']);
    });

    test('given a waiting job, when it steps back and one for the very same time replaces it, then it waits for that time', async (scene) => {
      const unique = { key: 'u', until: 'finished', onConflict: 'replace' } as const;
      const dueAt = scene.now();
      await scene.insert({ id: 'a', unique });
      await scene.advance(-HOUR_MS);
      await scene.insert({ id: 'b', dueAt, unique });
      expect(await scene.record('a')).toMatchObject({ dueAt, placement: 'delayed' });
    });

    test('given jobs that are due later, when it steps back, then they wait for their time by the clock', async (scene) => {
      const dueAt = scene.now() + 60_000;
      await scene.insert(
        { id: 'plain', delayMs: 60_000 },
        { id: 'keyed', dueAt, keys: [constraintKey('tenant', 'x')] },
      );
      await scene.advance(-HOUR_MS);
      expect(await scene.claim()).toMatchObject({ jobs: [], nextAt: dueAt });
      await scene.advanceTo(dueAt - 1);
      expect((await scene.claim()).jobs).toEqual([]);
      await scene.advanceTo(dueAt);
      expect((await scene.claimWithin(4)).map(({ id }) => id).sort()).toEqual(['keyed', 'plain']);
    });
  },
};
