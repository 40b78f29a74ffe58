/**
 * A job in memory: its record, and where the indexes hold it.
 *
 * Most of a backlog only waits. Such a job is small: it carries what it takes to wait and to be claimed. What few jobs
 * have (`Extras`) is kept apart, and so is what becomes of a job (`Life`), which few waiting ones have.
 */

import { type HeapItem, NOWHERE } from '../../core/heap.js';
import {
  type JobError,
  type JobRecord,
  type JobState,
  type NewJob,
  type Placement,
  type Rare,
  READER_VERSION,
  RECORD_VERSION,
  type Reason,
  type Unique,
} from '../../core/job.js';
import type { Order } from '../../core/strays.js';
import type { JobPatch } from '../../core/transitions.js';
import { Extras, hasExtras, isUnusual, noErrors } from './extras.js';

/** In no heap, nor ever again. A small number, so that the field needs no box; no run has so many places. */
const GONE = -(2 ** 31);
/** For a time that hasn't come, likewise: no life is so long. */
const NEVER = -(2 ** 31);

/**
 * What most jobs of a task have in common; one for all of them.
 *
 * Times are kept as whole ms after `since`, or after the job's creation: small numbers, which need no box of their own.
 */
export interface Kind {
  readonly task: string;
  readonly queue: string;
  readonly maxAttempts: number | null;
  readonly since: number;
}

export function isOfKind(kind: Kind, { queue, maxAttempts }: NewJob, now: number): boolean {
  return kind.queue === queue && kind.maxAttempts === maxAttempts && Math.abs(now - kind.since) < 2 ** 30;
}

export class Row implements HeapItem, JobRecord {
  heapAt: number = NOWHERE;
  readonly id: string;
  readonly seq: number;
  readonly #kind: Kind;
  readonly #createdAfter: number;
  input: string | null;
  priority: number;
  placement: Placement | null = null;
  parkedOn: string | null = null;
  #dueAfter: number;
  #extras: Extras | null = null;
  #life: Life | null = null;

  constructor(kind: Kind, job: NewJob, seq: number, now: number) {
    this.id = job.id;
    this.seq = seq;
    this.#kind = kind;
    this.#createdAfter = now - kind.since;
    this.input = job.input;
    this.priority = job.priority;
    this.#dueAfter = Math.ceil(job.dueAt === null ? job.delayMs : job.dueAt - now);
    if (hasExtras(job)) this.#extras = new Extras(job);
  }

  get task(): string {
    return this.#kind.task;
  }
  get queue(): string {
    return this.#kind.queue;
  }
  get maxAttempts(): number | null {
    return this.#kind.maxAttempts;
  }
  get createdAt(): number {
    return this.#kind.since + this.#createdAfter;
  }
  get dueAt(): number {
    return this.createdAt + this.#dueAfter;
  }
  set dueAt(dueAt: number) {
    this.#dueAfter = Math.ceil(dueAt - this.createdAt);
  }

  // What few jobs have

  get partition(): number {
    return this.#extras === null ? 0 : this.#extras.partition;
  }
  get recordVersion(): number {
    return this.#extras === null ? RECORD_VERSION : this.#extras.recordVersion;
  }
  get minReader(): number {
    return this.#extras === null ? READER_VERSION : this.#extras.minReader;
  }
  get labels(): Readonly<Record<string, string>> | null {
    return this.#extras === null ? null : this.#extras.labels;
  }
  get digest(): string | null {
    return this.#extras === null ? null : this.#extras.digest;
  }
  get rare(): Rare | null {
    return this.#extras === null ? null : this.#extras.rare;
  }
  get keys(): readonly string[] | null {
    return this.#extras === null ? null : this.#extras.keys;
  }
  get unique(): Unique | null {
    return this.#extras === null ? null : this.#extras.unique;
  }
  get generation(): number {
    return this.#extras === null ? 1 : this.#extras.generation;
  }
  get errors(): readonly JobError[] {
    return this.#extras === null ? noErrors : this.#extras.errors;
  }
  get progress(): string | null {
    return this.#extras === null ? null : this.#extras.progress;
  }
  get suspect(): boolean {
    return this.#extras === null ? false : this.#extras.suspect;
  }
  get cancelRequested(): boolean {
    return this.#extras === null ? false : this.#extras.cancelRequested;
  }

  // What no job has before something happens to it

