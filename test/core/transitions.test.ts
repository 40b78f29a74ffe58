import { describe, expect, it } from 'vitest';
import { defaultKeep, type JobError, type JobRecord, type Keep, MIN_KEEP_MS } from '../../src/core/job.js';
import {
  cancelled,
  cancelWaiting,
  claim,
  completed,
  expire,
  failed,
  isRunsEnd,
  type JobPatch,
  orphaned,
  promote,
  pruneTime,
  redrive,
  rekeyed,
  released,
  requestCancel,
  resume,
  retried,
  settle,
  skipped,
  snoozed,
  suspend,
  type Transition,
  tooNew,
} from '../../src/core/transitions.js';

const keep: Keep = { completedMs: 100_000, failedMs: 200_000, count: null };
const error: JobError = { name: 'RangeError', message: 'm', stack: null, reason: 'threw', attempt: 2, at: 77 };

/** A running job whose look-alike fields all differ. */
function running(given: Partial<JobRecord> = {}): JobRecord {
  return {
    id: 'id-1',
    partition: 0,
    recordVersion: 1,
    minReader: 1,
    seq: 31,
    task: 'resize',
    queue: 'images',
    state: 'running',
    placement: null,
    parkedOn: null,
    reason: 'claimed',
    rev: 7,
    generation: 3,
    input: '1',
    result: null,
    errors: [],
    progress: null,
    priority: 5,
    attempt: 2,
    maxAttempts: 4,
    suspect: false,
    token: 'token-9',
    cancelRequested: false,
    createdAt: 1_000,
    dueAt: 2_000,
    claimedAt: 3_000,
    endedAt: null,
    pruneAt: null,
    labels: null,
    keys: null,
    unique: { key: 'u', until: 'finished', onConflict: 'keep' },
    digest: null,
    rare: null,
    ...given,
  };
}

const endedAt = 5_000;

/** The whole record after the patch: what it doesn't name must be as it was. */
const whole = (job: JobRecord, patch: JobPatch): JobRecord => ({ ...job, ...patch });

describe('what becomes of a held job', () => {
  const table: readonly (readonly [name: string, transition: Transition, becomes: Partial<JobRecord>])[] = [
    [
      'completed',
      completed('"r"', keep),
      { state: 'completed', reason: 'completed', result: '"r"', endedAt, pruneAt: 105_000, unique: null },
    ],
    ['skipped', skipped(keep), { state: 'completed', reason: 'skipped', result: null, endedAt, pruneAt: 105_000 }],
    [
      'failed',
      failed({ ...error, reason: 'discarded' }, keep),
      { state: 'failed', reason: 'discarded', endedAt, pruneAt: 205_000 },
    ],
    ['cancelled', cancelled(keep), { state: 'cancelled', reason: 'cancelled', endedAt, pruneAt: 105_000 }],
    ['retried', retried(error, 900), { state: 'pending', reason: 'threw', dueAt: 5_900, errors: [error] }],
    ['snoozed', snoozed(800), { state: 'pending', reason: 'snoozed', dueAt: 5_800, attempt: 1 }],
    ['released', released(), { state: 'pending', reason: 'released', attempt: 1 }],
    [
      'orphaned',
      orphaned('resize'),
      { state: 'pending', reason: 'unknown-task', attempt: 1, placement: 'parked', parkedOn: 'task:resize' },
    ],
    [
      'tooNew',
      tooNew(2),
      { state: 'pending', reason: 'newer-record', attempt: 1, placement: 'parked', parkedOn: 'reader:2' },
    ],
    ['rekeyed', rekeyed(['g/k']), { state: 'pending', reason: 'keyed', attempt: 1, keys: ['g/k'] }],
  ];
  for (const [name, transition, becomes] of table) {
    it(`given ${name}, when it is settled, then the record says so and rev rises by one`, () => {
      expect(settle(running(), transition, endedAt)).toMatchObject({ ...becomes, rev: 8 });
    });

    it(`given a cancel was requested, when ${name} is settled, then an end stands and what would wait is cancelled`, () => {
      const patch = settle(running({ cancelRequested: true }), transition, endedAt);
      expect(patch.state).toBe(transition.to === 'pending' ? 'cancelled' : transition.to);
      expect(patch).toMatchObject({ cancelRequested: false, endedAt, unique: null, placement: null, parkedOn: null });
    });
  }

  it('given a job is given back, when it waits again, then it keeps its place in the line', () => {
    for (const transition of [released(), orphaned('resize'), tooNew(2), rekeyed(['g/k'])]) {
      expect(settle(running(), transition, endedAt).dueAt).toBe(running().dueAt);
    }
  });

  it('given what gives an attempt back, when it is a run’s end, then it starts no cooldown', () => {
    const ends = [completed(null, keep), failed(error, keep), cancelled(keep), retried(error, 0)];
    const others = [skipped(keep), snoozed(5), released(), orphaned('t'), tooNew(2), rekeyed([])];
    expect(ends.map(isRunsEnd)).toEqual([true, true, true, true]);
    expect(others.map(isRunsEnd)).toEqual([false, false, false, false, false, false]);
  });

  it('given five errors are kept, when one more comes, then the oldest goes', () => {
    const errors = [1, 2, 3, 4, 5].map((attempt) => ({ ...error, attempt }));
    const patch = settle(running({ errors }), retried({ ...error, attempt: 6 }, 0), endedAt);
    expect(patch.errors?.map((e) => e.attempt)).toEqual([2, 3, 4, 5, 6]);
  });

  it('given a transition without a keep, when it ends the job, then the record’s own counts, else the default', () => {
    const bare = { ...cancelled(keep), keep: null };
    expect(settle(running({ rare: { keep } }), bare, endedAt).pruneAt).toBe(105_000);
    expect(settle(running(), bare, endedAt).pruneAt).toBe(endedAt + (defaultKeep.completedMs as number));
  });

  it('given a short keep or none, when the end comes, then the record stays a minute at least, or for ever', () => {
    expect(pruneTime('completed', { ...keep, completedMs: 5 }, 1_000)).toBe(1_000 + MIN_KEEP_MS);
    expect(pruneTime('failed', { ...keep, failedMs: null }, 1_000)).toBeNull();
  });
});

