/**
 * A binary heap that knows where its items are, so that any of them can be removed in O(log n).
 *
 * An item is in at most one heap at a time and carries its place in it.
 */
export interface HeapItem {
  /** Its place in the heap that holds it; −1 = in none. */
  heapAt: number;
}

export class Heap<T extends HeapItem> {
  readonly #items: T[] = [];
  readonly #isBefore: (a: T, b: T) => boolean;

  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    item.heapAt = this.#items.length;
    this.#items.push(item);
    this.#up(item.heapAt);
  }

  remove(item: T): void {
    const at = item.heapAt;
    const last = this.#items.pop() as T;
    item.heapAt = -1;
    if (last === item) return;
    this.#set(at, last);
    this.#down(at);
    this.#up(last.heapAt);
  }

  /** Call when what orders the item has changed. */
  update(item: T): void {
    this.#down(item.heapAt);
    this.#up(item.heapAt);
  }

  #set(at: number, item: T): void {
    this.#items[at] = item;
    item.heapAt = at;
  }

  #up(from: number): void {
    let at = from;
    const item = this.#items[at] as T;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.#items[parent] as T;
      if (!this.#isBefore(item, above)) break;
      this.#set(at, above);
      at = parent;
    }
    this.#set(at, item);
  }

  #down(from: number): void {
    let at = from;
    const item = this.#items[at] as T;
    const size = this.#items.length;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#isBefore(this.#items[child + 1] as T, this.#items[child] as T)) child++;
      const below = this.#items[child] as T;
      if (!this.#isBefore(below, item)) break;
      this.#set(at, below);
      at = child;
    }
    this.#set(at, item);
  }
}
