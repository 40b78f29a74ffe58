/**
 * Everything that the memory store holds, and the one funnel through which a job changes: `change`
 * takes a row out of the indexes of its old state, applies the patch and puts it into those of the new.
 */

import { Heap } from '../../core/heap.js';
import type { NewJob } from '../../core/job.js';
import { isOrphanName, type JobPatch, keepOf, replaced, stillDueAt } from '../../core/transitions.js';
import type { WorkerRecord } from '../../store/index.js';
import { Arrivals } from './arrivals.js';
import { Queue } from './queue.js';
import { isOfKind, type Kind, pruneOrder, Row } from './row.js';
import { Timetable } from './timetable.js';
import { Turnstile } from './turnstile.js';

export interface Claim {
  readonly token: string;
  readonly worker: string;
  takenAt: number;
  leaseMs: number;
  /** All that it took; a row belongs to it while the row's token says so and it runs. */
  readonly rows: Row[];
  held: number;
  readonly cancels: Set<string>;
}

export class MemoryState {
  readonly clock: () => number;
  readonly jobs: Arrivals = new Arrivals();
  #lastSeq = 0;
  readonly queues: Map<string, Queue> = new Map();
  #lastQueue: Queue | null = null;
  /** By task: that of its latest job. */
  readonly #kinds: Map<string, Kind> = new Map();
  readonly turnstile: Turnstile = new Turnstile();
  readonly uniques: Map<string, Row> = new Map();
  readonly claims: Map<string, Claim> = new Map();
  readonly prunable: Heap<Row> = new Heap(pruneOrder);
  /** Of tasks that keep a bounded number of ended jobs: these, in the order of their ends, and how many may stay. */
  readonly countedEnds: Map<string, { rows: Row[]; readonly keepCount: number }> = new Map();
  readonly schedules: Timetable = new Timetable();
  /** Jobs of a schedule that wait, claimed before or not. */
  readonly scheduled: Map<string, Set<Row>> = new Map();
  readonly groupVersions: Map<string, number> = new Map();
  readonly workers: Map<string, WorkerRecord & { leaseMs: number }> = new Map();
  term = 0;
  leader: { readonly worker: string; takenAt: number; readonly leaseMs: number } | null = null;

  constructor(clock?: () => number) {
    // Whole milliseconds, as in every store.
    this.clock = clock === undefined ? Date.now : () => Math.floor(clock());
  }

  nextSeq(): number {
    this.#lastSeq += 1;
    return this.#lastSeq;
  }

  queue(name: string): Queue {
    // Mostly it is the one that was asked for last.
    if (this.#lastQueue?.name === name) return this.#lastQueue;
    let queue = this.queues.get(name);
    if (queue === undefined) {
      queue = new Queue(name);
      this.queues.set(name, queue);
    }
    this.#lastQueue = queue;
    return queue;
  }

  row(job: NewJob, seq: number, now: number): Row {
    const { task, queue, maxAttempts } = job;
    let kind = this.#kinds.get(task);
    if (kind === undefined || !isOfKind(kind, job, now)) {
      kind = { task, queue, maxAttempts, since: now };
      this.#kinds.set(task, kind);
    }
    return new Row(kind, job, seq, now);
  }

  add(row: Row, now: number): void {
    this.jobs.add(row);
    this.#enter(row, now);
  }

  /** @param keepCount of a job that ends: how many ended jobs of its task stay; default: what the record says */
  change(row: Row, patch: JobPatch, now: number, keepCount: number | null = keepOf(row).count): void {
    this.#leave(row, now);
    row.apply(patch);
    this.#enter(row, now);
    if (keepCount !== null && row.endedAt !== null) this.#keepCounted(row, keepCount);
  }

  /** The pending row goes to where it belongs by now. */
  move(row: Row, now: number): void {
    const dueAt = stillDueAt(row, now);
    this.#leave(row, now);
    if (dueAt !== row.dueAt) row.dueAt = dueAt;
    this.#enter(row, now);
  }

  /** The waiting row takes over what the other is to do, and when. */
  replace(row: Row, by: Row, now: number): void {
    this.#leave(row, now);
    row.rewrite(by);
    row.apply(replaced(row, by));
    this.#enter(row, now);
  }

  remove(row: Row, now: number): void {
    this.#leave(row, now);
    this.jobs.remove(row);
  }

  /** The running row is no longer under its claim. */
  unhold(row: Row, token: string): void {
    const claim = this.claims.get(token);
    if (claim === undefined) return;
    if (claim.cancels.size > 0) claim.cancels.delete(row.id);
    claim.held -= 1;
    if (claim.held === 0) this.claims.delete(token);
  }

  #keepCounted(row: Row, keepCount: number): void {
    const rows = this.countedEnds.get(row.task)?.rows ?? [];
    rows.push(row);
    this.countedEnds.set(row.task, { rows, keepCount });
  }

