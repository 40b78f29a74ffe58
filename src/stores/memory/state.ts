/**
 * Everything that the memory store holds, and the one funnel through which a job changes: `change`
 * takes a row out of the indexes of its old state, applies the patch and puts it into those of the new.
 */

import { dueAfter, isOrphanName, type JobPatch, keepOf } from '../../core/transitions.js';
import { noCounts, type ScheduleRecord, type WorkerRecord } from '../../store/index.js';
import { Heap } from './heap.js';
import { isClaimedBefore, isDueBefore, isPrunedBefore, type Row } from './row.js';
import { Lane, Turnstile } from './turnstile.js';

export class Queue {
  readonly delayed: Heap<Row> = new Heap(isDueBefore);
  /** Parked for a worker that can run them, by the name that it must know. */
  readonly orphans: Map<string, Heap<Row>> = new Map();
  readonly normal: Lane = new Lane();
  /** Jobs that are claimed alone. */
  readonly suspects: Lane = new Lane();
  readonly counts: ReturnType<typeof noCounts> = noCounts();
  isPaused = false;
  concurrency: number | null = null;
  definitionVersion = 0;

  orphansOf(name: string): Heap<Row> {
    let heap = this.orphans.get(name);
    if (heap === undefined) {
      heap = new Heap(isClaimedBefore);
      this.orphans.set(name, heap);
    }
    return heap;
  }

  laneOf(row: Row): Lane {
    return row.suspect ? this.suspects : this.normal;
  }

  /** How many more of its jobs may run. */
  get room(): number {
    return this.concurrency === null ? Infinity : Math.max(0, this.concurrency - this.counts.running);
  }
}

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
  readonly rows: Map<string, Row> = new Map();
  /** By arrival; gone ones are swept out when they are half. */
  order: Row[] = [];
  #goneInOrder = 0;
  #lastSeq = 0;
  readonly queues: Map<string, Queue> = new Map();
  readonly turnstile: Turnstile = new Turnstile();
  readonly uniques: Map<string, Row> = new Map();
  readonly claims: Map<string, Claim> = new Map();
  readonly prunable: Heap<Row> = new Heap(isPrunedBefore);
  /** Ended rows, oldest first, of tasks that keep a bounded number. */
  readonly countedEnds: Map<string, Row[]> = new Map();
  readonly schedules: Map<string, ScheduleRecord> = new Map();
  /** Jobs of a schedule that nobody has claimed yet. */
  readonly scheduled: Map<string, Set<Row>> = new Map();
  readonly groupVersions: Map<string, number> = new Map();
  readonly workers: Map<string, WorkerRecord & { leaseMs: number }> = new Map();
  term = 0;
  leader: { readonly worker: string; takenAt: number; readonly leaseMs: number } | null = null;

  constructor(clock: () => number) {
    this.clock = clock;
  }

  nextSeq(): number {
    this.#lastSeq += 1;
    return this.#lastSeq;
  }

  queue(name: string): Queue {
    let queue = this.queues.get(name);
    if (queue === undefined) {
      queue = new Queue();
      this.queues.set(name, queue);
    }
    return queue;
  }

  add(row: Row, now: number): void {
    this.rows.set(row.id, row);
    this.order.push(row);
    this.#enter(row, now);
  }

  /** @param keepCount of a job that ends: how many ended jobs of its task stay; default: what the record says */
  change(row: Row, patch: JobPatch, now: number, keepCount: number | null = keepOf(row).count): void {
    const dueAt = dueAfter(row, patch, now);
    this.#leave(row, now);
    Object.assign(row, patch);
    row.dueAt = dueAt;
    this.#enter(row, now);
    if (keepCount !== null && row.endedAt !== null) this.#keepCounted(row, keepCount);
  }

  remove(row: Row, now: number): void {
    this.#leave(row, now);
    this.rows.delete(row.id);
    row.isGone = true;
    this.#goneInOrder += 1;
    if (this.#goneInOrder * 2 > this.order.length + 1_000) {
      this.order = this.order.filter((r) => !r.isGone);
      this.#goneInOrder = 0;
    }
  }

  /** The running row is no longer under its claim. */
  unhold(row: Row, token: string): void {
    const claim = this.claims.get(token);
    if (claim === undefined) return;
    claim.cancels.delete(row.id);
    claim.held -= 1;
    if (claim.held === 0) this.claims.delete(token);
  }

  #keepCounted(row: Row, count: number): void {
    row.keepCount = count;
    const earlier = this.countedEnds.get(row.task) ?? [];
    // A redriven job that ends again stands at its newest end only.
    const ends = row.generation > 1 ? earlier.filter((other) => other !== row) : earlier;
    ends.push(row);
    this.countedEnds.set(row.task, ends);
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
    else if (row.heapAt >= 0) this.prunable.remove(row);
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
