/**
 * Lets runs of this process in, as the constraint groups allow.
 *
 * Who may not run stands in the line of the first key that blocks it, in order of arrival, and holds nothing meanwhile.
 * A key that frees or cools looks at its own line only, so one that is blocked delays no other. Once the head of a line
 * finds another of its keys blocked, it joins that one's line, in its place by arrival.
 */

import { ConstraintDeadlockError } from '../../core/errors.js';
import { Heap, NOWHERE } from '../../core/heap.js';
import { type Host, longTimer } from '../../core/host.js';
import type { Order } from '../../core/strays.js';
import type { KeyLine, Turn } from './key-line.js';

const byOpening: Order<KeyLine> = { first: (line) => line.opensAt, second: () => 0, third: () => 0 };

export class Gate {
  readonly #host: Host;
  #seq = 0;
  /** Lines where somebody waits. */
  readonly #crowded: Set<KeyLine> = new Set();
  /** Of those, the ones that time will open. One timer serves them all. */
  readonly #cooling: Heap<KeyLine> = new Heap(byOpening);
  #timer: { readonly at: number; readonly cancel: () => void } | null = null;
  /** Lines whose heads may run now. */
  readonly #freed: KeyLine[] = [];
  #isServing = false;

  constructor(host: Host) {
    this.#host = host;
  }

