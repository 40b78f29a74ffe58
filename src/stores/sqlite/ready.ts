/** The ready jobs of one queue in the order of claim, read from the index alone, a few at a time. */

import { READY } from './rows.js';
import type { ServedQueue } from './served.js';
import { READY_HEADS } from './sql/claims.js';
import type { Tx } from './tx.js';

export interface ReadyHead {
  readonly priority: number;
  readonly due: number;
  readonly seq: number;
}

const columns: readonly string[] = ['priority', 'due_at', 'seq'];
const FIRST_READ = 8;

export class ReadyHeads {
  readonly #tx: Tx;
  readonly #queue: ServedQueue;
  readonly #limit: number;
  #heads: readonly (readonly unknown[])[] = [];
  #at = 0;
  #isWhole: boolean;

  constructor(tx: Tx, queue: ServedQueue, limit: number) {
    this.#tx = tx;
    this.#queue = queue;
    this.#limit = limit;
    this.#isWhole = queue.count(READY) <= 0;
  }

  peek(): ReadyHead | null {
    if (this.#at >= this.#heads.length && !this.#isWhole) this.#read();
    const head = this.#heads[this.#at];
    return head === undefined ? null : { priority: head[0] as number, due: head[1] as number, seq: head[2] as number };
  }

  next(): void {
    this.#at += 1;
  }

  /** Most of many queues give little to one claim, so the first look is short, and the second takes all. */
  #read(): void {
    const wanted = this.#heads.length === 0 ? Math.min(FIRST_READ, this.#limit) : this.#limit;
    this.#heads = this.#tx.db.bulk(READY_HEADS, columns, [this.#queue.name, wanted]);
    this.#isWhole = wanted === this.#limit || this.#heads.length < wanted;
  }
}
