import { expect } from 'vitest';
import { type ClaimedJob, defaultKeep, type JobRecord, type NewJob } from '../../core/job.js';
import {
  cancelled,
  completed,
  failed,
  isRunsEnd,
  orphaned,
  settle as patchOf,
  rekeyed,
  released,
  retried,
  skipped,
  snoozed,
  type Transition,
  tooNew,
} from '../../core/transitions.js';
import { keep, newError, type Scene, tenant } from './fixtures.js';
import type { Topic } from './suite.js';

const ENDED_AGO_MS = 40;
const error = newError({ reason: 'timed-out', attempt: 1 });

export const settle: Topic = {
  name: 'settle',
  cases(test) {
    test('given a run that returned, when it is settled as completed, then the record ends with its result', async (scene) => {
      const { after, endedAt } = await settled(scene, completed('{"bytes":1}', keep));
      expect(after).toMatchObject({
        state: 'completed',
        reason: 'completed',
        result: '{"bytes":1}',
        attempt: 1,
        endedAt,
        errors: [],
      });
      expect(after).toMatchObject({ placement: null, parkedOn: null, pruneAt: endedAt + 7_200_000 });
    });

    test('given a run that should not execute, when it is settled as skipped, then it ends as completed without a result', async (scene) => {
      const { after, endedAt } = await settled(scene, skipped(keep));
      expect(after).toMatchObject({ state: 'completed', reason: 'skipped', result: null, attempt: 1, endedAt });
    });

    test('given a last failure, when it is settled as failed, then the record ends with the error, its reason and the keep of failures', async (scene) => {
      const { after, endedAt } = await settled(scene, failed(error, keep));
      expect(after).toMatchObject({
        state: 'failed',
        reason: 'timed-out',
        result: null,
        errors: [error],
        endedAt,
        pruneAt: endedAt + 10_800_000,
      });
    });

    test('given an aborted run, when it is settled as cancelled, then the record ends so', async (scene) => {
      const { after, endedAt } = await settled(scene, cancelled(keep));
      expect(after).toMatchObject({ state: 'cancelled', reason: 'cancelled', endedAt, pruneAt: endedAt + 7_200_000 });
    });

    test('given a failure with attempts left, when it is settled as retried, then it waits its delay from the end of the run', async (scene) => {
      const { after, endedAt } = await settled(scene, retried(error, 5_000));
      expect(after).toMatchObject({
        state: 'pending',
        placement: 'delayed',
        reason: 'timed-out',
        attempt: 1,
        errors: [error],
        endedAt: null,
      });
      expect(after.dueAt).toBe(endedAt + 5_000);
    });

    test('given a retry whose delay has passed since the run ended, when it is settled, then it is ready', async (scene) => {
      const { after, endedAt } = await settled(scene, retried(error, ENDED_AGO_MS));
      expect(after).toMatchObject({ placement: 'ready', dueAt: endedAt + ENDED_AGO_MS });
      expect((await scene.claimOne('a')).attempt).toBe(2);
    });

    test('given a run that asks for later, when it is settled as snoozed, then it waits and the attempt is given back', async (scene) => {
      const { after, endedAt } = await settled(scene, snoozed(5_000));
      expect(after).toMatchObject({
        state: 'pending',
        placement: 'delayed',
        reason: 'snoozed',
        attempt: 0,
        dueAt: endedAt + 5_000,
        errors: [],
      });
    });

    test('given a shutdown, when the job is settled as released, then it is ready, keeps its due time and loses no attempt', async (scene) => {
      const { before, after } = await settled(scene, released());
      expect(after).toMatchObject({
        state: 'pending',
        placement: 'ready',
        reason: 'released',
        attempt: 0,
        dueAt: before.dueAt,
      });
    });

    test('given an unknown task, when the job is settled as orphaned, then it is parked under the name of the task', async (scene) => {
      const { before, after } = await settled(scene, orphaned('resize'));
      expect(after).toMatchObject({
        state: 'pending',
        placement: 'parked',
        parkedOn: 'task:resize',
        reason: 'unknown-task',
      });
      expect(after).toMatchObject({ attempt: 0, dueAt: before.dueAt });
    });

    test('given a record of a newer version, when the job is settled as too new, then it is parked for its reader', async (scene) => {
      const { after } = await settled(scene, tooNew(3));
      expect(after).toMatchObject({
        state: 'pending',
        placement: 'parked',
        parkedOn: 'reader:3',
        reason: 'newer-record',
        attempt: 0,
      });
    });

    test('given a group that the producer lacked, when the job is settled as rekeyed, then it has the keys and its place in the line', async (scene) => {
      const { before, after } = await settled(scene, rekeyed([tenant('x'), tenant('y')]));
      expect(after).toMatchObject({
        state: 'pending',
        reason: 'keyed',
        attempt: 0,
        dueAt: before.dueAt,
        keys: [tenant('x'), tenant('y')],
      });
    });

    for (const transition of everyTransition()) {
      test(`given a held job, when it is settled as ${nameOf(transition)}, then its record is what core/transitions says, field by field`, async (scene) => {
        const { before, after, endedAt } = await settled(scene, transition);
        const { placement: _, parkedOn: __, ...expected } = { ...before, ...patchOf(before, transition, endedAt) };
        expect(after).toMatchObject(expected);
        expect(Object.keys(after).sort()).toEqual(Object.keys(before).sort());
        expect(after.rev).toBe(before.rev + 1);
      });

      test(`given a cancel asked for while it ran, when the job is settled as ${nameOf(transition)}, then ${cancelOutcome(transition)}`, async (scene) => {
        await scene.insert({ id: 'a' });
        const job = await scene.claimOne('a');
        await scene.control('cancel', 'a');
        const before = await scene.record('a');
        expect(await scene.settle(job, transition, 10)).toBe('ok');
        const after = await scene.record('a');
        expect(after).toMatchObject({ ...before, ...patchOf(before, transition, scene.now() - 10) });
        expect(after.state).toBe(transition.to === 'pending' ? 'cancelled' : transition.to);
        expect(after.cancelRequested).toBe(false);
      });
    }

    test('given results null, "null" and empty, when they are read back, then they are told apart', async (scene) => {
      for (const [id, result] of [
        ['nothing', null],
        ['text', 'null'],
        ['empty', ''],
      ] as const) {
        await scene.insert({ id });
        await scene.settle(await scene.claimOne(id), completed(result, keep));
        expect((await scene.record(id)).result, id).toBe(result);
      }
    });

    test('given a result of 64 KiB with emoji and quotes, when it is read back, then it is whole', async (scene) => {
      const result = `"${`😀'\\"`.repeat(9_000)}"`;
      const { after } = await settled(scene, completed(result, keep));
      expect(after.result).toBe(result);
    });

    test('given an error with strange text and no stack, when it is read back, then it is whole', async (scene) => {
      const strange = newError({ name: `It's "E"`, message: '😀 \u2028 __proto__ \\', stack: null, attempt: 3, at: 5 });
      const { after } = await settled(scene, retried(strange, 0));
      expect(after.errors).toEqual([strange]);
    });

    test('given seven failures, when the errors are read, then the last five are kept, oldest first', async (scene) => {
      await scene.insert({ id: 'a', maxAttempts: 20 });
      for (let attempt = 1; attempt <= 7; attempt++) {
        await scene.settle(await scene.claimOne('a'), retried(newError({ attempt, message: `failure ${attempt}` }), 0));
      }
      expect((await scene.record('a')).errors.map((each) => each.message)).toEqual(
        [3, 4, 5, 6, 7].map((n) => `failure ${n}`),
      );
    });

    test('given a keep below a minute, when the job ends, then its record stays a minute', async (scene) => {
      const { after, endedAt } = await settled(scene, completed(null, { completedMs: 5, failedMs: 6, count: null }));
      expect(after.pruneAt).toBe(endedAt + 60_000);
    });

    test('given a keep without end, when the job ends, then its record is never pruned by age', async (scene) => {
      const { after } = await settled(scene, completed(null, { completedMs: null, failedMs: 7_000_000, count: null }));
      expect(after.pruneAt).toBeNull();
    });

    test('given a transition without a keep, when the job ends, then its own keep holds', async (scene) => {
      const own = { completedMs: 333_000, failedMs: 444_000, count: null };
      const { after, endedAt } = await settled(
        scene,
        { ...completed(null, keep), keep: null },
        { rare: { keep: own } },
      );
      expect(after.pruneAt).toBe(endedAt + 333_000);
    });

    test('given neither a transition nor a job with a keep, when the job ends, then the default holds', async (scene) => {
      const { after, endedAt } = await settled(scene, { ...completed(null, keep), keep: null });
      expect(after.pruneAt).toBe(endedAt + (defaultKeep.completedMs as number));
    });

    test('given progress that was told, when the job completes, then it stays in the record', async (scene) => {
      await scene.insert({ id: 'a' });
      const job = await scene.claimOne('a');
      await scene.store.update([{ id: 'a', seq: job.seq, token: job.token, progress: '75' }]);
      await scene.complete(job);
      expect((await scene.record('a')).progress).toBe('75');
    });

    for (const [name, waitAgain] of waysBack()) {
      test(`given progress that was told, when the job ${name}, then it is of the earlier run and gone`, async (scene) => {
        await scene.insert({ id: 'a' });
        const job = await scene.claimOne('a');
        await scene.store.update([{ id: 'a', seq: job.seq, token: job.token, progress: '75' }]);
        await waitAgain(scene, job);
        expect(await scene.record('a')).toMatchObject({ state: 'pending', progress: null });
      });
    }
  },
};

