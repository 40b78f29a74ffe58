/**
 * A binary heap of slots, with the numbers that order them beside it, so that neither coming nor going looks at an
 * item: of a million, most lie where no cache has them.
 *
 * Who goes leaves a dead slot, which is dropped when it comes to the top, or when half of them are dead.
 */

/** Three numbers that order items: the smaller first number goes first, then the second, then the third. */
export interface Order<T> {
  readonly first: (item: T) => number;
  readonly second: (item: T) => number;
  readonly third: (item: T) => number;
}

/** Fewer dead ones than this are left as they are. */
const FEW = 32;

export class Strays<T> {
  readonly #order: Order<T>;
  // By place in the heap.
  #slots: number[] = [];
  #firsts: number[] = [];
  // By slot.
  readonly #items: (T | undefined)[] = [];
  readonly #seconds: number[] = [];
  readonly #thirds: number[] = [];
  readonly #free: number[] = [];
  #dead = 0;

  constructor(order: Order<T>) {
    this.#order = order;
  }

  get size(): number {
    return this.#slots.length - this.#dead;
  }

  peek(): T | undefined {
    const slot = this.#slots[0];
    return slot === undefined ? undefined : this.#items[slot];
  }

  /** @returns what `remove` takes */
  push(item: T): number {
    const slot = this.#free.pop() ?? this.#items.length;
    const first = this.#order.first(item);
    this.#items[slot] = item;
    this.#seconds[slot] = this.#order.second(item);
    this.#thirds[slot] = this.#order.third(item);
    this.#rise(this.#slots.length, slot, first);
    return slot;
  }

  remove(slot: number): void {
    this.#items[slot] = undefined;
    this.#dead += 1;
    // The top is never dead, so that asking for it costs nothing.
    while (this.#dead > 0 && this.peek() === undefined) this.#dropTop();
    if (this.#dead > FEW && this.#dead * 2 > this.#slots.length) this.#bury();
  }

  #dropTop(): void {
    this.#free.push(this.#slots[0] as number);
    this.#dead -= 1;
    const slot = this.#slots.pop() as number;
    const first = this.#firsts.pop() as number;
    if (this.#slots.length > 0) this.#rise(this.#sink(0), slot, first);
  }

  /** Keeps the living alone, and makes a heap of them. */
  #bury(): void {
    const living: number[] = [];
    const firsts: number[] = [];
    this.#slots.forEach((slot, at) => {
      if (this.#items[slot] === undefined) this.#free.push(slot);
      else {
        living.push(slot);
        firsts.push(this.#firsts[at] as number);
      }
    });
    this.#slots = living;
    this.#firsts = firsts;
    this.#dead = 0;
    for (let at = (living.length >> 1) - 1; at >= 0; at--) {
      const slot = living[at] as number;
      const first = firsts[at] as number;
      this.#rise(this.#sink(at), slot, first, at);
    }
  }

  /** From the gap at `from` upwards, at most to `top`, to where the slot belongs. */
  #rise(from: number, slot: number, first: number, top = 0): void {
    let at = from;
    while (at > top) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(first, slot, this.#firsts[parent] as number, this.#slots[parent] as number)) break;
      this.#set(at, this.#slots[parent] as number, this.#firsts[parent] as number);
      at = parent;
    }
    this.#set(at, slot, first);
  }

  /**
   * Fills the gap with the earlier of those below, again and again: what is to fill it comes from the bottom and mostly
   * belongs there again.
   *
   * @returns where the gap ends
   */
  #sink(from: number): number {
    const size = this.#slots.length;
    let at = from;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= size) return at;
      const isRight = left + 1 < size && this.#isPlaceBefore(left + 1, left);
      const child = isRight ? left + 1 : left;
      this.#set(at, this.#slots[child] as number, this.#firsts[child] as number);
      at = child;
    }
  }

  #isPlaceBefore(a: number, b: number): boolean {
    return this.#isBefore(
      this.#firsts[a] as number,
      this.#slots[a] as number,
      this.#firsts[b] as number,
      this.#slots[b] as number,
    );
  }

  #isBefore(first: number, slot: number, otherFirst: number, otherSlot: number): boolean {
    if (first !== otherFirst) return first < otherFirst;
    const second = this.#seconds[slot] as number;
    const otherSecond = this.#seconds[otherSlot] as number;
    if (second !== otherSecond) return second < otherSecond;
    return (this.#thirds[slot] as number) < (this.#thirds[otherSlot] as number);
  }

  #set(at: number, slot: number, first: number): void {
    this.#slots[at] = slot;
    this.#firsts[at] = first;
  }
}
