/**
 * The state machine: every way a job's state can change, one constructor each.
 *
 * ```
 *  insert ─► pending ── claim ──► running ── completed, skipped ──► completed
 *             ▲ │ ▲                 │ │ └─── failed ──────────────► failed
 *             │ │ └─ retried, snoozed, released, orphaned, rekeyed, expired
 *             │ ├─ suspend ─► suspended ─ resume ─► (pending)
 *             │ └─ cancel ──► cancelled
 *             └──── redrive (generation + 1, attempts from 0) ◄── failed, cancelled, completed
 * ```
 *
 * The first half is what a worker decides about a job that it holds; it travels to the store inside a
 * settle. The second half is how a store changes a record. A store with its own language (SQL, Lua)
 * may write the same change there; the conformance suite holds it to these.
 */

import { defaultKeep, isTerminal, type JobError, type JobRecord, type Keep, MIN_KEEP_MS, type Reason } from './job.js';

/** What becomes of a held job. One shape for all, so that stores read it without asking which it is. */
export interface Transition {
  readonly to: 'completed' | 'failed' | 'cancelled' | 'pending';
  readonly reason: Reason;
  readonly result: string | null;
  readonly error: JobError | null;
  /** To `pending`: due this long after the run's end. */
  readonly delayMs: number;
  /** To `pending`: the attempt that the claim counted is given back. */
  readonly refund: boolean;
  /** To `pending`: parked for a worker that can run it, under this name (`task:NAME` or `reader:N`). */
  readonly parkedOn: string | null;
  /** To `pending`: the constraint keys, found by the first worker that had the groups. */
  readonly keys: readonly string[] | null;
  /** To an ended state: how long the record stays. */
  readonly keep: Keep | null;
}

const base: Transition = {
  to: 'pending',
  reason: 'released',
  result: null,
  error: null,
  delayMs: 0,
  refund: false,
  parkedOn: null,
  keys: null,
  keep: null,
};

/** The function returned. */
export function completed(result: string | null, keep: Keep): Transition {
  // Spelled out, not spread: this one is made for every job.
  return {
    to: 'completed',
    reason: 'completed',
    result,
    error: null,
    delayMs: 0,
    refund: false,
    parkedOn: null,
    keys: null,
    keep,
  };
}

/** `shouldExecute` said no: it ends without a run. */
export function skipped(keep: Keep): Transition {
  return { ...base, to: 'completed', reason: 'skipped', keep };
}

/** No further attempt: they are used up, or the error forbids one. The error carries the reason. */
export function failed(error: JobError, keep: Keep): Transition {
  return { ...base, to: 'failed', reason: error.reason, error, keep };
}

export function cancelled(keep: Keep): Transition {
  return { ...base, to: 'cancelled', reason: 'cancelled', keep };
}

/** The attempt failed and another follows. */
export function retried(error: JobError, delayMs: number): Transition {
  return { ...base, reason: error.reason, error, delayMs };
}

/** The function asked to be called later: no failure, no attempt. */
export function snoozed(delayMs: number): Transition {
  return { ...base, reason: 'snoozed', delayMs, refund: true };
}

/** Given back unfinished: a shutdown, a pause, a purge of the prefetched. */
export function released(): Transition {
  return { ...base, reason: 'released', refund: true };
}

/** This worker doesn't know the task. */
export function orphaned(task: string): Transition {
  return { ...base, reason: 'unknown-task', refund: true, parkedOn: taskOrphans(task) };
}

/** The record needs a newer reader than this worker is. */
export function tooNew(minReader: number): Transition {
  return { ...base, reason: 'newer-record', refund: true, parkedOn: readerOrphans(minReader) };
}

/** The producer lacked a constraint group that this worker has. */
export function rekeyed(keys: readonly string[]): Transition {
  return { ...base, reason: 'keyed', refund: true, keys };
}

/** Whether a run took place, which is what starts a cooldown. */
export function isRunsEnd(transition: Transition): boolean {
  return !transition.refund && transition.reason !== 'skipped';
}

export function taskOrphans(task: string): string {
  return `task:${task}`;
}

export function readerOrphans(minReader: number): string {
  return `reader:${minReader}`;
}

/** Whether what a job is parked on is a worker that can run it, and not a constraint key: those have no colon before their slash. */
export function isOrphanName(parkedOn: string): boolean {
  return parkedOn.startsWith('task:') || parkedOn.startsWith('reader:');
}

// How a store changes a record. `placement` of what becomes pending is the store's to find: see `settle`'s note.