  get waitingCount(): number {
    let count = 0;
    for (const line of this.#crowded) count += line.waitingCount;
    return count;
  }

  /**
   * To be called where a trigger comes from, before it asks.
   *
   * @throws ConstraintDeadlockError if it would wait for what it comes from
   */
  prepare(turn: Turn): void {
    if (turn.lines.length === 0) return;
    turn.parent = this.#around();
    refuseDeadlock(turn);
  }

  /** True if it may run at once; else `enter` is called when its turn comes. */
  enters(turn: Turn): boolean {
    turn.seq = this.#seq += 1;
    return turn.lines.length === 0 || this.#takes(turn);
  }

  /** Its run has ended; or (false) it never ran, which starts no cooldown. */
  leave(turn: Turn, hasRun: boolean): void {
    if (turn.since < 0) return;
    turn.since = -1;
    turn.parent = null;
    const now = this.#host.monotonic();
    for (const line of turn.lines) line.end(hasRun ? now : null);
    for (const line of turn.lines) this.freed(line, now);
  }

  /** Calls `call` so that what it triggers knows whence it comes. Without keys, it is part of the run around it. */
  within<T extends Turn>(turn: T, call: (turn: T) => void): void {
    const { context } = this.#host;
    if (context === undefined || !turn.lines.some(canBlockItself)) call(turn);
    else context.run(turn, call, turn);
  }

  /** The same for what nobody called: that it was woken from within some run means nothing. */
  apart<T extends Turn>(turn: T, call: (turn: T) => void): void {
    const { context } = this.#host;
    const around = turn.lines.length === 0 ? undefined : turn;
    if (context === undefined || context.get() === around) call(turn);
    else context.run(around, call, turn);
  }

  /** There may be room in it. */
  freed(line: KeyLine, now: number = this.#host.monotonic()): void {
    if (line.waitingCount === 0) return;
    this.#freed.push(line);
    // A run that ends within its call must not deepen the stack for each that waits.
    if (this.#isServing) return;
    this.#isServing = true;
    for (let next = this.#freed.shift(); next !== undefined; next = this.#freed.shift()) this.#serve(next, now);
    this.#isServing = false;
  }

  /** These keys limit nobody any more: who waits for them goes on to its others. */
  drop(lines: Iterable<KeyLine>): void {
    const dropped = new Set(lines);
    for (const line of [...this.#crowded]) {
      for (const turn of this.#takeAll(line, (turn) => turn.lines.some((other) => dropped.has(other)))) {
        turn.lines = turn.lines.filter((other) => !dropped.has(other));
        if (this.#takes(turn)) turn.enter();
      }
    }
  }

  /** Nobody that waits will ever run. */
  refuseAll(error: unknown): void {
    for (const line of [...this.#crowded]) for (const turn of this.#takeAll(line, () => true)) turn.refuse(error);
  }

  #around(): Turn | null {
    let around = (this.#host.context?.get() as Turn | undefined) ?? null;
    while (around !== null && around.since < 0) around = around.parent;
    return around;
  }

  #wait(turn: Turn, line: KeyLine, now: number): void {
    line.push(turn);
    this.#crowded.add(line);
    this.#watch(line, now);
  }

  #serve(line: KeyLine, freedAt: number): void {
    let now = freedAt;
    for (let turn = line.head; turn !== undefined; turn = line.head) {
      // Those before may have taken their time, within their call.
      if (line.isTimed || turn.lines.length > 1) now = this.#host.monotonic();
      if (!line.hasRoom(now)) break;
      const blocked = blocking(turn, now);
      line.remove(turn);
      if (blocked !== null) this.#wait(turn, blocked, now);
      else {
        hold(turn, now);
        turn.enter();
      }
    }
    this.#watch(line, now);
  }

  /** Takes its keys, or gives it its place by arrival. */
  #takes(turn: Turn): boolean {
    const now = this.#host.monotonic();
    const blocked = blocking(turn, now);
    if (blocked === null) hold(turn, now);
    else this.#wait(turn, blocked, now);
    return blocked === null;
  }

  #takeAll(line: KeyLine, isWanted: (turn: Turn) => boolean): readonly Turn[] {
    const all: Turn[] = [];
    for (let turn = line.head; turn !== undefined; turn = line.head) {
      line.remove(turn);
      all.push(turn);
    }
    for (const turn of all) if (!isWanted(turn)) line.push(turn);
    this.#watch(line, this.#host.monotonic());
    return all.filter(isWanted);
  }

  /** Sees to it that the line is looked at when time opens it. */
  #watch(line: KeyLine, now: number): void {
    if (line.waitingCount > 0 && !line.isTimed && !line.hasRoom(now)) return;
    if (line.heapAt !== NOWHERE) this.#cooling.remove(line);
    if (line.waitingCount === 0) this.#crowded.delete(line);
    else {
      const opensAt = line.opens(now);
      if (opensAt !== null) {
        line.opensAt = opensAt;
        this.#cooling.push(line);
      }
    }
    this.#setTimer(now);
  }

  #setTimer(now: number): void {
    const at = this.#cooling.peek()?.opensAt;
    // One that comes too early looks, and is set anew.
    if (this.#timer !== null && at !== undefined && this.#timer.at <= at) return;
    this.#timer?.cancel();
    this.#timer =
      at === undefined
        ? null
        : { at, cancel: longTimer(this.#host, Math.max(0, Math.ceil(at - now)), () => this.#openCooled()) };
  }

  #openCooled(): void {
    this.#timer = null;
    const now = this.#host.monotonic();
    for (let line = this.#cooling.peek(); line !== undefined && line.opensAt <= now; line = this.#cooling.peek()) {
      this.#cooling.remove(line);
      this.freed(line);
    }
    this.#setTimer(now);
  }
}

/** Only a limited number of slots can be used up by who waits for one. */
function canBlockItself(line: KeyLine): boolean {
  return line.limits.maxConcurrent !== null;
}

/** The first of its keys that has no room for it; who came earlier goes first. */
function blocking(turn: Turn, now: number): KeyLine | null {
  for (const line of turn.lines) {
    const { head } = line;
    if (!line.hasRoom(now) || (head !== undefined && head.seq < turn.seq)) return line;
  }
  return null;
}

function hold(turn: Turn, now: number): void {
  // A whole number needs no box of its own.
  turn.since = Math.floor(now);
  for (const line of turn.lines) line.start(now);
}

/** @throws ConstraintDeadlockError */
function refuseDeadlock(turn: Turn): void {
  for (const line of turn.lines) {
    let held = 0;
    for (let around = turn.parent; around !== null; around = around.parent) {
      if (around.since >= 0 && around.lines.includes(line)) held += 1;
    }
    if (line.limits.maxConcurrent !== null && held >= line.limits.maxConcurrent) {
      throw new ConstraintDeadlockError(turn.taskName, line.group, line.key);
    }
  }
}
