import { Heap, type HeapItem, NOWHERE } from '../../core/heap.js';
import type { Order } from '../../core/strays.js';
import type { KeySlots, Turn, WaitingLine } from './key-slots.js';

const arrival: Order<Turn> = { first: (turn) => turn.seq, second: () => 0, third: () => 0 };

/** What a line needs of its gate. */
export interface LineKeeper {
  serveHead(line: Line, now: number): void;
  watch(line: Line, now: number): void;
}

/** Who waits for a key at one gate, in order of arrival, also for who comes from another line. */
export class Line implements WaitingLine, HeapItem {
  readonly slots: KeySlots;
  /** Among those of its gate that time will open. */
  heapAt: number = NOWHERE;
  opensAt = 0;
  readonly keeper: LineKeeper;
  readonly #turns: Heap<Turn> = new Heap(arrival);

  constructor(slots: KeySlots, keeper: LineKeeper) {
    this.slots = slots;
    this.keeper = keeper;
  }

  get head(): Turn | undefined {
    return this.#turns.peek();
  }

  get size(): number {
    return this.#turns.size;
  }

  join(turn: Turn): void {
    if (this.#turns.size === 0) this.slots.lines.push(this);
    this.#turns.push(turn);
    turn.line = this;
  }

  leave(turn: Turn): void {
    this.#turns.remove(turn);
    turn.line = null;
    if (this.#turns.size === 0) this.slots.lines.splice(this.slots.lines.indexOf(this), 1);
  }

  /** All of them leave. */
  empty(): Turn[] {
    const all: Turn[] = [];
    for (let turn = this.head; turn !== undefined; turn = this.head) {
      this.leave(turn);
      all.push(turn);
    }
    return all;
  }

  serveHead(now: number): void {
    this.keeper.serveHead(this, now);
  }

  watch(now: number): void {
    this.keeper.watch(this, now);
  }
}
