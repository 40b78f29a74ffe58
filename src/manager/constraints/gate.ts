/**
 * Lets the runs of a manager in, as the constraint groups allow.
 *
 * Who may not run stands in the line of the first key that blocks it, in order of arrival, and holds nothing meanwhile.
 * A key that frees or cools looks at its own lines only, so one that is blocked delays no other. Once the head of a line
 * finds another of its keys blocked, it joins that one's line, in its place by arrival.
 *
 * The slots of a key belong to its group, which several managers may have. Each has a gate with lines of its own; whose
 * head came first goes first.
 */

import { ConstraintDeadlockError } from '../../core/errors.js';
import { Heap, NOWHERE } from '../../core/heap.js';
import { type Host, longTimer } from '../../core/host.js';
import type { Order } from '../../core/strays.js';
import { GONE, type KeySlots, type Turn, WAITING } from './key-slots.js';
import { Line, type LineKeeper } from './line.js';

const byOpening: Order<Line> = { first: (line) => line.opensAt, second: () => 0, third: () => 0 };

/** Turns of the process so far. */
let arrivals = 0;

export class Gate implements LineKeeper {
  readonly #host: Host;
  /** Those where somebody waits. */
  readonly #lines: Map<KeySlots, Line> = new Map();
  /** Of those, the ones that time will open. One timer serves them all. */
  readonly #cooling: Heap<Line> = new Heap(byOpening);
  #timer: { readonly at: number; readonly cancel: () => void } | null = null;
  /** Keys whose lines are to be served. */
  readonly #freed: KeySlots[] = [];
  #isServing = false;
  /** Why nobody may wait any more. */
  #closed: { readonly error: unknown } | null = null;

  constructor(host: Host) {
    this.#host = host;
  }

