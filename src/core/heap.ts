/**
 * A priority queue out of which any item can be taken.
 *
 * Most items come in order: jobs enqueued one after the other, due one after the other. Those stand in a plain line,
 * `run`, where coming and going costs nothing to speak of. Who comes out of order goes into a heap beside it, `strays`.
 *
 * An item is in at most one such queue at a time and carries its place in it.
 */

import { type Order, Strays } from './strays.js';

export interface HeapItem {
  /** Its slot among the strays of the heap that holds it, or, from −2 downwards, its place in the run; or `NOWHERE`. */
  heapAt: number;
}

/** The place of an item that no heap holds. */
export const NOWHERE = -1;

/** Places of a run are counted on as it moves; before they are no small numbers any more, they are counted anew. */
const MANY_PLACES = 2 ** 30;
/** Fewer gaps in a run than this are left as they are. */
const FEW_GAPS = 32;

export class Heap<T extends HeapItem> {
  readonly #order: Order<T>;
  /** In order; gaps where items have left. Neither its first from `#head` on nor its last is a gap. */
  #run: (T | undefined)[] = [];
  #head = 0;
  #gaps = 0;
  /** How many places of the run have been cut off at its front. */
  #cut = 0;
  #strays: Strays<T> | null = null;

  constructor(order: Order<T>) {
    this.#order = order;
  }

  get size(): number {
    return this.#run.length - this.#gaps + (this.#strays?.size ?? 0);
  }

  peek(): T | undefined {
    const first = this.#run[this.#head];
    const stray = this.#strays?.peek();
    if (first === undefined || stray === undefined) return first ?? stray;
    return isBefore(this.#order, stray, first) ? stray : first;
  }

  push(item: T): void {
    const last = this.#run.at(-1);
    if (last === undefined || !isBefore(this.#order, item, last)) {
      item.heapAt = -2 - this.#cut - this.#run.length;
      this.#run.push(item);
    } else {
      this.#strays ??= new Strays(this.#order);
      item.heapAt = this.#strays.push(item);
    }
  }

  remove(item: T): void {
    const { heapAt } = item;
    item.heapAt = NOWHERE;
    if (heapAt >= 0) this.#removeStray(heapAt);
    else this.#open(-2 - heapAt - this.#cut);
  }

  #removeStray(slot: number): void {
    this.#strays?.remove(slot);
    // So that a backlog, once gone, leaves nothing behind.
    if (this.#strays?.size === 0) this.#strays = null;
  }

  /** Leaves a gap in the run. */
  #open(at: number): void {
    const run = this.#run;
    run[at] = undefined;
    this.#gaps += 1;
    if (this.#gaps === run.length) return this.#clear();
    while (run[this.#head] === undefined) this.#head += 1;
    while (run[run.length - 1] === undefined) {
      run.pop();
      this.#gaps -= 1;
    }
    if (this.#gaps > FEW_GAPS && this.#gaps * 2 > run.length) this.#close();
  }

  #clear(): void {
    this.#run = [];
    this.#head = 0;
    this.#gaps = 0;
    this.#cut = 0;
  }

  /** Closes the gaps of the run: those in front alone without touching any item. */
  #close(): void {
    if (this.#gaps === this.#head && this.#cut < MANY_PLACES) {
      this.#run = this.#run.slice(this.#head);
      this.#cut += this.#head;
    } else {
      this.#run = this.#run.filter((item) => item !== undefined);
      this.#cut = 0;
      this.#run.forEach((item, at) => {
        (item as T).heapAt = -2 - at;
      });
    }
    this.#head = 0;
    this.#gaps = 0;
  }
}

export function isBefore<T>(order: Order<T>, a: T, b: T): boolean {
  const first = order.first(a) - order.first(b);
  if (first !== 0) return first < 0;
  const second = order.second(a) - order.second(b);
  return second !== 0 ? second < 0 : order.third(a) < order.third(b);
}
