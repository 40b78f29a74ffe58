import { expect } from 'vitest';
import type { JobRecord, JobState } from '../../core/job.js';
import {
  cancelled,
  cancelWaiting,
  completed,
  failed,
  type JobPatch,
  orphaned,
  promote,
  redrive,
  requestCancel,
  resume,
  retried,
  suspend,
} from '../../core/transitions.js';
import type { ControlAction, ControlAnswer } from '../contract.js';
import { ids, keep, many, newError, newToken, OTHER_QUEUE, type Scene, tenant } from './fixtures.js';
import type { Topic } from './suite.js';

type Situation =
  | 'ready'
  | 'delayed'
  | 'parked'
  | 'orphaned'
  | 'retrying'
  | 'running'
  | 'suspended'
  | 'completed'
  | 'failed'
  | 'cancelled';

const waiting: readonly Situation[] = ['ready', 'delayed', 'parked', 'orphaned', 'retrying'];
const ended: readonly Situation[] = ['completed', 'failed', 'cancelled'];
const situations: readonly Situation[] = [...waiting, 'running', 'suspended', ...ended];

/** In which situations an action has something to do; in all others it is refused, and nothing changes. */
const allowed: Readonly<Record<ControlAction, readonly Situation[]>> = {
  cancel: [...waiting, 'running', 'suspended'],
  retry: ended,
  suspend: waiting,
  resume: ['suspended'],
  promote: ['delayed', 'retrying'],
  delete: [...waiting, 'suspended', ...ended],
};

const stateOf = (situation: Situation): JobState => (waiting.includes(situation) ? 'pending' : (situation as JobState));