  get state(): JobState {
    return this.#life === null ? 'pending' : this.#life.state;
  }
  get reason(): Reason {
    return this.#life === null ? 'enqueued' : this.#life.reason;
  }
  get rev(): number {
    return this.#life === null ? 1 : this.#life.rev;
  }
  get result(): string | null {
    return this.#life === null ? null : this.#life.result;
  }
  get attempt(): number {
    return this.#life === null ? 0 : this.#life.attempt;
  }
  get token(): string | null {
    return this.#life === null ? null : this.#life.token;
  }
  get claimedAt(): number | null {
    return this.#life === null ? null : this.#timeAfter(this.#life.claimedAfter);
  }
  get endedAt(): number | null {
    return this.#life === null ? null : this.#timeAfter(this.#life.endedAfter);
  }
  get pruneAt(): number | null {
    return this.#life === null ? null : this.#timeAfter(this.#life.pruneAfter);
  }

  /** It left the store; indexes that are cleaned late skip it. */
  get isGone(): boolean {
    return this.heapAt === GONE;
  }

  leave(): void {
    this.heapAt = GONE;
  }

  apply(patch: JobPatch): void {
    this.placement = patch.placement;
    this.parkedOn = patch.parkedOn;
    this.dueAt = patch.dueAt;
    this.#life ??= new Life();
    const life = this.#life;
    life.state = patch.state;
    life.reason = patch.reason;
    life.rev = patch.rev;
    life.result = patch.result;
    life.attempt = patch.attempt;
    life.token = patch.token;
    life.claimedAfter = this.#after(patch.claimedAt);
    life.endedAfter = this.#after(patch.endedAt);
    life.pruneAfter = this.#after(patch.pruneAt);
    if (this.#extras !== null || isUnusual(patch)) this.#ownExtras().apply(patch);
  }

  /** Of a running job. */
  report(progress: string | null): void {
    this.#ownExtras().progress = progress;
    (this.#life as Life).rev += 1;
  }

  /** What it is to do is exchanged. */
  rewrite({ input, priority, labels }: Row): void {
    this.input = input;
    this.priority = priority;
    this.#ownExtras().labels = labels;
  }

  #ownExtras(): Extras {
    this.#extras ??= new Extras(null);
    return this.#extras;
  }

  #timeAfter(ms: number): number | null {
    return ms === NEVER ? null : this.createdAt + ms;
  }

  #after(time: number | null): number {
    return time === null ? NEVER : Math.ceil(time - this.createdAt);
  }
}

/** What becomes of a job: most of it by its claim and its end. */
class Life {
  state: JobState = 'pending';
  reason: Reason = 'enqueued';
  rev = 1;
  result: string | null = null;
  attempt = 0;
  token: string | null = null;
  claimedAfter: number = NEVER;
  endedAfter: number = NEVER;
  pruneAfter: number = NEVER;
}

/** Strict order of claim: priority (larger first), due time, arrival. */
export const claimOrder: Order<Row> = {
  // Not `-row.priority`: −0 is no small integer, and would be boxed.
  first: (row) => 0 - row.priority,
  second: (row) => row.dueAt,
  third: (row) => row.seq,
};

export const dueOrder: Order<Row> = { first: (row) => row.dueAt, second: (row) => row.seq, third: () => 0 };

export const pruneOrder: Order<Row> = {
  first: (row) => row.pruneAt as number,
  second: (row) => row.seq,
  third: () => 0,
};

/** A copy that later changes of the row don't reach. */
export function recordOf(row: Row): JobRecord {
  return {
    id: row.id,
    partition: row.partition,
    recordVersion: row.recordVersion,
    minReader: row.minReader,
    seq: row.seq,
    task: row.task,
    queue: row.queue,
    state: row.state,
    placement: row.placement,
    parkedOn: row.parkedOn,
    reason: row.reason,
    rev: row.rev,
    generation: row.generation,
    input: row.input,
    result: row.result,
    errors: row.errors,
    progress: row.progress,
    priority: row.priority,
    attempt: row.attempt,
    maxAttempts: row.maxAttempts,
    suspect: row.suspect,
    token: row.token,
    cancelRequested: row.cancelRequested,
    createdAt: row.createdAt,
    dueAt: row.dueAt,
    claimedAt: row.claimedAt,
    endedAt: row.endedAt,
    pruneAt: row.pruneAt,
    labels: row.labels,
    keys: row.keys,
    unique: row.unique,
    digest: row.digest,
    rare: row.rare,
  };
}