describe('how a store changes a record', () => {
  const now = 9_000;

  it('given a claim, when it is taken, then the attempt counts and unique until started is over', () => {
    const pending = running({ state: 'pending', placement: 'ready', token: null, attempt: 1 });
    expect(whole(pending, claim(pending, 'token-10', now))).toEqual({
      ...pending,
      state: 'running',
      placement: null,
      parkedOn: null,
      reason: 'claimed',
      rev: 8,
      attempt: 2,
      token: 'token-10',
      claimedAt: now,
    });
    expect(claim({ ...pending, unique: { key: 'u', until: 'started', onConflict: 'keep' } }, 't', now)).toMatchObject({
      unique: null,
    });
  });

  it('given a first expiry, when it is rescued, then it is a suspect and the attempt is given back', () => {
    expect(whole(running(), expire(running(), now))).toEqual({
      ...running(),
      rev: 8,
      reason: 'lease-expired',
      token: null,
      state: 'pending',
      placement: 'ready',
      progress: null,
      suspect: true,
      attempt: 1,
    });
  });

  it('given a suspect’s expiry, when attempts are left, then it counts; at the last one, then the job fails', () => {
    const second = expire(running({ suspect: true }), now);
    expect(second).toMatchObject({
      state: 'pending',
      attempt: 2,
      errors: [{ name: 'LeaseExpired', attempt: 2, at: now }],
    });
    const last = expire(running({ suspect: true, attempt: 4 }), now);
    expect(last).toMatchObject({
      state: 'failed',
      reason: 'lease-expired',
      endedAt: now,
      errors: [{ reason: 'lease-expired', attempt: 4 }],
    });
    expect(expire(running({ suspect: true, attempt: 400, maxAttempts: null }), now)).toMatchObject({
      state: 'pending',
      attempt: 400,
    });
  });

  it('given a cancel was requested, when the lease expires, then the job is cancelled', () => {
    expect(expire(running({ cancelRequested: true }), now)).toMatchObject({
      state: 'cancelled',
      reason: 'cancelled',
      token: null,
      endedAt: now,
    });
  });

  it('given the control actions, when they are done, then each changes what it says and raises rev', () => {
    const pending = running({ state: 'pending', placement: 'delayed', token: null });
    expect(cancelWaiting(pending, now)).toMatchObject({
      rev: 8,
      state: 'cancelled',
      reason: 'cancelled',
      endedAt: now,
      unique: null,
    });
    expect(whole(running(), requestCancel(running()))).toEqual({ ...running(), rev: 8, cancelRequested: true });
    expect(whole(pending, suspend(pending))).toEqual({
      ...pending,
      rev: 8,
      state: 'suspended',
      reason: 'suspended',
      placement: null,
      parkedOn: null,
    });
    expect(whole(pending, resume({ ...pending, state: 'suspended' }))).toEqual({
      ...pending,
      rev: 8,
      state: 'pending',
      reason: 'resumed',
      placement: 'ready',
      parkedOn: null,
    });
    expect(whole(pending, promote(pending, now))).toEqual({
      ...pending,
      rev: 8,
      reason: 'promoted',
      dueAt: now,
      placement: 'ready',
      parkedOn: null,
    });
  });

  it('given an ended job, when it is redriven, then nothing of the last generation holds it back', () => {
    const ended = running({
      state: 'failed',
      attempt: 4,
      suspect: true,
      cancelRequested: true,
      result: '1',
      endedAt: 8_000,
      pruneAt: 99_000,
    });
    expect(redrive(ended, now)).toMatchObject({
      rev: 8,
      generation: 4,
      state: 'pending',
      placement: 'ready',
      reason: 'redriven',
      attempt: 0,
      suspect: false,
      token: null,
      cancelRequested: false,
      result: null,
      dueAt: now,
      endedAt: null,
      pruneAt: null,
    });
  });
});