  get waitingCount(): number {
    let count = 0;
    for (const line of this.#lines.values()) count += line.size;
    return count;
  }

  /**
   * The turn is counted as one that names its keys, until `leave`. To be called where a trigger comes from.
   *
   * @throws ConstraintDeadlockError if it would wait for what it comes from
   */
  prepare(turn: Turn): void {
    if (turn.keys.length === 0) return;
    turn.parent = holding(this.#host.context?.get() as Turn | undefined);
    refuseDeadlock(turn);
    for (const slots of turn.keys) slots.users += 1;
  }

  /** The same for what nobody called. */
  prepareApart(turn: Turn): void {
    for (const slots of turn.keys) slots.users += 1;
  }

  /** True if it may run at once; else `enter` is called when its turn comes. */
  enters(turn: Turn): boolean {
    arrivals += 1;
    turn.seq = arrivals;
    return turn.keys.length === 0 || this.#takes(turn);
  }

  /** To be called once for each turn that was prepared: it has run; or (false) it has not, which starts no cooldown. */
  leave(turn: Turn, hasRun: boolean): void {
    const { since, line, keys } = turn;
    if (since === GONE) return;
    turn.since = GONE;
    // What it left behind still knows who awaits it, and no more than that.
    turn.parent = holding(turn.parent);
    const now = this.#host.monotonic();
    if (line !== null) {
      line.leave(turn);
      line.watch(now);
    }
    for (const slots of keys) {
      slots.users -= 1;
      if (since >= 0) slots.end(hasRun ? now : null);
    }
    if (since >= 0) for (const slots of keys) this.freed(slots, now);
  }

  /** Calls `call` so that what it triggers knows whence it comes. Without keys, it is part of the run around it. */
  within<T extends Turn>(turn: T, call: (turn: T) => void): void {
    const { context } = this.#host;
    if (context === undefined || !turn.keys.some(canBlockItself)) call(turn);
    else context.run(turn, call, turn);
  }

  /** The same for what nobody called: that it was woken from within some run means nothing. */
  apart<T extends Turn>(turn: T, call: (turn: T) => void): void {
    const { context } = this.#host;
    const around = turn.keys.length === 0 ? undefined : turn;
    if (context === undefined || context.get() === around) call(turn);
    else context.run(around, call, turn);
  }

  /** Calls it as if from nowhere: who happened to free its slot has nothing to do with it. */
  fromNowhere<T extends Turn>(turn: T, call: (turn: T) => void): void {
    const { context } = this.#host;
    if (context === undefined) call(turn);
    else context.runAtRoot(call, turn);
  }

  /** There may be room under it. */
  freed(slots: KeySlots, now: number = this.#host.monotonic()): void {
    if (slots.lines.length === 0) return;
    this.#freed.push(slots);
    // A run that ends within its call must not deepen the stack for each that waits.
    if (this.#isServing) return;
    this.#isServing = true;
    try {
      for (let next = this.#freed.shift(); next !== undefined; next = this.#freed.shift()) this.#serve(next, now);
    } finally {
      this.#isServing = false;
    }
  }

  /** Who waits for some of these keys waits from now on for what stands for them: nothing (null), or another. */
  reroute(instead: ReadonlyMap<KeySlots, KeySlots | null>): void {
    const moved: Turn[] = [];
    for (const line of [...this.#lines.values()]) {
      for (const turn of this.#empty(line)) {
        if (turn.keys.some((slots) => instead.has(slots))) moved.push(turn);
        else this.#lineOf(line.slots).join(turn);
      }
    }
    const now = this.#host.monotonic();
    for (const line of this.#lines.values()) line.watch(now);
    for (const turn of moved.sort((a, b) => a.seq - b.seq)) {
      for (const slots of turn.keys) slots.users -= 1;
      turn.keys = turn.keys.flatMap((slots) => (instead.has(slots) ? (instead.get(slots) ?? []) : slots));
      for (const slots of turn.keys) slots.users += 1;
      if (this.#takes(turn)) turn.enter();
    }
  }

  /** Nobody that waits will ever run, nor who would wait later. */
  close(error: unknown): void {
    this.#closed = { error };
    for (const line of [...this.#lines.values()]) for (const turn of this.#empty(line)) turn.refuse(error);
  }

  serveHead(line: Line, now: number): void {
    const turn = line.head as Turn;
    // Of its only key it is the first, and there is room.
    const blocked = turn.keys.length === 1 ? null : blocking(turn, now);
    line.leave(turn);
    if (blocked !== null) this.#wait(turn, blocked, now);
    else {
      hold(turn, now);
      turn.enter();
    }
  }

  watch(line: Line, now: number): void {
    const { slots } = line;
    if (line.size > 0 && !slots.isTimed && !slots.hasRoom(now)) return;
    if (line.heapAt !== NOWHERE) this.#cooling.remove(line);
    if (line.size === 0) this.#lines.delete(slots);
    else {
      const opensAt = slots.opens(now);
      if (opensAt !== null) {
        line.opensAt = opensAt;
        this.#cooling.push(line);
      }
    }
    this.#setTimer(now);
  }

  #serve(slots: KeySlots, freedAt: number): void {
    let now = freedAt;
    for (let line = slots.firstLine(); line !== undefined; line = slots.firstLine()) {
      // Those before may have taken their time, within their call.
      if (slots.isTimed || (line.head as Turn).keys.length > 1) now = this.#host.monotonic();
      if (!slots.hasRoom(now)) break;
      line.serveHead(now);
      if (line.size === 0) line.watch(now);
    }
    for (const line of [...slots.lines]) line.watch(now);
  }

  /** Takes its keys, or gives it its place by arrival. */
  #takes(turn: Turn): boolean {
    const now = this.#host.monotonic();
    const blocked = blocking(turn, now);
    if (blocked === null) hold(turn, now);
    else if (this.#closed !== null) turn.refuse(this.#closed.error);
    else this.#wait(turn, blocked, now);
    return blocked === null;
  }

  #wait(turn: Turn, slots: KeySlots, now: number): void {
    const line = this.#lineOf(slots);
    line.join(turn);
    this.watch(line, now);
  }

  #lineOf(slots: KeySlots): Line {
    let line = this.#lines.get(slots);
    if (line === undefined) {
      const last = slots.lastLine;
      line = last instanceof Line && last.keeper === this ? last : new Line(slots, this);
      slots.lastLine = line;
      this.#lines.set(slots, line);
    }
    return line;
  }

  #empty(line: Line): Turn[] {
    const all = line.empty();
    this.watch(line, this.#host.monotonic());
    return all;
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
      this.freed(line.slots);
    }
    this.#setTimer(now);
  }
}

/** The nearest from there on that still holds its keys. */
function holding(from: Turn | null | undefined): Turn | null {
  let turn = from ?? null;
  while (turn !== null && turn.since < 0) turn = turn.parent;
  return turn;
}

/** Only a limited number of slots can be used up by who waits for one. */
function canBlockItself(slots: KeySlots): boolean {
  return slots.limits.maxConcurrent !== null;
}

/** The first of its keys that has no room for it; who came earlier goes first. */
function blocking(turn: Turn, now: number): KeySlots | null {
  for (const slots of turn.keys) {
    if (!slots.hasRoom(now)) return slots;
    const first = slots.firstLine()?.head;
    if (first !== undefined && first.seq < turn.seq) return slots;
  }
  return null;
}

function hold(turn: Turn, now: number): void {
  // A whole number needs no box of its own.
  turn.since = Math.max(0, Math.floor(now));
  for (const slots of turn.keys) slots.start(now);
}

/** @throws ConstraintDeadlockError */
function refuseDeadlock(turn: Turn): void {
  for (const slots of turn.keys) {
    let held = 0;
    for (let around = turn.parent; around !== null; around = around.parent) {
      if (around.since > WAITING && around.keys.includes(slots)) held += 1;
    }
    if (slots.limits.maxConcurrent !== null && held >= slots.limits.maxConcurrent) {
      throw new ConstraintDeadlockError(turn.taskName, slots.group, slots.key);
    }
  }
}
