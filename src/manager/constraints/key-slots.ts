/** One key of a constraint group in this process: what runs under it. Who waits for it stands in the lines of gates. */

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
import type { HeapItem } from '../../core/heap.js';

/** Who wants to run under some keys, all of them or none. */
export interface Turn extends HeapItem {
  /** Of arrival, in the whole process. */
  seq: number;
  /** What it must hold while it runs. */
  keys: readonly KeySlots[];
  /** Since when it holds them, by the monotonic clock, in whole ms; else `WAITING` or `GONE`. */
  since: number;
  /** Where it stands. */
  line: WaitingLine | null;
  /** The nearest run around the call that wanted it, if that holds keys. */
  parent: Turn | null;
  /** For messages. */
  readonly taskName: string;
  /** Who waited holds its keys now, and may run. */
  enter(): void;
  /** It can never run. */
  refuse(error: unknown): void;
}

/** A turn holds nothing yet. */
export const WAITING = -1;
/** A turn holds nothing any more, nor ever will. */
export const GONE = -2;

/** Those who wait for one key, of one manager. */
export interface WaitingLine {
  readonly slots: KeySlots;
  /** Who came first. */
  readonly head: Turn | undefined;
  readonly size: number;
  /** Its head may run, as far as this key goes. */
  serveHead(now: number): void;
  /** Something changed: it sees to it that it is looked at when time opens it. */
  watch(now: number): void;
  leave(turn: Turn): void;
}

export class KeySlots {
  readonly group: string;
  readonly key: string;
  readonly limits: GroupLimits;
  /** The store holds its limits, over all processes; here is only noted what runs. */
  readonly isShared: boolean;
  /** Whether it matters when something ran. */
  readonly isTimed: boolean;
  /** Itself as a list: most runs have one key, and all of them share it. */
  readonly alone: readonly KeySlots[] = [this];
  /** Turns that name it, whether they wait or run: as long as there are some, no other may stand for the key. */
  users = 0;
  /** Not empty ones: of most keys none, of a group that several managers have perhaps two. */
  readonly lines: WaitingLine[] = [];
  /** The line that was made for it last, empty or not, to be used again. */
  lastLine: WaitingLine | null = null;
  /** Where it doesn't matter when something ran, this number is all that is kept. */
  #running = 0;
  #timed: KeyState = freshKey;

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
    let count = 0;
    for (const line of this.lines) count += line.size;
    return count;
  }

  /** The line whose head came first. */
  firstLine(): WaitingLine | undefined {
    let first = this.lines[0];
    if (this.lines.length < 2) return first;
    for (const line of this.lines) {
      if ((line.head as Turn).seq < ((first as WaitingLine).head as Turn).seq) first = line;
    }
    return first;
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

  isForgettable(now: number): boolean {
    if (this.users > 0) return false;
    return this.isTimed ? isForgettable(this.limits, this.#timed, now) : this.#running === 0;
  }
}