  #enter(row: Row, now: number): void {
    const queue = this.queue(row.queue);
    queue.counts[row.state] += 1;
    if (row.unique !== null) this.uniques.set(uniqueName(row.queue, row.unique.key), row);
    if (row.state === 'pending') {
      this.#place(row, queue, now);
      this.#trackScheduled(row);
    } else if (row.state === 'suspended') this.#trackScheduled(row);
    else if (row.pruneAt !== null) this.prunable.push(row);
  }

  #leave(row: Row, now: number): void {
    const queue = this.queue(row.queue);
    queue.counts[row.state] -= 1;
    if (row.unique !== null) this.uniques.delete(uniqueName(row.queue, row.unique.key));
    if (row.state === 'pending') {
      this.#displace(row, queue, now);
      this.#untrackScheduled(row);
    } else if (row.state === 'suspended') this.#untrackScheduled(row);
    else if (row.pruneAt !== null) this.prunable.remove(row);
  }

  #place(row: Row, queue: Queue, now: number): void {
    if (row.parkedOn !== null && row.placement === 'parked') {
      queue.counts.orphaned += 1;
      queue.orphansOf(row.parkedOn).push(row);
      return;
    }
    row.parkedOn = null;
    if (row.dueAt > now) {
      row.placement = 'delayed';
      queue.counts.delayed += 1;
      queue.delayed.push(row);
    } else if (row.keys !== null) {
      row.placement = 'parked';
      queue.counts.parked += 1;
      this.turnstile.park(row, queue.laneOf(row), now);
    } else {
      row.placement = 'ready';
      queue.laneOf(row).ready.push(row);
    }
  }

  #displace(row: Row, queue: Queue, now: number): void {
    if (row.placement === 'delayed') {
      queue.counts.delayed -= 1;
      queue.delayed.remove(row);
    } else if (row.placement === 'parked' && !isOrphanName(row.parkedOn as string)) {
      queue.counts.parked -= 1;
      this.turnstile.unpark(row, queue.laneOf(row), now);
    } else if (row.placement === 'parked') {
      queue.counts.orphaned -= 1;
      const orphans = queue.orphansOf(row.parkedOn as string);
      orphans.remove(row);
      if (orphans.size === 0) queue.orphans.delete(row.parkedOn as string);
    } else queue.laneOf(row).ready.remove(row);
    row.placement = null;
    row.parkedOn = null;
  }

  #trackScheduled(row: Row): void {
    const id = row.rare?.scheduleId;
    if (id === undefined) return;
    const set = this.scheduled.get(id) ?? new Set();
    this.scheduled.set(id, set.add(row));
  }

  #untrackScheduled(row: Row): void {
    const id = row.rare?.scheduleId;
    if (id === undefined) return;
    const set = this.scheduled.get(id);
    set?.delete(row);
    if (set?.size === 0) this.scheduled.delete(id);
  }
}

export function uniqueName(queue: string, key: string): string {
  return `${queue}\0${key}`;
}
