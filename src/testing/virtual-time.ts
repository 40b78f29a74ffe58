/** Time that stands still until it is moved: tests of hours run in milliseconds, and never depend on the machine. */

import { type Duration, durationMs } from '../core/duration.js';
import type { Host } from '../core/host.js';
import { asyncContext } from '../hosts/index.js';

/** What `new VirtualTime` takes. */
export interface VirtualTimeOptions {
  /** Epoch ms at which it begins. Default 2030-01-01T00:00:00Z. */
  readonly startAt?: number | undefined;
  /** Of the host's randomness: the same seed gives the same run. Default 1. */
  readonly seed?: number | undefined;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * A clock and timers that move only when a test says so. Give `clock` to the store and `host` to the manager.
 *
 * @example
 * const time = new VirtualTime();
 * const manager = new TaskManager({ store: memory({ clock: time.clock }), host: time.host, tasks });
 * await time.advance('1h');
 */
export class VirtualTime {
  /** For stores: epoch ms. */
  readonly clock: () => number = () => this.#now;
  /** For managers. Several may share it. */
  readonly host: Host;
  #now: number;
  readonly #startAt: number;
  /** How far the wall clock was moved beside the monotonic one. */
  #jumpedMs = 0;
  #timers: Timer[] = [];
  #soon: (() => void)[] = [];
  #order = 0;

  constructor(options: VirtualTimeOptions = {}) {
    this.#startAt = options.startAt ?? Date.UTC(2030, 0, 1);
    this.#now = this.#startAt;
    this.host = {
      now: this.clock,
      monotonic: () => this.#now - this.#startAt - this.#jumpedMs,
      random32: seeded(options.seed ?? 1),
      timer: (ms, callback) => this.#timer(ms, callback),
      soon: (callback) => void this.#soon.push(callback),
      context: asyncContext,
    };
  }

  /** The wall clock, epoch ms. */
  get now(): number {
    return this.#now;
  }

  /** Lets everything run that needs no time to pass; at most so many turns, where there may be no end. */
  async settle(mostTurns: number = Infinity): Promise<void> {
    let turns = 0;
    do {
      await macrotask();
      for (const callback of this.#soon.splice(0)) callback();
      await macrotask();
    } while (this.#soon.length > 0 && ++turns < mostTurns);
  }

  /** Moves time on, timer by timer, and lets everything run that becomes due on the way. */
  async advance(duration: Duration): Promise<void> {
    const until = this.#now + durationMs(duration, 'advance');
    await this.settle();
    for (let next = this.#nextTimer(until); next !== undefined; next = this.#nextTimer(until)) {
      this.#timers.splice(this.#timers.indexOf(next), 1);
      this.#now = Math.max(this.#now, next.at + this.#startAt + this.#jumpedMs);
      next.callback();
      await this.settle();
    }
    this.#now = until;
    await this.settle();
  }

  /** How long until the next timer, ms; undefined if none is set. */
  get nextTimerIn(): number | undefined {
    const next = this.#nextTimer(Infinity);
    return next === undefined ? undefined : Math.max(0, next.at - this.host.monotonic());
  }

  /** Moves the wall clock alone, as an administrator or a bad time server does; may go back. */
  jump(ms: number): void {
    this.#now += ms;
    this.#jumpedMs += ms;
  }

  #nextTimer(until: number): Timer | undefined {
    const limit = until - this.#startAt - this.#jumpedMs;
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at > limit) continue;
      if (next === undefined || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer;
    }
    return next;
  }

  #timer(ms: number, callback: () => void): () => void {
    const timer: Timer = { at: this.host.monotonic() + ms, order: this.#order++, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }
}

/** One turn of the real event loop: what is promised has run. */
function macrotask(): Promise<void> {
  return new Promise((resolve) =>
    typeof setImmediate === 'function' ? setImmediate(resolve) : setTimeout(resolve, 0),
  );
}

/** A small generator (mulberry32); repeats with its seed. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}
