/**
 * Lets the event loop turn now and then. Some stores answer within the turn, so a loop that awaits one call after the
 * other would keep timers, input and output waiting until it is through: heartbeats among them.
 */

import type { Host } from '../core/host.js';

/** Short beside any lease, long beside a call. */
const WITHOUT_MS = 10;

export class Turns {
  readonly #host: Host;
  #isSeen = false;
  /**
   * When the code that was running as this turn was first seen gave way to others that wait for nothing but their
   * turn, by the monotonic clock. Before, it is its own affair how long it takes.
   */
  #since: number | null = null;

  constructor(host: Host) {
    this.#host = host;
  }

  /** To be awaited before the next call; null if this turn is young. */
  due(): Promise<void> | null {
    return this.isOver() ? new Promise((resolve) => this.#host.soon(resolve)) : null;
  }

  /** This turn has taken long enough. */
  isOver(): boolean {
    if (!this.#isSeen) this.#see();
    return this.#since !== null && this.#host.monotonic() - this.#since >= WITHOUT_MS;
  }

  #see(): void {
    this.#isSeen = true;
    queueMicrotask(() => {
      if (this.#isSeen) this.#since = this.#host.monotonic();
    });
    this.#host.soon(() => {
      this.#isSeen = false;
      this.#since = null;
    });
  }
}