export const control: Topic = {
  name: 'control',
  cases(test) {
    for (const action of Object.keys(allowed) as ControlAction[]) {
      for (const situation of situations) {
        const outcome = outcomeOf(action, situation);
        test(`given ${situation === 'orphaned' ? 'an' : 'a'} ${situation} job, when ${action} is asked for, then it is ${outcome}`, async (scene) => {
          await bring(scene, 'a', situation);
          await scene.advance(15);
          const before = await scene.record('a');
          expect(before.state).toBe(stateOf(situation));
          expect(await scene.control(action, 'a')).toEqual([{ id: 'a', outcome, state: before.state }]);
          await expectChange(scene, before, outcome === 'refused' ? null : action);
        });
      }
    }

    test('given ids of which some are missing, when an action is asked for, then each is answered in order', async (scene) => {
      await scene.insert({ id: 'a' }, { id: 'b' });
      await scene.control('suspend', 'b');
      expect(await scene.control('suspend', 'nobody', 'b', 'a')).toEqual([
        { id: 'nobody', outcome: 'missing', state: null },
        { id: 'b', outcome: 'refused', state: 'suspended' },
        { id: 'a', outcome: 'done', state: 'pending' },
      ]);
    });

    test('given a running job whose cancel was asked for, when it is asked for again, then it is requested still and nothing changes', async (scene) => {
      await scene.insert({ id: 'a' });
      await scene.claimOne('a');
      await scene.control('cancel', 'a');
      const before = await scene.record('a');
      expect((await scene.control('cancel', 'a'))[0]?.outcome).toBe('requested');
      expect(await scene.record('a')).toEqual(before);
    });

    test('given a cancel asked for, when its worker extends, then it is told of that job alone', async (scene) => {
      await scene.insert({ id: 'a' }, { id: 'b' });
      const { jobs } = await scene.claim({ token: 'both' });
      await scene.insert({ id: 'c' });
      const other = await scene.claimOne('c');
      await scene.control('cancel', 'b', 'c');
      expect(jobs).toHaveLength(2);
      expect((await scene.extend(['both'])).cancel).toEqual(['b']);
      expect([...(await scene.extend(['both', other.token])).cancel].sort()).toEqual(['b', 'c']);
    });

    test('given a cancel asked for, when a valid completion comes first, then the completion wins', async (scene) => {
      await scene.insert({ id: 'a' });
      const job = await scene.claimOne('a');
      await scene.control('cancel', 'a');
      expect(await scene.settle(job, completed('"won"', keep))).toBe('ok');
      expect(await scene.record('a')).toMatchObject({ state: 'completed', result: '"won"', cancelRequested: false });
    });

    test('given a cancel asked for, when the run fails with attempts left, then the job is cancelled and keeps the error', async (scene) => {
      await scene.insert({ id: 'a' });
      const job = await scene.claimOne('a');
      await scene.control('cancel', 'a');
      const error = newError();
      expect(await scene.settle(job, retried(error, 500))).toBe('ok');
      expect(await scene.record('a')).toMatchObject({
        state: 'cancelled',
        reason: 'cancelled',
        errors: [error],
        endedAt: scene.now(),
      });
    });

    test('given a delayed job, when it is promoted, then it is claimed at once', async (scene) => {
      await scene.insert({ id: 'a', delayMs: 90_000 });
      await scene.control('promote', 'a');
      expect((await scene.claimOne('a')).dueAt).toBe(scene.now());
    });

    test('given a suspended job, when claims go on, then it is not claimed, and nextAt does not name it', async (scene) => {
      await scene.insert({ id: 'ready' }, { id: 'delayed', delayMs: 100 }, { id: 'keyed', keys: [tenant('x')] });
      await scene.control('suspend', 'ready', 'delayed', 'keyed');
      expect(await scene.claim()).toMatchObject({ jobs: [], nextAt: null });
      await scene.advance(1_000);
      expect(await scene.claim()).toMatchObject({ jobs: [], nextAt: null });
    });

    test('given a suspended delayed job, when it is resumed before and after its due time, then the due time still holds', async (scene) => {
      await scene.insert({ id: 'a', delayMs: 1_000 });
      await scene.control('suspend', 'a');
      await scene.advance(400);
      await scene.control('resume', 'a');
      expect((await scene.record('a')).placement).toBe('delayed');
      expect(await scene.claim()).toMatchObject({ jobs: [], nextAt: scene.now() + 600 });
      await scene.control('suspend', 'a');
      await scene.advance(900);
      await scene.control('resume', 'a');
      await scene.claimOne('a');
    });

    test('given a suspended suspect, when it is resumed, then it is still claimed alone', async (scene) => {
      await scene.insert({ id: 'a' });
      await scene.claimOne('a');
      await scene.rescue();
      await scene.control('suspend', 'a');
      await scene.control('resume', 'a');
      expect((await scene.claim()).jobs).toEqual([]);
      await scene.claimOne('a', { suspectToken: newToken('suspect') });
    });

    test('given a failed job, when it is redriven, then it has a new generation with all its attempts and the old token is lost', async (scene) => {
      await scene.insert({ id: 'a', maxAttempts: 1 });
      const first = await scene.claimOne('a');
      await scene.settle(first, failed(newError(), keep));
      await scene.advance(60);
      await scene.control('retry', 'a');
      expect(await scene.record('a')).toMatchObject({
        state: 'pending',
        placement: 'ready',
        reason: 'redriven',
        generation: 2,
        attempt: 0,
        suspect: false,
        token: null,
        result: null,
        endedAt: null,
        pruneAt: null,
        dueAt: scene.now(),
      });
      expect(await scene.complete(first)).toEqual(['lost']);
      expect(await scene.claimOne('a')).toMatchObject({ generation: 2, attempt: 1 });
    });

    test('given a failed suspect, when it is redriven, then it is no suspect any more', async (scene) => {
      await scene.insert({ id: 'a', maxAttempts: 1 });
      await scene.claimOne('a');
      await scene.rescue();
      await scene.claimOne('a', { suspectToken: newToken('suspect') });
      await scene.rescue();
      await scene.control('retry', 'a');
      expect((await scene.claimOne('a')).suspect).toBe(false);
    });

    test('given a completed job, when it is redriven, then it is not pruned for its first end', async (scene) => {
      await scene.insert({ id: 'a' });
      await scene.settle(await scene.claimOne('a'), completed('"x"', { ...keep, completedMs: 60_000 }));
      await scene.control('retry', 'a');
      await scene.advance(120_000);
      await scene.maintain();
      expect((await scene.record('a')).state).toBe('pending');
    });

    test('given a deleted job, when its id is inserted anew, then it is a new job', async (scene) => {
      await scene.insert({ id: 'a', digest: 'digest-1' });
      await scene.control('delete', 'a');
      expect(await scene.insert({ id: 'a', digest: 'digest-2' })).toMatchObject([{ status: 'inserted' }]);
      expect((await scene.record('a')).digest).toBe('digest-2');
    });

    test('given a filter, when an action is asked for, then only what matches is changed', async (scene) => {
      await scene.insert({ id: 'a' }, { id: 'b', queue: OTHER_QUEUE }, { id: 'c' });
      const { answers, cursor } = await scene.store.control(
        'cancel',
        { filter: { queue: OTHER_QUEUE }, cursor: null },
        100,
      );
      expect(answers).toEqual([{ id: 'b', outcome: 'done', state: 'pending' }]);
      expect(cursor).toBeNull();
      expect((await scene.store.get(['a', 'b', 'c'])).map((job) => job?.state)).toEqual([
        'pending',
        'cancelled',
        'pending',
      ]);
    });

    test('given a filter that matches jobs in every state, when an action is asked for, then each match is answered for', async (scene) => {
      await bring(scene, 'done', 'completed');
      await bring(scene, 'held', 'running');
      await bring(scene, 'ready', 'ready');
      const answers = await controlAll(scene, 'delete', {}, 100);
      expect(answers.map(({ id, outcome }) => `${id} ${outcome}`).sort()).toEqual([
        'done done',
        'held refused',
        'ready done',
      ]);
    });

    for (const action of ['cancel', 'delete', 'suspend'] as const) {
      test(`given 60 waiting jobs and a filter, when ${action} goes page by page, then each is changed once`, async (scene) => {
        await scene.insert(...many(60, 'job'), ...many(20, 'other', { queue: OTHER_QUEUE }));
        const answers = await controlAll(scene, action, { queue: 'images', states: ['pending'] }, 7);
        expect(answers.map((answer) => answer.id).sort()).toEqual(ids(many(60, 'job') as { id: string }[]).sort());
        expect(new Set(answers.map((answer) => answer.outcome))).toEqual(new Set(['done']));
        expect(await scene.count({ queue: 'images' })).toMatchObject({ pending: 0 });
        expect(await scene.count({ queue: OTHER_QUEUE })).toMatchObject({ pending: 20 });
      });
    }

    test('given a filter and a limit, when one call is made, then it changes no more than the limit', async (scene) => {
      await scene.insert(...many(10, 'job'));
      const { answers, cursor } = await scene.store.control(
        'cancel',
        { filter: { states: ['pending'] }, cursor: null },
        3,
      );
      expect(answers.length).toBeLessThanOrEqual(3);
      expect(cursor).not.toBeNull();
      expect((await scene.count()).cancelled).toBe(answers.length);
    });

    test('given ended jobs and a filter, when retry goes page by page, then each starts one new generation', async (scene) => {
      await scene.insert(...many(20, 'job'));
      await scene.complete(...(await scene.claim()).jobs);
      const answers = await controlAll(scene, 'retry', { states: ['completed'] }, 6);
      expect(answers).toHaveLength(20);
      expect(new Set((await scene.list()).map((job) => job.generation))).toEqual(new Set([2]));
    });
  },
};

