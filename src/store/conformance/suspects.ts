import { expect } from 'vitest';
import { retried } from '../../core/transitions.js';
import { ids, LEASE_MS, many, newError, newToken, OTHER_QUEUE, QUEUE, type Scene, tenant } from './fixtures.js';
import type { Topic } from './suite.js';

export const suspects: Topic = {
  name: 'suspects',
  cases(test) {
    test('given a first expiry, when it is rescued, then the attempt is given back and the job is suspect', async (scene) => {
      await scene.insert({ id: 'a' });
      await scene.claimOne('a');
      const before = await scene.record('a');
      expect(await scene.rescue()).toMatchObject({ rescued: 1, refused: false });
      expect(await scene.record('a')).toMatchObject({
        state: 'pending',
        placement: 'ready',
        reason: 'lease-expired',
        suspect: true,
        attempt: 0,
        token: null,
        errors: [],
        dueAt: before.dueAt,
        rev: before.rev + 1,
      });
    });

    test('given a suspect, when a claim has no suspect token, then it is left alone', async (scene) => {
      await makeSuspects(scene, 'a');
      expect(await scene.claim({ suspectToken: null, prefetch: 5 })).toMatchObject({ jobs: [] });
    });

    test('given a suspect, when a claim has a suspect token, then it comes first, under that token', async (scene) => {
      await makeSuspects(scene, 'a');
      await scene.insert({ id: 'plain', priority: 9 });
      const { jobs } = await scene.claim({ token: 'plain-token', suspectToken: 'suspect-token' });
      expect(jobs.map(({ id, token, suspect }) => ({ id, token, suspect }))).toEqual([
        { id: 'a', token: 'suspect-token', suspect: true },
        { id: 'plain', token: 'plain-token', suspect: false },
      ]);
      expect((await scene.record('a')).token).toBe('suspect-token');
    });

    test('given several suspects, when a claim has a suspect token, then it gets the best one only', async (scene) => {
      await scene.insert({ id: 'a' }, { id: 'b', priority: 5 }, { id: 'c' });
      await scene.claim();
      await scene.rescue();
      expect(ids(await scene.claim({ suspectToken: newToken('suspect') }))).toEqual(['b']);
      expect(ids(await scene.claim({ suspectToken: newToken('suspect') }))).toEqual(['a']);
    });

    test('given a suspect, when one slot is free, then the suspect takes it', async (scene) => {
      await makeSuspects(scene, 'a');
      await scene.insert({ id: 'plain', priority: 9 });
      expect(ids(await scene.claim({ slots: 1, suspectToken: newToken('suspect') }))).toEqual(['a']);
    });

    test('given a suspect, when only prefetch is free, then it is not taken', async (scene) => {
      await makeSuspects(scene, 'a');
      expect(ids(await scene.claim({ slots: 0, prefetch: 4, suspectToken: newToken('suspect') }))).toEqual([]);
    });

    test('given a claim with a suspect whose reply was lost, when it is repeated, then it answers the same under both tokens', async (scene) => {
      await makeSuspects(scene, 'a', 'b');
      await scene.insert({ id: 'plain' });
      const asked = { token: newToken(), suspectToken: newToken('suspect') };
      const first = await scene.claim(asked);
      expect(ids(first)).toEqual(['a', 'plain']);
      const again = await scene.claim(asked);
      expect(again.jobs).toEqual(first.jobs);
      expect((await scene.record('b')).state).toBe('pending');
    });

    test('given suspects alone in a claim, when its reply was lost and it is repeated, then no second suspect is taken', async (scene) => {
      await makeSuspects(scene, 'a', 'b');
      const asked = { token: newToken(), suspectToken: newToken('suspect') };
      const first = await scene.claim(asked);
      expect(ids(first)).toEqual(['a']);
      expect((await scene.claim(asked)).jobs).toEqual(first.jobs);
    });

    test('given a second expiry, when attempts are left, then it counts and leaves an error', async (scene) => {
      await scene.insert({ id: 'a', maxAttempts: 2 });
      await scene.claimOne('a');
      await scene.rescue();
      await scene.claimOne('a', { suspectToken: newToken('suspect') });
      await scene.rescue();
      const record = await scene.record('a');
      expect(record).toMatchObject({ state: 'pending', suspect: true, attempt: 1, reason: 'lease-expired' });
      expect(record.errors).toMatchObject([
        { name: 'LeaseExpired', reason: 'lease-expired', attempt: 1, at: scene.now(), stack: null },
      ]);
    });

    test('given expiries until the attempts are used up, when the last comes, then the job is failed of it', async (scene) => {
      await scene.insert({
        id: 'a',
        maxAttempts: 1,
        rare: { keep: { completedMs: 111_000, failedMs: 222_000, count: null } },
      });
      await scene.claimOne('a');
      await scene.rescue();
      await scene.claimOne('a', { suspectToken: newToken('suspect') });
      await scene.rescue();
      expect(await scene.record('a')).toMatchObject({
        state: 'failed',
        reason: 'lease-expired',
        attempt: 1,
        token: null,
        endedAt: scene.now(),
        pruneAt: scene.now() + 222_000,
        errors: [{ reason: 'lease-expired' }],
      });
    });

    test('given a job that kills its process every time, when it is claimed as long as it can be, then it starts at most maxAttempts + 1 times', async (scene) => {
      await scene.insert({ id: 'a', maxAttempts: 3 });
      let starts = 0;
      for (let i = 0; i < 10; i++) {
        starts += (await scene.claim({ suspectToken: newToken('suspect') })).jobs.length;
        await scene.rescue();
      }
      expect(starts).toBe(4);
      expect(await scene.record('a')).toMatchObject({ state: 'failed', attempt: 3 });
      expect((await scene.record('a')).errors).toHaveLength(3);
    });

    test('given attempts without end, when a job expires again and again, then it is never failed and keeps five errors', async (scene) => {
      await scene.insert({ id: 'a', maxAttempts: null });
      for (let i = 0; i < 9; i++) {
        await scene.claimOne('a', { suspectToken: newToken('suspect') });
        await scene.rescue();
      }
      const record = await scene.record('a');
      expect(record).toMatchObject({ state: 'pending', attempt: 8 });
      expect(record.errors.map((error) => error.attempt)).toEqual([4, 5, 6, 7, 8]);
    });

    test('given prefetched neighbours of a killer, when the claim expires, then each gets its attempt back and they are claimed one at a time', async (scene) => {
      await scene.insert(...many(3, 'job'));
      await scene.claim({ slots: 1, prefetch: 2 });
      expect(await scene.rescue()).toMatchObject({ rescued: 3 });
      expect((await scene.list()).map(({ attempt, suspect }) => ({ attempt, suspect }))).toEqual(
        Array.from({ length: 3 }, () => ({ attempt: 0, suspect: true })),
      );
      for (const expected of ['job-1', 'job-2', 'job-3']) {
        const job = await scene.claimOne(expected, { slots: 5, prefetch: 5, suspectToken: newToken('suspect') });
        expect(job.attempt).toBe(1);
        await scene.complete(job);
      }
    });

    test('given a suspect that failed and is retried, when it waits again, then it is still claimed alone', async (scene) => {
      await makeSuspects(scene, 'a');
      await scene.settle(await scene.claimOne('a', { suspectToken: newToken('suspect') }), retried(newError(), 0));
      expect((await scene.claim()).jobs).toEqual([]);
      await scene.claimOne('a', { suspectToken: 'again' });
    });

    test('given a suspect on a full key, when its key has room, then it is claimed, and not before', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await scene.insert({ id: 'a', keys: [tenant('x')] });
      await scene.claimOne('a');
      await scene.rescue();
      await scene.insert({ id: 'b', keys: [tenant('x')] });
      const holder = await scene.claimOne('b');
      expect((await scene.claim({ suspectToken: newToken('suspect') })).jobs).toEqual([]);
      await scene.complete(holder);
      await scene.claimOne('a', { suspectToken: newToken('suspect') });
    });

    test('given a suspect that waits on a full key, when another suspect is free, then that one is claimed', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await scene.insert({ id: 'blocked', keys: [tenant('x')] }, { id: 'free', priority: -1 });
      await scene.claim();
      await scene.rescue();
      await scene.insert({ id: 'holder', keys: [tenant('x')] });
      await scene.claimOne('holder');
      expect(ids(await scene.claim({ suspectToken: newToken('suspect') }))).toEqual(['free']);
    });

    test('given a suspect of two keys, when its second key has filled meanwhile, then it is not claimed before that opens', async (scene) => {
      await scene.limit({ maxConcurrent: 1 });
      await scene.insert({ id: 'both', keys: [tenant('x'), tenant('y')] });
      await scene.claimOne('both');
      await scene.rescue();
      await scene.insert({ id: 'holder', keys: [tenant('y')] });
      const holder = await scene.claimOne('holder');
      expect(ids(await scene.claim({ suspectToken: newToken('suspect') }))).toEqual([]);
      await scene.complete(holder);
      await scene.claimOne('both', { suspectToken: newToken('suspect') });
    });

    test('given 30 suspects on a full key, when another suspect is free, then it is claimed within a few exchanges', async (scene) => {
      await scene.limit({ maxConcurrent: null });
      await scene.insert(...many(30, 'blocked', { keys: [tenant('x')], priority: 9 }), { id: 'free' });
      await scene.claim();
      await scene.rescue();
      await scene.insert({ id: 'holder', keys: [tenant('x')] });
      await scene.claimOne('holder');
      await scene.limit({ maxConcurrent: 1 }, 2);
      const claimed: string[] = [];
      for (let i = 0; i < 8; i++) claimed.push(...ids(await scene.claim({ suspectToken: newToken('suspect') })));
      expect(claimed).toEqual(['free']);
    });

    test('given a suspect whose key cools down, when nothing can be claimed, then nextAt is the end of the cooldown', async (scene) => {
      await scene.limit({ cooldownMs: 1_000 });
      await scene.insert({ id: 'a', keys: [tenant('x')] });
      await scene.claimOne('a');
      await scene.rescue();
      await scene.advance(5_000);
      await scene.insert({ id: 'b', keys: [tenant('x')] });
      await scene.complete(await scene.claimOne('b'));
      const reply = await scene.claim({ suspectToken: newToken('suspect') });
      expect(reply).toMatchObject({ jobs: [], nextAt: scene.now() + 1_000 });
      await scene.advance(1_000);
      await scene.claimOne('a', { suspectToken: newToken('suspect') });
    });

    test('given a claim with a suspect token and two queues, when only the second has a suspect, then it is claimed', async (scene) => {
      await scene.insert({ id: 'a', queue: OTHER_QUEUE });
      await scene.claim({ queues: [OTHER_QUEUE] });
      await scene.rescue();
      expect(ids(await scene.claim({ queues: [QUEUE, OTHER_QUEUE], suspectToken: newToken('suspect') }))).toEqual([
        'a',
      ]);
    });

    test('given a suspect claim, when it is extended, then its lease lives like any other', async (scene) => {
      await makeSuspects(scene, 'a');
      const { token } = await scene.claimOne('a', { suspectToken: newToken('suspect') });
      await scene.advance(LEASE_MS - 5);
      expect((await scene.extend([token])).lost).toEqual([]);
      await scene.advance(LEASE_MS - 5);
      expect(await scene.maintain()).toMatchObject({ rescued: 0 });
    });

    test('given an expiry after a cancel was asked for, when it is rescued, then the job is cancelled', async (scene) => {
      await scene.insert({ id: 'a' });
      await scene.claimOne('a');
      await scene.control('cancel', 'a');
      await scene.rescue();
      expect(await scene.record('a')).toMatchObject({
        state: 'cancelled',
        reason: 'cancelled',
        cancelRequested: false,
        endedAt: scene.now(),
      });
    });
  },
};

/** Jobs of one claim whose lease expired once. */
async function makeSuspects(scene: Scene, ...names: string[]): Promise<void> {
  await scene.insert(...names.map((id) => ({ id })));
  await scene.claim();
  await scene.rescue();
}