/** What transitions change. Always whole and of one shape: what a transition leaves alone is copied. */
type Changing =
  | 'state'
  | 'placement'
  | 'parkedOn'
  | 'reason'
  | 'rev'
  | 'generation'
  | 'result'
  | 'errors'
  | 'progress'
  | 'attempt'
  | 'suspect'
  | 'token'
  | 'cancelRequested'
  | 'dueAt'
  | 'claimedAt'
  | 'endedAt'
  | 'pruneAt'
  | 'keys'
  | 'unique';

export type JobPatch = { -readonly [K in Changing]: JobRecord[K] };

/** The job, one revision on, in no place. */
function next(job: JobRecord, state: JobRecord['state'], reason: Reason): JobPatch {
  return {
    state,
    placement: null,
    parkedOn: null,
    reason,
    rev: job.rev + 1,
    generation: job.generation,
    result: job.result,
    errors: job.errors,
    progress: job.progress,
    attempt: job.attempt,
    suspect: job.suspect,
    token: job.token,
    cancelRequested: job.cancelRequested,
    dueAt: job.dueAt,
    claimedAt: job.claimedAt,
    endedAt: job.endedAt,
    pruneAt: job.pruneAt,
    keys: job.keys,
    unique: job.unique,
  };
}

function waiting(job: JobRecord, reason: Reason): JobPatch {
  const patch = next(job, 'pending', reason);
  patch.placement = 'ready';
  return patch;
}

function ended(
  job: JobRecord,
  state: 'completed' | 'failed' | 'cancelled',
  reason: Reason,
  keep: Keep,
  endedAt: number,
): JobPatch {
  const patch = next(job, state, reason);
  patch.cancelRequested = false;
  patch.unique = null;
  patch.endedAt = endedAt;
  patch.pruneAt = pruneTime(state, keep, endedAt);
  return patch;
}

/**
 * Applies a worker's transition to the job that it holds.
 *
 * A pending job's placement is left at `ready`; the store parks it on its keys or delays it by its due time.
 *
 * @param endedAt when the run ended, by the store's clock
 */
export function settle(job: JobRecord, transition: Transition, endedAt: number): JobPatch {
  const { to, reason, error, refund } = transition;
  // A cancel that came while the job ran takes effect when it would wait again.
  const end = to !== 'pending' ? to : job.cancelRequested ? 'cancelled' : null;
  const patch =
    end === null
      ? waiting(job, reason)
      : ended(job, end, to === 'pending' ? 'cancelled' : reason, transition.keep ?? keepOf(job), endedAt);
  if (error !== null) patch.errors = withError(job.errors, error);
  if (refund) patch.attempt = job.attempt - 1;
  if (end !== null) {
    patch.result = transition.result;
    return patch;
  }
  patch.progress = null;
  if (transition.keys !== null) patch.keys = transition.keys;
  if (transition.parkedOn !== null) {
    patch.placement = 'parked';
    patch.parkedOn = transition.parkedOn;
  }
  // A job given back keeps its place in the line, and is due though the clock stepped back since.
  patch.dueAt = refund && reason !== 'snoozed' ? Math.min(job.dueAt, endedAt) : endedAt + transition.delayMs;
  return patch;
}

/** A worker takes it. The attempt counts from here, whatever becomes of the process. */
export function claim(job: JobRecord, token: string, now: number): JobPatch {
  const patch = next(job, 'running', 'claimed');
  patch.attempt += 1;
  patch.token = token;
  patch.claimedAt = now;
  if (patch.unique?.until === 'started') patch.unique = null;
  return patch;
}

/**
 * Its lease ended without a settle. The first time costs nothing, for the job may have died of a
 * neighbour in the same process; it becomes a suspect, and from then on an expiry counts.
 */
export function expire(job: JobRecord, now: number): JobPatch {
  const isFinal = job.suspect && job.maxAttempts !== null && job.attempt >= job.maxAttempts;
  const patch = job.cancelRequested
    ? ended(job, 'cancelled', 'cancelled', keepOf(job), now)
    : isFinal
      ? ended(job, 'failed', 'lease-expired', keepOf(job), now)
      : waiting(job, 'lease-expired');
  // A late settle is refused from now on.
  patch.token = null;
  if (patch.state === 'cancelled') return patch;
  if (job.suspect) patch.errors = withError(job.errors, expiryError(job, now));
  if (isFinal) return patch;
  patch.progress = null;
  patch.dueAt = Math.min(job.dueAt, now);
  patch.suspect = true;
  if (!job.suspect) patch.attempt -= 1;
  return patch;
}

