/** The queues that an exchange asks for and may take from, with what is in them. */

import { DELAYED, ORPHANED, PARKED, PARKED_SUSPECT, PLACES, READY, RUNNING } from './rows.js';
import { NEXT_DUE, ORPHAN_NAMES, ORPHANS_OF } from './sql/claims.js';
import { COUNTS_OF } from './sql/jobs.js';
import { BEST_OPEN_LINE, NEXT_OPENING } from './sql/keys.js';
import type { Tx } from './tx.js';

const MAX_ORPHAN_NAMES = 32;

export interface Line {
  readonly key: string;
  readonly head_priority: number;
  readonly head_due: number;
  readonly head_seq: number;
}

export class ServedQueue {
  readonly name: string;
  /** Running jobs over the whole store; `null` = no limit. */
  readonly concurrency: number | null;
  readonly #tx: Tx;
  readonly #counts: readonly number[];

  constructor(tx: Tx, name: string, counts: readonly number[]) {
    this.#tx = tx;
    this.name = name;
    this.concurrency = tx.settings.queue(name).concurrency;
    this.#counts = counts;
  }

  /** How many jobs are in the place, this transaction's changes included. */
  count(place: number): number {
    return (this.#counts[place] ?? 0) + this.#tx.movedSoFar(this.name, place);
  }

  /** How many more of its jobs may run. */
  get room(): number {
    return this.concurrency === null ? Infinity : Math.max(0, this.concurrency - this.count(RUNNING));
  }

  /** When the next of its delayed jobs is due. */
  nextDue(): number | null {
    if (this.count(DELAYED) <= 0) return null;
    return this.#tx.db.get<{ due_at: number }>(NEXT_DUE, [this.name])?.due_at ?? null;
  }

  /** Jobs stand in lines of its own. */
  get hasLines(): boolean {
    return this.count(PARKED) > 0 || this.count(PARKED_SUSPECT) > 0;
  }

  /** When the next of its cooling lines opens. */
  nextOpening(): number | null {
    if (!this.hasLines) return null;
    return this.#tx.db.get<{ opens_at: number }>(NEXT_OPENING, [this.name])?.opens_at ?? null;
  }

  /** The open line whose head comes first, of those that hold jobs of the place. */
  bestLine(place: number): Line | null {
    if (this.count(place) <= 0) return null;
    return this.#tx.db.get<Line>(BEST_OPEN_LINE, [this.name, place]) ?? null;
  }

  /** Seqs of jobs parked for a worker that knows the name, in the order of claim. */
  orphans(name: string, limit: number): readonly number[] {
    if (limit <= 0 || this.count(ORPHANED) <= 0) return [];
    return this.#tx.db.all<{ seq: number }>(ORPHANS_OF, [name, this.name, limit]).map(({ seq }) => seq);
  }

  orphanNames(): readonly string[] {
    if (this.count(ORPHANED) <= 0) return [];
    return this.#tx.db.all<{ name: string }>(ORPHAN_NAMES, [this.name, MAX_ORPHAN_NAMES]).map(({ name }) => name);
  }
}

/** The asked queues, each once, without those that are paused. */
export function servedQueues(tx: Tx, names: readonly string[]): readonly ServedQueue[] {
  const served = [...new Set(names)].filter((name) => !tx.settings.queue(name).isPaused);
  return served.map((name) => {
    const counts = Array<number>(PLACES).fill(0);
    for (const { place, n } of tx.db.all<{ place: number; n: number }>(COUNTS_OF, [name])) counts[place] = n;
    return new ServedQueue(tx, name, counts);
  });
}

/** Something could be claimed now, by a worker with room for it. */
export function hasMore(queues: readonly ServedQueue[], adopt: readonly string[]): boolean {
  return queues.some(
    (queue) =>
      queue.room > 0 &&
      (queue.count(READY) > 0 ||
        queue.bestLine(PARKED) !== null ||
        adopt.some((name) => queue.orphans(name, 1).length > 0)),
  );
}

/** Names under which jobs of the queues are parked. */
export function orphanNames(queues: readonly ServedQueue[]): readonly string[] {
  const names = new Set(queues.filter((queue) => queue.room > 0).flatMap((queue) => queue.orphanNames()));
  return [...names].slice(0, MAX_ORPHAN_NAMES);
}

/** The earliest instant at which time alone may make something of the queues claimable. */
export function nextInstant(queues: readonly ServedQueue[]): number | null {
  let next = Infinity;
  for (const queue of queues) next = Math.min(next, queue.nextDue() ?? Infinity, queue.nextOpening() ?? Infinity);
  return next === Infinity ? null : next;
}
