/** Which partition a worker's next claim begins with, and what was seen where it was not asked last. */

import type { ExchangeReply } from '../../../store/index.js';

/** One process has a few workers. */
const KEPT = 1_000;

export class Turn {
  /** The next claim begins with it, or with the next one that has queues. */
  next = 0;
  /** The last claim found nothing anywhere. */
  #isIdle = true;
  /** Names of orphans, by partition: whoever can run them must be able to ask for them in its next turn there. */
  readonly #orphans: Map<number, readonly string[]> = new Map();

  /** While there is work, each has its turn: no news may put one before the others. */
  hint(partition: number): void {
    if (this.#isIdle) this.next = partition;
  }

  /** @param order of those that were to be asked; there is a reply of each that was. Whoever gave jobs comes last now. */
  asked(order: readonly number[], replies: readonly ExchangeReply[]): void {
    this.#isIdle = replies.at(-1)?.jobs.length === 0;
    if (!this.#isIdle) this.next = order[replies.length % order.length] as number;
    for (const [i, { orphans }] of replies.entries()) this.#orphans.set(order[i] as number, orphans);
  }

  orphansIn(partitions: readonly number[]): readonly string[] {
    return [...new Set(partitions.flatMap((partition) => this.#orphans.get(partition) ?? []))];
  }
}

/** Each worker has its own, or two that take turns could keep one partition from ever coming first. */
export class Turns {
  readonly #byWorker: Map<string, Turn> = new Map();

  of(worker: string): Turn {
    let turn = this.#byWorker.get(worker);
    if (turn === undefined) {
      if (this.#byWorker.size >= KEPT) this.#byWorker.clear();
      turn = new Turn();
      this.#byWorker.set(worker, turn);
    }
    return turn;
  }

  /** Something became claimable there. */
  hint(partition: number): void {
    for (const turn of this.#byWorker.values()) turn.hint(partition);
  }
}
