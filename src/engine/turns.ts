/**
 * Lets the event loop turn now and then. Some stores answer within the turn, so a loop that awaits one call after the
 * other would keep timers, input and output waiting until it is through: heartbeats among them.
 */

import type { Host } from '../core/host.js';

/** Short beside any lease, long beside a call. */
const WITHOUT_MS = 10;

export class Turns {
  readonly #host: Host;
  /** When the turn under way was first seen, by the monotonic clock. */
  #since: number | null = null;

  constructor(host: Host) {
    this.#host = host;
  }

  /** To be awaited before the next call; null if this turn is young. */
  due(): Promise<void> | null {
    const now = this.#host.monotonic();
    if (this.#since === null) {
      this.#since = now;
      this.#host.soon(() => {
        this.#since = null;
      });
    }
    return now - this.#since < WITHOUT_MS ? null : new Promise((resolve) => this.#host.soon(resolve));
  }
}
