/**
 * The due jobs of one queue that are claimed alike, suspects or all others, in the order of claim: those
 * without keys, read from an index a few at a time, merged with the heads of the open lines.
 */

import { PARKED, PARKED_SUSPECT, READY, SUSPECT } from './rows.js';
import type { Line, ServedQueue } from './served.js';
import { READY_HEADS, SUSPECT_HEADS } from './sql/claims.js';
import type { Tx } from './tx.js';

/** Where a job stands in the order of claim. */
export interface Head {
  readonly priority: number;
  readonly dueAt: number;
  readonly seq: number;
}

export interface Best extends Head {
  readonly lane: Lane;
  /** The key in whose line it stands; null = it has none. */
  readonly line: string | null;
}

const columns: readonly string[] = ['priority', 'due_at', 'seq'];
/** Most of many queues give little to one claim: the first look is short, and each further one twice as long. */
const FIRST_READ = 8;

export class Lane {
  readonly queue: ServedQueue;
  readonly #tx: Tx;
  readonly #kind: 'normal' | 'suspect';
  readonly #limit: number;
  #heads: readonly (readonly unknown[])[] = [];
  #at = 0;
  /** How many heads were passed before these. */
  #passed = 0;
  #isWhole: boolean;
  #best: Best | null | undefined;
  #line: Line | null | undefined;

  /** @param limit no more jobs without keys than this are asked for */
  constructor(tx: Tx, queue: ServedQueue, kind: 'normal' | 'suspect', limit: number) {
    this.#tx = tx;
    this.queue = queue;
    this.#kind = kind;
    this.#limit = limit;
    this.#isWhole = queue.count(kind === 'normal' ? READY : SUSPECT) <= 0;
  }

  best(): Best | null {
    if (this.#best === undefined) this.#best = this.#findBest();
    return this.#best;
  }

  #findBest(): Best | null {
    const ready = this.#ready();
    const line = this.#openLine();
    const first = line === null ? null : { priority: line.head_priority, dueAt: line.head_due, seq: line.head_seq };
    if (first !== null && isBefore(first, ready)) return { ...first, lane: this, line: (line as Line).key };
    return ready === null ? null : { ...ready, lane: this, line: null };
  }

  /** The best without keys was taken. */
  passReady(): void {
    this.#at += 1;
    this.#best = undefined;
  }

  /** Something joined or left a line, or a key opened or closed. */
  linesChanged(): void {
    this.#line = undefined;
    this.#best = undefined;
  }

  #ready(): Head | null {
    if (this.#at >= this.#heads.length && !this.#isWhole) this.#read();
    const head = this.#heads[this.#at];
    return head === undefined
      ? null
      : { priority: head[0] as number, dueAt: head[1] as number, seq: head[2] as number };
  }

  #read(): void {
    this.#passed += this.#heads.length;
    const wanted = Math.min(Math.max(FIRST_READ, this.#passed), this.#limit - this.#passed);
    const sql = this.#kind === 'normal' ? READY_HEADS : SUSPECT_HEADS;
    this.#heads = wanted <= 0 ? [] : this.#tx.db.bulk(sql, columns, [this.queue.name, wanted, this.#passed]);
    this.#at = 0;
    this.#isWhole = this.#heads.length < wanted || this.#passed + wanted >= this.#limit;
  }

  #openLine(): Line | null {
    if (this.#line === undefined) this.#line = this.queue.bestLine(this.#kind === 'normal' ? PARKED : PARKED_SUSPECT);
    return this.#line;
  }
}

/** The next in the order of claim over all lanes whose queue may give one. */
export function bestOf(lanes: readonly Lane[], mayGive: (queue: ServedQueue) => boolean): Best | null {
  let best: Best | null = null;
  for (const lane of lanes) {
    if (!mayGive(lane.queue)) continue;
    const own = lane.best();
    if (own !== null && isBefore(own, best)) best = own;
  }
  return best;
}

/** Strict order of claim: priority (larger first), due time, arrival. */
export function isBefore(a: Head, b: Head | null): boolean {
  if (b === null) return true;
  if (a.priority !== b.priority) return a.priority > b.priority;
  if (a.dueAt !== b.dueAt) return a.dueAt < b.dueAt;
  return a.seq < b.seq;
}