function outcomeOf(action: ControlAction, situation: Situation): ControlAnswer['outcome'] {
  if (!allowed[action].includes(situation)) return 'refused';
  return action === 'cancel' && situation === 'running' ? 'requested' : 'done';
}

/** Makes one job of the id, in the situation; what else it needs has ids of its own. */
async function bring(scene: Scene, id: string, situation: Situation): Promise<void> {
  if (situation === 'parked') {
    await scene.limit({ maxConcurrent: 1 });
    await scene.insert({ id: `holder-of-${id}`, keys: [tenant('x')] });
    await scene.claimOne(`holder-of-${id}`);
    await scene.insert({ id, keys: [tenant('x')] });
    await scene.claim();
    return;
  }
  await scene.insert({ id, priority: 99, delayMs: situation === 'delayed' ? 50_000 : 0 });
  if (situation === 'ready' || situation === 'delayed') return;
  if (situation === 'suspended') {
    await scene.control('suspend', id);
    return;
  }
  const job = await scene.claimOne(id);
  if (situation === 'running') return;
  await scene.settle(job, endings()[situation]);
}

function endings() {
  return {
    orphaned: orphaned('resize'),
    retrying: retried(newError(), 40_000),
    completed: completed('"result"', keep),
    failed: failed(newError(), keep),
    cancelled: cancelled(keep),
  };
}

/** The record is what core/transitions makes of it; where it waits, the store finds. */
async function expectChange(scene: Scene, before: JobRecord, action: ControlAction | null): Promise<void> {
  if (action === 'delete') {
    expect(await scene.has(before.id)).toBe(false);
    return;
  }
  const patch = action === null ? {} : patchOf(action, before, scene.now());
  const { placement: _, parkedOn: __, ...expected } = { ...before, ...patch };
  const after = await scene.record(before.id);
  expect(after).toMatchObject(expected);
  if (after.state !== 'pending') expect(after).toMatchObject({ placement: null, parkedOn: null });
}

function patchOf(action: Exclude<ControlAction, 'delete'>, job: JobRecord, now: number): JobPatch {
  switch (action) {
    case 'cancel':
      return job.state === 'running' ? requestCancel(job) : cancelWaiting(job, now);
    case 'retry':
      return redrive(job, now);
    case 'suspend':
      return suspend(job);
    case 'resume':
      return resume(job);
    case 'promote':
      return promote(job, now);
  }
}

async function controlAll(
  scene: Scene,
  action: ControlAction,
  filter: { queue?: string; states?: JobState[] },
  limit: number,
): Promise<ControlAnswer[]> {
  const answers: ControlAnswer[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < 1_000; page++) {
    const reply = await scene.store.control(action, { filter, cursor }, limit);
    answers.push(...reply.answers);
    if (reply.cursor === null) return answers;
    cursor = reply.cursor;
  }
  throw new Error('The pages never ended.');
}