type WayBack = (scene: Scene, job: ClaimedJob) => Promise<unknown>;

function waysBack(): [string, WayBack][] {
  return [
    ['is retried', (scene, job) => scene.settle(job, retried(error, 0))],
    ['expires', (scene) => scene.rescue()],
    [
      'is redriven',
      async (scene, job) => {
        await scene.settle(job, failed(error, keep));
        await scene.control('retry', 'a');
      },
    ],
  ];
}

function everyTransition(): Transition[] {
  return [
    completed('"done"', keep),
    skipped(keep),
    failed(error, keep),
    cancelled(keep),
    retried(error, 3_000),
    snoozed(4_000),
    released(),
    orphaned('resize'),
    tooNew(2),
    rekeyed([tenant('x')]),
  ];
}

function nameOf(transition: Transition): string {
  return transition.reason === 'timed-out' ? (transition.to === 'failed' ? 'failed' : 'retried') : transition.reason;
}

function cancelOutcome(transition: Transition): string {
  if (transition.to !== 'pending') return `it ends as ${transition.to}`;
  return isRunsEnd(transition) ? 'it is cancelled instead of another try' : 'it is cancelled instead of waiting again';
}

/** A job that was claimed, ran 700 ms and ended 40 ms ago. */
async function settled(
  scene: Scene,
  transition: Transition,
  given: Partial<NewJob> = {},
): Promise<{ before: JobRecord; after: JobRecord; endedAt: number }> {
  await scene.insert({ id: 'a', labels: { tenant: 'acme' }, ...given });
  await scene.advance(120);
  const job = await scene.claimOne('a');
  const before = await scene.record('a');
  await scene.advance(700 + ENDED_AGO_MS);
  expect(await scene.settle(job, transition, ENDED_AGO_MS)).toBe('ok');
  return { before, after: await scene.record('a'), endedAt: scene.now() - ENDED_AGO_MS };
}
