/**
 * A job in memory: its record, and where the indexes hold it.
 *
 * Most of a backlog only waits. Such a job is small: it carries what it takes to wait and to be claimed. What few jobs
 * have (`Extras`) is kept apart, and what happens to a job is the patch of its last transition, taken over as it is.
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

/** In no heap, nor ever again. A small number, so that the field needs no box; no run has so many places. */
const GONE = -(2 ** 31);
const noErrors: readonly JobError[] = [];

/** What most jobs of a task have in common; one for all of them. */
export interface Kind {
  readonly task: string;
  readonly queue: string;
  readonly maxAttempts: number | null;
}

export class Row implements HeapItem, JobRecord {
  heapAt: number = NOWHERE;
  readonly id: string;
  readonly seq: number;
  readonly #kind: Kind;
  readonly createdAt: number;
  input: string | null;
  priority: number;
  placement: Placement | null = null;
  parkedOn: string | null = null;
  /** When it is first due, as whole ms after its creation: a small number needs no box of its own. */
  #waitMs: number;
  #extras: Extras | null = null;
  /** What the last transition made of it; null before the first. Its places are the row's own. */
  #latest: JobPatch | null = null;

  constructor(kind: Kind, job: NewJob, seq: number, now: number) {
    this.id = job.id;
    this.seq = seq;
    this.#kind = kind;
    this.createdAt = now;
    this.input = job.input;
    this.priority = job.priority;
    this.#waitMs = Math.ceil(job.dueAt === null ? job.delayMs : job.dueAt - now);
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

  // What transitions change

  get keys(): readonly string[] | null {
    if (this.#latest !== null) return this.#latest.keys;
    return this.#extras === null ? null : this.#extras.keys;
  }
  get unique(): Unique | null {
    if (this.#latest !== null) return this.#latest.unique;
    return this.#extras === null ? null : this.#extras.unique;
  }
  get dueAt(): number {
    return this.#latest === null ? this.createdAt + this.#waitMs : this.#latest.dueAt;
  }
  set dueAt(dueAt: number) {
    if (this.#latest !== null) this.#latest.dueAt = dueAt;
    else this.#waitMs = Math.ceil(dueAt - this.createdAt);
  }
  get state(): JobState {
    return this.#latest === null ? 'pending' : this.#latest.state;
  }
  get reason(): Reason {
    return this.#latest === null ? 'enqueued' : this.#latest.reason;
  }
  get rev(): number {
    return this.#latest === null ? 1 : this.#latest.rev;
  }
  get generation(): number {
    return this.#latest === null ? 1 : this.#latest.generation;
  }
  get result(): string | null {
    return this.#latest === null ? null : this.#latest.result;
  }
  get errors(): readonly JobError[] {
    return this.#latest === null ? noErrors : this.#latest.errors;
  }
  get progress(): string | null {
    return this.#latest === null ? null : this.#latest.progress;
  }
  get attempt(): number {
    return this.#latest === null ? 0 : this.#latest.attempt;
  }
  get suspect(): boolean {
    return this.#latest === null ? false : this.#latest.suspect;
  }
  get token(): string | null {
    return this.#latest === null ? null : this.#latest.token;
  }
  get cancelRequested(): boolean {
    return this.#latest === null ? false : this.#latest.cancelRequested;
  }
  get claimedAt(): number | null {
    return this.#latest === null ? null : this.#latest.claimedAt;
  }
  get endedAt(): number | null {
    return this.#latest === null ? null : this.#latest.endedAt;
  }
  get pruneAt(): number | null {
    return this.#latest === null ? null : this.#latest.pruneAt;
  }

  /** It left the store; indexes that are cleaned late skip it. */
  get isGone(): boolean {
    return this.heapAt === GONE;
  }

  leave(): void {
    this.heapAt = GONE;
  }

  /** Takes the patch over, whole. */
  apply(patch: JobPatch): void {
    this.#latest = patch;
    this.placement = patch.placement;
    this.parkedOn = patch.parkedOn;
  }

  /** Of a running job. */
  report(progress: string | null): void {
    const running = this.#latest as JobPatch;
    running.progress = progress;
    running.rev += 1;
  }

  /** What it is to do is exchanged. */
  rewrite({ input, priority, labels }: Row): void {
    this.input = input;
    this.priority = priority;
    // Who is replaced has a unique key, so its extras are there.
    if (this.#extras !== null) this.#extras.labels = labels;
  }
}

class Extras {
  readonly partition: number;
  readonly recordVersion: number;
  readonly minReader: number;
  labels: Readonly<Record<string, string>> | null;
  readonly keys: readonly string[] | null;
  readonly unique: Unique | null;
  readonly digest: string | null;
  readonly rare: Rare | null;

  constructor(job: NewJob) {
    this.partition = job.partition;
    this.recordVersion = job.recordVersion;
    this.minReader = job.minReader;
    this.labels = job.labels;
    this.keys = keysOf(job);
    this.unique = job.unique;
    this.digest = job.digest;
    this.rare = job.rare;
  }
}

function hasExtras(job: NewJob): boolean {
  return (
    keysOf(job) !== null ||
    job.labels !== null ||
    job.unique !== null ||
    job.digest !== null ||
    job.rare !== null ||
    job.partition !== 0 ||
    job.recordVersion !== RECORD_VERSION ||
    job.minReader !== READER_VERSION
  );
}

function keysOf({ keys }: NewJob): readonly string[] | null {
  return keys === null || keys.length === 0 ? null : keys;
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
