/** One key of a constraint group in this process: what runs under it, and who waits for it. */

import {
  ended,
  freshKey,
  type GroupLimits,
  isForgettable,
  type KeyState,
  opensAt,
  room,
  started,
} from '../../core/constraint.js';
import { Heap, type HeapItem, NOWHERE } from '../../core/heap.js';
import type { Order } from '../../core/strays.js';

/** Who wants to run under some keys, all of them or none. */
export interface Turn extends HeapItem {
  /** Of arrival. */
  seq: number;
  /** What it must hold while it runs. */
  lines: readonly KeyLine[];
  /** When it got them, by the monotonic clock, in whole ms; −1 while it holds none. */
  since: number;
  /** The nearest run around the call that wanted it, if that holds keys. */
  parent: Turn | null;
  /** For messages. */
  readonly taskName: string;
  /** Who waited holds its keys now, and may run. */
  enter(): void;
  /** It can never run. */
  refuse(error: unknown): void;
}

const arrival: Order<Turn> = { first: (turn) => turn.seq, second: () => 0, third: () => 0 };

export class KeyLine implements HeapItem {
  readonly group: string;
  readonly key: string;
  readonly limits: GroupLimits;
  /** The store holds its limits, over all processes; here is only noted what runs. */
  readonly isShared: boolean;
  /** Whether it matters when something ran. */
  readonly isTimed: boolean;
  /** Itself as a list: most runs have one key, and all of them share it. */
  readonly alone: readonly KeyLine[] = [this];
  /** Among those that time will open. */
  heapAt: number = NOWHERE;
  opensAt = 0;
  /** Where it doesn't matter when something ran, this number is all that is kept. */
  #running = 0;
  #timed: KeyState = freshKey;
  #waiting: Heap<Turn> | null = null;

  constructor(group: string, key: string, limits: GroupLimits, isShared: boolean) {
    this.isShared = isShared;
    this.isTimed = limits.cooldownMs > 0 || limits.rate !== null;
    this.group = group;
    this.key = key;
    this.limits = limits;
  }

  get running(): number {
    return this.isTimed ? this.#timed.running : this.#running;
  }

  /** When the last run ended; not known where it doesn't matter. */
  get endedAt(): number | null {
    return this.#timed.endedAt;
  }

  get waitingCount(): number {
    return this.#waiting?.size ?? 0;
  }

  get head(): Turn | undefined {
    return this.#waiting?.peek();
  }

  /** In order of arrival, also for who comes from another line. */
  push(turn: Turn): void {
    this.#waiting ??= new Heap(arrival);
    this.#waiting.push(turn);
  }

  remove(turn: Turn): void {
    this.#waiting?.remove(turn);
    if (this.#waiting?.size === 0) this.#waiting = null;
  }

  hasRoom(now: number): boolean {
    if (this.isShared) return true;
    if (this.isTimed) return room(this.limits, this.#timed, now) > 0;
    return this.limits.maxConcurrent === null || this.#running < this.limits.maxConcurrent;
  }

  /** When time alone gives it room; null if a run must end first. */
  opens(now: number): number | null {
    if (this.isTimed && !this.isShared) return opensAt(this.limits, this.#timed, now);
    return this.hasRoom(now) ? now : null;
  }

  start(now: number): void {
    if (this.isTimed) this.#timed = started(this.limits, this.#timed, now);
    else this.#running += 1;
  }

  /** Null: it has not run, which starts no cooldown. */
  end(endedAt: number | null): void {
    if (this.isTimed) this.#timed = ended(this.#timed, endedAt);
    else this.#running = Math.max(0, this.#running - 1);
  }

  reset(): void {
    this.#timed = freshKey;
    this.#running = 0;
  }

  isForgettable(now: number): boolean {
    if (this.#waiting !== null) return false;
    return this.isTimed ? isForgettable(this.limits, this.#timed, now) : this.#running === 0;
  }
}
