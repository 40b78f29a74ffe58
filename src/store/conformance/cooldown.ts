import { expect } from 'vitest';
import { constraintKey } from '../../core/constraint.js';
import type { ClaimedJob } from '../../core/job.js';
import {
  completed,
  failed,
  orphaned,
  rekeyed,
  released,
  retried,
  skipped,
  snoozed,
  type Transition,
} from '../../core/transitions.js';
import { ids, keep, many, newError, type Scene, tenant } from './fixtures.js';
import type { Topic } from './suite.js';

const COOLDOWN_MS = 1_000;

export const cooldown: Topic = {
  name: 'constraints: cooldown',
  cases(test) {
    test('given a cooldown, when a run ended, then the next starts that long after, at that very instant', async (scene) => {
      await twoOfOneKey(scene);
      await scene.settle(await scene.claimOne('a'), completed(null, keep));
      await scene.advance(COOLDOWN_MS - 1);
      expect(await scene.claimWithin(3)).toEqual([]);
      await scene.advance(1);
      expect(ids(await scene.claimWithin(3))).toEqual(['b']);
    });

    test('given a run that ended before its settle, when the cooldown is counted, then it counts from the end of the run', async (scene) => {
      await twoOfOneKey(scene);
      const job = await scene.claimOne('a');
      await scene.advance(900);
      await scene.settle(job, completed(null, keep), 400);
      const endsAt = scene.now() + COOLDOWN_MS - 400;
      expect(await scene.claim()).toMatchObject({ jobs: [], nextAt: endsAt });
      await scene.advanceTo(endsAt);
      await scene.claimOne('b');
    });

    test('given a run that ended longer ago than the cooldown, when it is settled, then the next starts at once', async (scene) => {
      await twoOfOneKey(scene);
      const job = await scene.claimOne('a');
      await scene.advance(5_000);
      await scene.settle(job, completed(null, keep), COOLDOWN_MS);
      await scene.claimOne('b');
    });

    test('given two runs of a key, when they are settled out of order, then the later end counts', async (scene) => {
      await scene.limit({ cooldownMs: COOLDOWN_MS });
      await scene.insert(...many(2, 'job', { keys: [tenant('x')] }));
      const { jobs } = await scene.claim();
      await scene.insert({ id: 'next', keys: [tenant('x')] });
      await scene.advance(800);
      const [first, second] = jobs;
      await scene.settle(first as ClaimedJob, completed(null, keep), 10);
      await scene.settle(second as ClaimedJob, completed(null, keep), 700);
      expect((await scene.claim()).nextAt).toBe(scene.now() + COOLDOWN_MS - 10);
    });

    for (const [name, transition] of ends()) {
      test(`given a cooldown, when a run ended as ${name}, then it starts one`, async (scene) => {
        await twoOfOneKey(scene);
        await scene.settle(await scene.claimOne('a'), transition);
        expect(await scene.claimWithin(3)).toEqual([]);
        expect((await scene.inspect('b')).keys).toMatchObject([{ opensAt: scene.now() + COOLDOWN_MS }]);
      });
    }

    for (const [name, transition] of noEnds()) {
      test(`given a cooldown, when a job was ${name}, then there was no run and none starts`, async (scene) => {
        await twoOfOneKey(scene);
        await scene.settle(await scene.claimOne('a'), transition);
        await scene.control('suspend', 'a');
        expect(ids(await scene.claimWithin(3))).toEqual(['b']);
      });
    }

    test('given a cooldown, when nothing else can run, then nextAt is its end and inspect says so', async (scene) => {
      await twoOfOneKey(scene);
      await scene.settle(await scene.claimOne('a'), completed(null, keep));
      expect(await scene.claim()).toMatchObject({ jobs: [], more: false, nextAt: scene.now() + COOLDOWN_MS });
      expect((await scene.inspect('b')).keys).toMatchObject([
        { running: 0, waiting: 1, opensAt: scene.now() + COOLDOWN_MS },
      ]);
    });

    test('given a cooldown and an earlier due time, when nothing can run, then nextAt is the earlier of both', async (scene) => {
      await twoOfOneKey(scene);
      await scene.settle(await scene.claimOne('a'), completed(null, keep));
      await scene.insert({ id: 'soon', delayMs: 300 });
      expect((await scene.claim()).nextAt).toBe(scene.now() + 300);
    });

    test('given a waiter of two cooling keys, when only one has opened, then it waits for the other', async (scene) => {
      await scene.limit({ cooldownMs: 1_000 });
      await scene.limit({ cooldownMs: 3_000 }, 1, 'server');
      const keys = [tenant('x'), constraintKey('server', 's')];
      await scene.insert({ id: 'a', keys });
      await scene.complete(await scene.claimOne('a'));
      await scene.insert({ id: 'b', keys });
      const endsAt = scene.now() + 3_000;
      await scene.advance(1_500);
      expect(await scene.claimWithin(3)).toEqual([]);
      expect((await scene.claim()).nextAt).toBe(endsAt);
      await scene.advanceTo(endsAt);
      expect(ids(await scene.claimWithin(3))).toEqual(['b']);
    });

    test('given a cooldown that is shortened while it lasts, when the shorter one has passed, then the waiter is claimed', async (scene) => {
      await twoOfOneKey(scene);
      await scene.complete(await scene.claimOne('a'));
      await scene.claim();
      await scene.limit({ maxConcurrent: 1, cooldownMs: 100 }, 2);
      await scene.advance(100);
      await scene.maintain();
      expect(ids(await scene.claimWithin(3))).toEqual(['b']);
    });

    test('given a clock that stepped back an hour, when the chores have run, then the cooldown lasts its own length and not the hour', async (scene) => {
      await twoOfOneKey(scene);
      await scene.complete(await scene.claimOne('a'));
      await scene.advance(-3_600_000);
      await scene.maintain();
      expect(await scene.claimWithin(3)).toEqual([]);
      await scene.advance(COOLDOWN_MS);
      expect(ids(await scene.claimWithin(3))).toEqual(['b']);
    });

    test('given a row of waiters under a cooldown, when the clock only ever moves to nextAt, then all end, one a cooldown', async (scene) => {
      await scene.limit({ maxConcurrent: 1, cooldownMs: COOLDOWN_MS });
      await scene.insert(...many(6, 'job', { keys: [tenant('x')] }));
      const from = scene.now();
      expect(await scene.drain()).toHaveLength(6);
      expect(scene.now() - from).toBe(5 * COOLDOWN_MS);
    });
  },
};

function ends(): [string, Transition][] {
  const error = newError();
  return [
    ['completed', completed(null, keep)],
    ['failed', failed(error, keep)],
    ['retried', retried(error, 60_000)],
  ];
}

function noEnds(): [string, Transition][] {
  return [
    ['skipped', skipped(keep)],
    ['released', released()],
    ['snoozed', snoozed(60_000)],
    ['orphaned', orphaned('resize')],
    ['rekeyed', rekeyed([tenant('y')])],
  ];
}

async function twoOfOneKey(scene: Scene): Promise<void> {
  await scene.limit({ maxConcurrent: 1, cooldownMs: COOLDOWN_MS });
  await scene.insert({ id: 'a', keys: [tenant('x')] }, { id: 'b', keys: [tenant('x')] });
}
