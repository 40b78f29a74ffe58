import { expect } from 'vitest';
import type { NewJob } from '../../core/job.js';
import { retried } from '../../core/transitions.js';
import type { Hint } from '../capabilities.js';
import { type Asked, claimRequest, ids, LEASE_MS, many, newError, newToken, type Scene, tenant } from './fixtures.js';
import type { Skip, Topic } from './suite.js';

/** A third of the lease. */
const OPEN_MS = LEASE_MS / 3;

export const openClaims: Topic = {
  name: 'open claims',
  cases(test) {
    test('given an open claim, when a job is inserted, then it fills it, the hint brings it, and nobody else hears of news', async (scene, skip) => {
      const hints = await listen(scene, skip);
      await open(scene, { token: 'open' });
      await scene.advance(10);
      expect(await scene.insert({ id: 'a' })).toEqual([{ status: 'inserted', id: 'a', digest: null, isTaken: true }]);
      await expect.poll(() => hints.length).toBe(1);
      const [hint] = hints as [Extract<Hint, { filled: string }>];
      expect(hint).toMatchObject({
        filled: 'open',
        jobs: [{ id: 'a', token: expect.stringMatching(/^open/), attempt: 1 }],
      });
      expect(await scene.record('a')).toMatchObject({
        state: 'running',
        reason: 'claimed',
        rev: 2,
        token: hint.jobs[0]!.token,
        claimedAt: scene.now(),
      });
      expect(await scene.count()).toMatchObject({ running: 1, pending: 0 });
      expect(ids(await scene.claim({ worker: 'other' }))).toEqual([]);
      expect(await scene.complete(hint.jobs[0]!)).toEqual(['ok']);
      expect(await scene.count()).toMatchObject({ running: 0, completed: 1 });
    });

    test('given a claim that was filled, when nothing extends it, then its lease ends as long after the claim as it was asked for', async (scene, skip) => {
      await listen(scene, skip);
      await open(scene);
      await scene.advance(OPEN_MS - 1);
      await scene.insert({ id: 'a' });
      await scene.advance(LEASE_MS - OPEN_MS);
      expect((await scene.maintain()).rescued).toBe(0);
      await scene.advance(1);
      expect((await scene.maintain()).rescued).toBe(1);
      expect(await scene.record('a')).toMatchObject({ state: 'pending', suspect: true });
    });

    test('given jobs that filled a claim, when the hint was not heard of, then each exchange answers them until one says so', async (scene, skip) => {
      await listen(scene, skip);
      await open(scene, { token: 'open' });
      await scene.insert({ id: 'a' }, { id: 'b' });
      const token = (await scene.record('a')).token as string;
      await scene.advance(LEASE_MS / 2);
      for (const claim of [null, claimRequest({ keepsOpen: true }), claimRequest({ token: 'open' })]) {
        const reply = await scene.store.exchange({ worker: 'worker-1', settle: [], claim });
        expect(reply.jobs.map(({ id, token }) => [id, token])).toEqual([
          ['a', token],
          ['b', token],
        ]);
      }
      // Their lease counts from the answer.
      await scene.advance(LEASE_MS - 1);
      expect((await scene.maintain()).rescued).toBe(0);
      const heard = { worker: 'worker-1', settle: [], heard: [token] };
      expect((await scene.store.exchange({ ...heard, claim: claimRequest({}) })).jobs).toEqual([]);
      expect((await scene.claim()).jobs).toEqual([]);
    });

    test('given jobs that filled a claim and were not heard of, when others are waiting, then the worker gets those first, and the others after', async (scene, skip) => {
      await listen(scene, skip);
      await open(scene);
      await scene.insert({ id: 'a' });
      await scene.insert({ id: 'b' });
      const reply = await scene.claim();
      expect(ids(reply)).toEqual(['a']);
      expect(reply.more).toBe(true);
      const next = { worker: 'worker-1', settle: [], heard: [reply.jobs[0]!.token], claim: claimRequest({}) };
      expect(ids(await scene.store.exchange(next))).toEqual(['b']);
    });

    test('given a claim that was filled, when more jobs come, then they wait for a claim of their own', async (scene, skip) => {
      await listen(scene, skip);
      await open(scene);
      await scene.insert({ id: 'a' });
      expect((await scene.insert({ id: 'b' }))[0]).not.toHaveProperty('isTaken');
      expect(await scene.record('b')).toMatchObject({ state: 'pending' });
    });

    const ends: Readonly<Record<string, (scene: Scene) => Promise<unknown>>> = {
      'the worker exchanged again': (scene) => scene.store.exchange({ worker: 'worker-1', settle: [], claim: null }),
      'a third of its lease has passed': async (scene) => scene.advance(OPEN_MS),
      'the worker said good-bye': (scene) => scene.extend([], { leaving: true }),
      'its queue was paused': (scene) => scene.queue({ paused: true }),
      'its queue was given a limit': (scene) => scene.queue({ concurrency: 1 }),
    };
    for (const [what, end] of Object.entries(ends)) {
      test(`given an open claim, when ${what}, then an insert fills it no more`, async (scene, skip) => {
        await listen(scene, skip);
        await open(scene);
        await end(scene);
        await waits(scene, { id: 'a' });
      });
    }

    const others: Readonly<Record<string, Partial<NewJob>>> = {
      'has keys': { keys: [tenant('x')] },
      'has a priority': { priority: 1 },
      'is delayed': { delayMs: 5 },
      'has a unique key': { unique: { key: 'u', until: 'finished', onConflict: 'keep' } },
      'is of another queue': { queue: 'elsewhere' },
    };
    for (const [what, given] of Object.entries(others)) {
      test(`given an open claim, when a job comes that ${what}, then it waits to be claimed`, async (scene, skip) => {
        await listen(scene, skip);
        await open(scene);
        await waits(scene, given);
      });
    }

    test('given an open claim, when more jobs come at once than it has slots, then they wait to be claimed', async (scene, skip) => {
      await listen(scene, skip);
      await open(scene, { slots: 2 });
      await waits(scene, ...many(3, 'job'));
      expect(await scene.count()).toMatchObject({ pending: 3 });
    });

    test('given a delayed job that has become due, when one is inserted, then it does not overtake it', async (scene, skip) => {
      await listen(scene, skip);
      await scene.insert({ id: 'first', delayMs: 40 });
      await open(scene);
      await scene.advance(40);
      await waits(scene, { id: 'second' });
      expect(ids(await scene.claim())).toEqual(['first', 'second']);
    });

    test('given a line whose cooldown is over, when a job is inserted, then it does not overtake its head', async (scene, skip) => {
      await listen(scene, skip);
      await scene.limit({ maxConcurrent: 1, cooldownMs: 40 });
      await scene.insert({ id: 'first', keys: [tenant('x')] }, { id: 'second', keys: [tenant('x')] });
      await scene.complete(await scene.claimOne('first'));
      await open(scene);
      await scene.advance(40);
      await waits(scene, { id: 'third' });
      expect(ids(await scene.claim())).toEqual(['second', 'third']);
    });

    test('given a claim that nobody is there to hear of, when a job is inserted, then it waits to be claimed', async (scene, skip) => {
      if (scene.store.notify?.keepsClaims !== true) skip('it keeps no claim open');
      await open(scene);
      await waits(scene, { id: 'a' });
    });

    test('given open claims of several workers, when a job comes, then one with most slots has it', async (scene, skip) => {
      await listen(scene, skip);
      for (const [worker, slots] of [
        ['busy', 1],
        ['idle', 9],
        ['half', 5],
      ] as const)
        await open(scene, { worker, slots, token: worker });
      await scene.insert({ id: 'a' });
      await scene.insert({ id: 'b' });
      await scene.insert({ id: 'c' });
      await waits(scene, { id: 'd' });
      expect((await scene.store.get(['a', 'b', 'c'])).map((job) => job?.token?.slice(0, 4))).toEqual([
        'idle',
        'half',
        'busy',
      ]);
    });

    test('given a job that filled a claim, when its attempt fails, then it is tried again like any other', async (scene, skip) => {
      const hints = await listen(scene, skip);
      await open(scene);
      await scene.insert({ id: 'a' });
      await expect.poll(() => hints.length).toBe(1);
      const [hint] = hints as [Extract<Hint, { filled: string }>];
      expect(await scene.settle(hint.jobs[0]!, retried(newError(), 50))).toBe('ok');
      await scene.advance(50);
      expect(await scene.claimOne('a')).toMatchObject({ attempt: 2 });
    });
  },
};

/** Hints that say something, from when the store can be heard. */
async function listen(scene: Scene, skip: Skip): Promise<readonly Hint[]> {
  const { notify } = scene.store;
  if (notify?.keepsClaims !== true) return skip('it keeps no claim open');
  const hints: Hint[] = [];
  let isListening = false;
  notify.subscribe((hint) => {
    isListening = true;
    if (hint !== undefined) hints.push(hint);
  });
  await expect.poll(() => isListening).toBe(true);
  return hints;
}

async function open(scene: Scene, asked: Asked = {}): Promise<void> {
  const reply = await scene.claim({ token: newToken('open'), ...asked, keepsOpen: true });
  expect({ jobs: ids(reply), more: reply.more }).toEqual({ jobs: [], more: false });
}

async function waits(scene: Scene, ...jobs: Partial<NewJob>[]): Promise<void> {
  const answers = await scene.insert(...jobs);
  for (const answer of answers) expect(answer).not.toHaveProperty('isTaken');
  for (const record of await scene.store.get(ids(answers))) expect(record?.state).toBe('pending');
}
