/**
 * A priority queue that knows where its items are, so that any of them can be removed.
 *
 * Most items come in order: jobs enqueued one after the other, due one after the other. Those stand in a plain line,
 * `run`, where coming and going costs nothing to speak of. Who comes out of order goes into a binary heap beside it:
 * O(log n) of those that did.
 *
 * An item is in at most one such queue at a time and carries its place in it.
 */
export interface HeapItem {
  /** Its place in the heap that holds it, or, from −2 downwards, in its run; or `NOWHERE`. */
  heapAt: number;
}

/** The place of an item that no heap holds. */
export const NOWHERE = -1;

/** Fewer gaps in a run than this are left as they are. */
const FEW_GAPS = 32;

export class Heap<T extends HeapItem> {
  readonly #isBefore: (a: T, b: T) => boolean;
  /** In order; gaps where items have left. Neither its first from `#head` on nor its last is a gap. */
  #run: (T | undefined)[] = [];
  #head = 0;
  #gaps = 0;
  /** How many places of the run have been cut off at its front. */
  #cut = 0;
  readonly #heap: T[] = [];

  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#run.length - this.#gaps + this.#heap.length;
  }

  peek(): T | undefined {
    const first = this.#run[this.#head];
    const top = this.#heap[0];
    if (first === undefined || top === undefined) return first ?? top;
    return this.#isBefore(top, first) ? top : first;
  }

  push(item: T): void {
    const last = this.#run.at(-1);
    if (last === undefined || !this.#isBefore(item, last)) {
      item.heapAt = -2 - this.#cut - this.#run.length;
      this.#run.push(item);
    } else {
      item.heapAt = this.#heap.length;
      this.#heap.push(item);
      this.#rise(item.heapAt);
    }
  }

  remove(item: T): void {
    const { heapAt } = item;
    item.heapAt = NOWHERE;
    if (heapAt >= 0) this.#takeOut(heapAt);
    else this.#open(-2 - heapAt - this.#cut);
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
    if (this.#gaps === this.#head) {
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

  #takeOut(at: number): void {
    const last = this.#heap.pop() as T;
    if (at === this.#heap.length) return;
    // The last one mostly belongs near the bottom again: the gap goes there first, then it rises to its place.
    const gap = this.#sink(at);
    this.#set(gap, last);
    this.#rise(gap);
  }

  #set(at: number, item: T): void {
    this.#heap[at] = item;
    item.heapAt = at;
  }

  #rise(from: number): void {
    let at = from;
    const item = this.#heap[at] as T;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.#heap[parent] as T;
      if (!this.#isBefore(item, above)) break;
      this.#set(at, above);
      at = parent;
    }
    this.#set(at, item);
  }

  /** Fills the gap with the earlier of those below, again and again. @returns where it ends */
  #sink(from: number): number {
    const heap = this.#heap;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) return at;
      if (child + 1 < heap.length && this.#isBefore(heap[child + 1] as T, heap[child] as T)) child++;
      this.#set(at, heap[child] as T);
      at = child;
    }
  }
}
