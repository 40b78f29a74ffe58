/** A job in memory: its record, and where the indexes hold it. */

import type { JobError, JobRecord, JobState, NewJob, Placement, Rare, Reason, Unique } from '../../core/job.js';
import type { HeapItem } from './heap.js';

export class Row implements HeapItem {
  heapAt = -1;
  /** At most this many ended jobs of its task are kept; set when it ends. */
  keepCount: number | null = null;
  /** It left the store; indexes that are cleaned late skip it. */
  isGone = false;

  readonly id: string;
  readonly partition: number;
  readonly recordVersion: number;
  readonly minReader: number;
  readonly seq: number;
  task: string;
  readonly queue: string;
  state: JobState = 'pending';
  placement: Placement | null = null;
  parkedOn: string | null = null;
  reason: Reason = 'enqueued';
  rev = 1;
  generation = 1;
  input: string | null;
  result: string | null = null;
  errors: readonly JobError[] = [];
  progress: string | null = null;
  priority: number;
  attempt = 0;
  maxAttempts: number | null;
  suspect = false;
  token: string | null = null;
  cancelRequested = false;
  readonly createdAt: number;
  dueAt: number;
  claimedAt: number | null = null;
  endedAt: number | null = null;
  pruneAt: number | null = null;
  labels: Readonly<Record<string, string>> | null;
  keys: readonly string[] | null;
  unique: Unique | null;
  readonly digest: string | null;
  rare: Rare | null;

  constructor(job: NewJob, seq: number, now: number) {
    this.id = job.id;
    this.partition = job.partition;
    this.recordVersion = job.recordVersion;
    this.minReader = job.minReader;
    this.seq = seq;
    this.task = job.task;
    this.queue = job.queue;
    this.input = job.input;
    this.priority = job.priority;
    this.maxAttempts = job.maxAttempts;
    this.createdAt = now;
    this.dueAt = job.dueAt ?? now + job.delayMs;
    this.labels = job.labels;
    this.keys = job.keys === null || job.keys.length === 0 ? null : job.keys;
    this.unique = job.unique;
    this.digest = job.digest;
    this.rare = job.rare;
  }
}

/** Strict order of claim: priority (larger first), due time, arrival. */
export function isClaimedBefore(a: Row, b: Row): boolean {
  if (a.priority !== b.priority) return a.priority > b.priority;
  if (a.dueAt !== b.dueAt) return a.dueAt < b.dueAt;
  return a.seq < b.seq;
}

export function isDueBefore(a: Row, b: Row): boolean {
  return a.dueAt !== b.dueAt ? a.dueAt < b.dueAt : a.seq < b.seq;
}

export function isPrunedBefore(a: Row, b: Row): boolean {
  return (a.pruneAt as number) < (b.pruneAt as number);
}

/** A copy that later changes of the row don't reach. */
export function recordOf(row: Row): JobRecord {
  const { heapAt: _h, keepCount: _k, isGone: _g, ...record } = row;
  return record;
}