export function cancelWaiting(job: JobRecord, now: number): JobPatch {
  return ended(job, 'cancelled', 'cancelled', keepOf(job), now);
}

/** Of a running job: it is asked to stop, and stays where it is. */
export function requestCancel(job: JobRecord): JobPatch {
  const patch = next(job, job.state, job.reason);
  patch.cancelRequested = true;
  return patch;
}

export function suspend(job: JobRecord): JobPatch {
  return next(job, 'suspended', 'suspended');
}

/** Back to waiting; the due time stays what it was. */
export function resume(job: JobRecord): JobPatch {
  return waiting(job, 'resumed');
}

/** Due now. */
export function promote(job: JobRecord, now: number): JobPatch {
  const patch = waiting(job, 'promoted');
  patch.dueAt = now;
  return patch;
}

/** An ended job starts a new generation, with all its attempts. */
export function redrive(job: JobRecord, now: number): JobPatch {
  const patch = waiting(job, 'redriven');
  patch.generation += 1;
  patch.attempt = 0;
  patch.suspect = false;
  patch.token = null;
  patch.cancelRequested = false;
  patch.result = null;
  patch.progress = null;
  patch.dueAt = now;
  patch.endedAt = null;
  patch.pruneAt = null;
  return patch;
}

/** A waiting job takes over from the one that came in its place, beside its input, when it is due and what limits it. */
export function replaced(job: JobRecord, by: Pick<JobRecord, 'dueAt' | 'keys'>): JobPatch {
  const patch = next(job, job.state, 'replaced');
  patch.dueAt = by.dueAt;
  patch.keys = by.keys;
  return patch;
}

/** When a job is due that only changes its line. What was due stays due, though the clock stepped back since. */
export function stillDueAt(job: JobRecord, now: number): number {
  return job.placement === 'ready' || job.placement === 'parked' ? Math.min(job.dueAt, now) : job.dueAt;
}

/** What can be asked of a job from outside. */
export type ControlAction = 'cancel' | 'retry' | 'suspend' | 'resume' | 'promote' | 'delete';

/**
 * What an action makes of a job that doesn't run; null if its state doesn't allow it. What runs can only be asked to
 * stop (`requestCancel`), and a delete leaves no record to patch.
 */
export function controlled(action: Exclude<ControlAction, 'delete'>, job: JobRecord, now: number): JobPatch | null {
  switch (action) {
    case 'cancel':
      return job.state === 'pending' || job.state === 'suspended' ? cancelWaiting(job, now) : null;
    case 'retry':
      return isTerminal(job.state) ? redrive(job, now) : null;
    case 'suspend':
      return job.state === 'pending' ? suspend(job) : null;
    case 'resume':
      return job.state === 'suspended' ? resume(job) : null;
    case 'promote':
      return job.placement === 'delayed' ? promote(job, now) : null;
  }
}

/**
 * Whether a waiting job of a schedule goes with its rule. Never one that was claimed, for work may have begun; and one
 * that somebody asked for between the slots only when the schedule itself is removed.
 *
 * @param fingerprint of the rule from now on; null = the schedule is removed
 */
export function goesWithRule(
  job: Pick<JobRecord, 'claimedAt' | 'generation' | 'rare'>,
  fingerprint: string | null,
): boolean {
  if (job.claimedAt !== null || job.generation > 1) return false;
  const version = job.rare?.scheduleVersion;
  return fingerprint === null || (version !== undefined && version !== fingerprint);
}

export function keepOf(job: JobRecord): Keep {
  return job.rare?.keep ?? defaultKeep;
}

/** When an ended record may go; `null` = never by age. */
export function pruneTime(state: 'completed' | 'failed' | 'cancelled', keep: Keep, endedAt: number): number | null {
  const ageMs = state === 'failed' ? keep.failedMs : keep.completedMs;
  return ageMs === null ? null : endedAt + Math.max(ageMs, MIN_KEEP_MS);
}

const KEPT_ERRORS = 5;

function withError(errors: readonly JobError[], error: JobError): readonly JobError[] {
  return [...errors.slice(-(KEPT_ERRORS - 1)), error];
}

function expiryError(job: JobRecord, now: number): JobError {
  return {
    name: 'LeaseExpired',
    message: `The worker that ran attempt ${job.attempt} disappeared: its process died, or was stopped or blocked for longer than the lease.`,
    stack: null,
    reason: 'lease-expired',
    attempt: job.attempt,
    at: now,
  };
}
