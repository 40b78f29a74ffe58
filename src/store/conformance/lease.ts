import { expect } from 'vitest';
import type { ClaimedJob } from '../../core/job.js';
import { completed, released, retried } from '../../core/transitions.js';
import { claimRequest, ids, keep, LEASE_MS, many, newError, newJob, newToken, settleOf, tenant } from './fixtures.js';
import type { Topic } from './suite.js';

export const lease: Topic = {
  name: 'lease and fencing',
  cases(test) {
    test('given a waiting job, when it is claimed, then its attempt counts at once and the record names the token', async (scene) => {
      await scene.insert({ id: 'a' });
      const before = await scene.record('a');
      await scene.advance(60);
      const job = await scene.claimOne('a', { token: 'token-a' });
      expect(job).toMatchObject({ token: 'token-a', attempt: 1, seq: before.seq });
      const after = await scene.record('a');
      expect(after).toMatchObject({
        state: 'running',
        placement: null,
        parkedOn: null,
        reason: 'claimed',
        attempt: 1,
        token: 'token-a',
        claimedAt: scene.now(),
        dueAt: before.dueAt,
      });
      expect(after.rev).toBe(before.rev + 1);
    });

    test('given a claim whose reply was lost, when it is repeated under its token, then it answers the same jobs and counts nothing', async (scene) => {
      await scene.limit({ maxConcurrent: 9 });
      await scene.insert({ id: 'a', priority: 2 }, { id: 'b', keys: [tenant('x')], priority: 1 }, { id: 'c' });
      const asked = { token: newToken(), slots: 2 };
      const first = await scene.claim(asked);
      expect(ids(first)).toEqual(['a', 'b']);
      const records = await scene.store.get(['a', 'b', 'c']);
      await scene.advance(20);
      const again = await scene.claim(asked);
      expect(again.jobs).toEqual(first.jobs);
      expect(await scene.store.get(['a', 'b', 'c'])).toEqual(records);
    });

    test('given a repeated claim that has room for more, when others are ready, then it is not topped up', async (scene) => {
      await scene.insert({ id: 'a' });
      const token = newToken();
      await scene.claim({ token });
      await scene.insert({ id: 'b' });
      expect(ids(await scene.claim({ token }))).toEqual(['a']);
    });

    test('given a claim of which one job is settled, when it is repeated, then it answers those that it still holds', async (scene) => {
      await scene.insert(...many(3, 'job'), { id: 'other', priority: -1 });
      const asked = { token: newToken(), slots: 3 };
      const { jobs } = await scene.claim(asked);
      await scene.complete(jobs[1] as ClaimedJob);
      expect(ids(await scene.claim(asked))).toEqual(['job-1', 'job-3']);
    });

    test('given a whole exchange whose reply was lost, when it is repeated, then settles are repeated and the claim is the same', async (scene) => {
      await scene.insert({ id: 'a' }, { id: 'b' });
      const held = await scene.claimOne('a');
      const request = {
        worker: 'worker-1',
        settle: [settleOf(held, completed('"x"', keep), 5)],
        claim: claimRequest({ slots: 1 }),
      };
      const first = await scene.store.exchange(request);
      expect(first).toMatchObject({ settled: ['ok'], jobs: [{ id: 'b', attempt: 1 }] });
      const records = await scene.store.get(['a', 'b']);
      const again = await scene.store.exchange(request);
      expect(again.settled).toEqual(['repeated']);
      expect(again.jobs).toEqual(first.jobs);
      expect(await scene.store.get(['a', 'b'])).toEqual(records);
    });

    test('given a held job, when another claim is made, then it does not get it', async (scene) => {
      await scene.insert({ id: 'a' });
      await scene.claimOne('a');
      expect((await scene.claim({ worker: 'worker-2' })).jobs).toEqual([]);
    });

    test('given a held job, when it is settled by its token, then it is ok, and repeated ever after', async (scene) => {
      await scene.insert({ id: 'a' });
      const job = await scene.claimOne('a');
      expect(await scene.settle(job, completed('"x"', keep))).toBe('ok');
      const record = await scene.record('a');
      await scene.advance(40);
      expect(await scene.settle(job, completed('"y"', keep))).toBe('repeated');
      expect(await scene.record('a')).toEqual(record);
    });

    test('given a retry that was settled, when the settle is repeated, then it is repeated and the job waits on', async (scene) => {
      await scene.insert({ id: 'a' });
      const job = await scene.claimOne('a');
      await scene.settle(job, retried(newError(), 700));
      const record = await scene.record('a');
      expect(await scene.settle(job, retried(newError(), 700))).toBe('repeated');
      expect(await scene.record('a')).toEqual(record);
    });

    test('given a retried job that was claimed again, when the first settle is repeated, then it is lost and the new claim holds', async (scene) => {
      await scene.insert({ id: 'a' });
      const first = await scene.claimOne('a');
      await scene.settle(first, retried(newError(), 0));
      const second = await scene.claimOne('a');
      expect(await scene.settle(first, completed('"late"', keep))).toBe('lost');
      expect(await scene.record('a')).toMatchObject({
        state: 'running',
        token: second.token,
        attempt: 2,
        result: null,
      });
      expect(await scene.complete(second)).toEqual(['ok']);
    });

    test('given a held job, when it is settled by another token, then it is lost and unchanged', async (scene) => {
      await scene.insert({ id: 'a' });
      const job = await scene.claimOne('a');
      const record = await scene.record('a');
      expect(await scene.settle({ ...job, token: 'stranger' }, completed(null, keep))).toBe('lost');
      expect(await scene.record('a')).toEqual(record);
    });

    test('given a token that holds another job, when it settles this one, then it is lost', async (scene) => {
      await scene.insert({ id: 'a' }, { id: 'b' });
      const a = await scene.claimOne('a');
      const b = await scene.claimOne('b');
      expect(await scene.settle({ ...a, token: b.token }, completed(null, keep))).toBe('lost');
      expect(await scene.record('a')).toMatchObject({ state: 'running', token: a.token });
    });

    test('given a job that never was, when it is settled, then it is lost', async (scene) => {
      expect(await scene.settle({ id: 'nobody', seq: 77, token: 'stranger' }, completed(null, keep))).toBe('lost');
    });

    test('given a waiting job, when it is settled, then it is lost and still waits', async (scene) => {
      await scene.insert({ id: 'a' });
      const { seq } = await scene.record('a');
      expect(await scene.settle({ id: 'a', seq, token: 'stranger' }, completed(null, keep))).toBe('lost');
      expect((await scene.record('a')).state).toBe('pending');
    });

    test('given a job that was settled and deleted, when the settle is repeated, then it is lost', async (scene) => {
      await scene.insert({ id: 'a' });
      const job = await scene.claimOne('a');
      await scene.complete(job);
      await scene.control('delete', 'a');
      expect(await scene.complete(job)).toEqual(['lost']);
    });

    test('given a deleted job whose id comes anew, when the settle of the old one comes late, then it is lost', async (scene) => {
      await scene.insert({ id: 'a' });
      const job = await scene.claimOne('a');
      await scene.settle(job, released());
      await scene.control('delete', 'a');
      await scene.store.insert([newJob({ id: 'a', input: '"new"' })]);
      expect(await scene.complete(job)).toEqual(['lost']);
      expect(await scene.record('a')).toMatchObject({ state: 'pending', input: '"new"' });
    });

    test('given a batch of settles with a lost one among them, when it is sent, then the others count and the answers keep their order', async (scene) => {
      await scene.insert(...many(3, 'job'));
      const [a, b, c] = (await scene.claim()).jobs as [ClaimedJob, ClaimedJob, ClaimedJob];
      expect(await scene.complete(a, { ...b, token: 'stranger' }, c, a)).toEqual(['ok', 'lost', 'ok', 'repeated']);
      expect((await scene.store.get(['job-1', 'job-2', 'job-3'])).map((job) => job?.state)).toEqual([
        'completed',
        'running',
        'completed',
      ]);
    });

    test('given an expired lease that was rescued, when the old worker settles, then it is lost while the job waits', async (scene) => {
      await scene.insert({ id: 'a' });
      const job = await scene.claimOne('a');
      await scene.rescue();
      const record = await scene.record('a');
      expect(record).toMatchObject({ state: 'pending', token: null });
      expect(await scene.complete(job)).toEqual(['lost']);
      expect(await scene.record('a')).toEqual(record);
    });

    test('given an expired lease that was rescued and claimed again, when the old worker settles, then it is lost and the new one wins', async (scene) => {
      await scene.insert({ id: 'a' });
      const old = await scene.claimOne('a');
      await scene.rescue();
      const current = await scene.claimOne('a', { suspectToken: newToken('suspect') });
      expect(await scene.settle(old, completed('"old"', keep))).toBe('lost');
      expect(await scene.settle(current, completed('"current"', keep))).toBe('ok');
      expect((await scene.record('a')).result).toBe('"current"');
    });

    test('given a lease that ended but was not rescued, when its worker settles, then the token still counts', async (scene) => {
      await scene.insert({ id: 'a' });
      const job = await scene.claimOne('a');
      await scene.advance(LEASE_MS + 500);
      expect(await scene.settle(job, completed('"x"', keep))).toBe('ok');
      await scene.maintain();
      expect((await scene.record('a')).state).toBe('completed');
    });

    test('given a lease that has not ended, when the chores run, then nothing is rescued', async (scene) => {
      await scene.insert({ id: 'a' });
      const job = await scene.claimOne('a');
      await scene.advance(LEASE_MS - 1);
      expect(await scene.maintain()).toMatchObject({ rescued: 0 });
      expect(await scene.complete(job)).toEqual(['ok']);
    });

    test('given two claims with leases of other lengths, when the shorter ends, then only its jobs are rescued', async (scene) => {
      await scene.insert({ id: 'short' }, { id: 'long' });
      await scene.claimOne('short', { leaseMs: 5_000 });
      await scene.claimOne('long', { leaseMs: 50_000 });
      expect(await scene.rescue(5_000)).toMatchObject({ rescued: 1 });
      expect((await scene.store.get(['short', 'long'])).map((job) => job?.state)).toEqual(['pending', 'running']);
    });

    test('given a held claim, when it is extended in time, then it lives that long from then on', async (scene) => {
      await scene.insert(...many(2, 'job'));
      const { jobs } = await scene.claim();
      await scene.advance(LEASE_MS - 10);
      const reply = await scene.extend([jobs[0]?.token as string]);
      expect(reply).toMatchObject({ now: scene.now(), lost: [], cancel: [] });
      await scene.advance(LEASE_MS - 1);
      expect(await scene.maintain()).toMatchObject({ rescued: 0 });
      await scene.advance(2);
      expect(await scene.maintain()).toMatchObject({ rescued: 2 });
    });

    test('given an extended claim, when the claim is repeated, then its lease is not cut short', async (scene) => {
      await scene.insert({ id: 'a' });
      const asked = { token: newToken() };
      await scene.claim(asked);
      await scene.extend([asked.token], { leaseMs: 90_000 });
      await scene.claim(asked);
      expect(await scene.rescue()).toMatchObject({ rescued: 0 });
    });

    test('given a token that holds nothing, when it is extended with others, then it alone is lost', async (scene) => {
      await scene.insert({ id: 'a' }, { id: 'b' });
      const a = await scene.claimOne('a');
      const b = await scene.claimOne('b');
      await scene.complete(b);
      const { lost } = await scene.extend([a.token, 'stranger', b.token]);
      expect([...lost].sort()).toEqual([b.token, 'stranger'].sort());
    });

    test('given a rescued claim, when its worker extends it, then it is lost', async (scene) => {
      await scene.insert({ id: 'a' });
      const { token } = await scene.claimOne('a');
      await scene.rescue();
      expect((await scene.extend([token])).lost).toEqual([token]);
    });

    test('given a lease that ended but was not rescued, when it is extended, then it lives on', async (scene) => {
      await scene.insert({ id: 'a' });
      const job = await scene.claimOne('a');
      await scene.advance(LEASE_MS + 500);
      expect((await scene.extend([job.token])).lost).toEqual([]);
      expect(await scene.maintain()).toMatchObject({ rescued: 0 });
      expect(await scene.complete(job)).toEqual(['ok']);
    });

    test('given a clock that stepped back an hour, when the lease has passed once more, then the job is rescued', async (scene) => {
      await scene.insert({ id: 'a' });
      await scene.claimOne('a');
      await scene.advance(-3_600_000);
      await scene.maintain();
      await scene.advance(LEASE_MS + 1);
      await scene.maintain();
      expect((await scene.record('a')).state).toBe('pending');
    });

    test('given a clock that stepped back, when a held job is extended and settled, then both count', async (scene) => {
      await scene.insert({ id: 'a' });
      const job = await scene.claimOne('a');
      await scene.advance(-3_600_000);
      expect((await scene.extend([job.token])).lost).toEqual([]);
      expect(await scene.complete(job)).toEqual(['ok']);
    });

    test('given held jobs, when progress is told, then it is kept for the holder and lost for strangers', async (scene) => {
      await scene.insert({ id: 'a' }, { id: 'b' });
      const a = await scene.claimOne('a');
      const b = await scene.claimOne('b');
      await scene.complete(b);
      const answers = await scene.store.update([
        { id: 'a', seq: a.seq, token: a.token, progress: '{"percent":50}' },
        { id: 'a', seq: a.seq, token: 'stranger', progress: '{"percent":99}' },
        { id: 'b', seq: b.seq, token: b.token, progress: '{"percent":98}' },
        { id: 'nobody', seq: 88, token: a.token, progress: '{"percent":97}' },
      ]);
      expect(answers).toEqual(['ok', 'lost', 'lost', 'lost']);
      expect(await scene.record('a')).toMatchObject({ progress: '{"percent":50}', state: 'running' });
      expect((await scene.record('b')).progress).toBeNull();
    });
  },
};
