/**
 * All that the engine has to do later, on one timer.
 *
 * An entry has a name, a moment on the host's monotonic clock and a function; setting it again moves it.
 * A moment further away than a timer reaches is waited for in stretches.
 */

import { type Host, LONGEST_TIMER_MS } from '../core/host.js';

interface Entry {
  at: number;
  readonly run: () => void;
}

export class Agenda {
  readonly #host: Host;
  readonly #entries: Map<string, Entry> = new Map();
  #timerAt = Infinity;
  #cancelTimer: (() => void) | null = null;
  #isClosed = false;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Runs it in `delayMs`, instead of when it was set to run. */
  set(name: string, delayMs: number, run: () => void): void {
    if (this.#isClosed) return;
    const at = this.#host.monotonic() + Math.max(0, delayMs);
    this.#entries.set(name, { at, run });
    if (at < this.#timerAt) this.#arm();
  }

  /** Runs it in `delayMs`, unless it is set to run sooner. */
  setSooner(name: string, delayMs: number, run: () => void): void {
    const earlier = this.#entries.get(name);
    if (earlier === undefined || earlier.at > this.#host.monotonic() + delayMs) this.set(name, delayMs, run);
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  clear(name: string): void {
    this.#entries.delete(name);
    if (this.#entries.size === 0) this.#disarm();
  }

  /** Final: whatever is set from now on never runs, and keeps no process alive. */
  close(): void {
    this.#isClosed = true;
    this.#entries.clear();
    this.#disarm();
  }

  #arm(): void {
    this.#disarm();
    let next = Infinity;
    for (const entry of this.#entries.values()) next = Math.min(next, entry.at);
    if (next === Infinity) return;
    this.#timerAt = next;
    // Rounded up, because a timer that fires a fraction early would only have to be set again.
    const delayMs = Math.ceil(Math.max(0, next - this.#host.monotonic()));
    this.#cancelTimer = this.#host.timer(Math.min(delayMs, LONGEST_TIMER_MS), () => this.#fire());
  }

  #disarm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#timerAt = Infinity;
  }

  #fire(): void {
    this.#cancelTimer = null;
    this.#timerAt = Infinity;
    const now = this.#host.monotonic();
    const due = [...this.#entries].filter(([, entry]) => entry.at <= now);
    for (const [name] of due) this.#entries.delete(name);
    for (const [, entry] of due) entry.run();
    this.#arm();
  }
}
