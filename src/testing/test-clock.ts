/** The clock of `testing()`: virtual time that begins to count once the manager is started. */

import { type Duration, durationMs } from '../core/duration.js';
import type { VirtualTime } from './virtual-time.js';

/** The clock of a test. It stands still until the test moves it. */
export class TestClock {
  readonly #time: VirtualTime;
  readonly #ready: () => Promise<void>;
  #sleepers = 0;

  /** @internal */
  constructor(time: VirtualTime, ready: () => Promise<void>) {
    this.#time = time;
    this.#ready = ready;
  }

  /** Epoch ms; the store and the manager have the same. */
  get now(): number {
    return this.#time.now;
  }

  /**
   * Moves time on, timer by timer: store time, delays, retries, time-outs, leases and schedules together. What becomes
   * due on the way runs, at its instant. It doesn't wait for functions that wait for something real; `drain` does.
   *
   * @throws OptionError
   */
  async advance(duration: Duration): Promise<void> {
    await this.#ready();
    await this.#time.advance(duration);
  }

  /** Moves the wall clock alone, as an administrator or a bad time server does; may go back. */
  jump(ms: number): void {
    this.#time.jump(ms);
  }

  /**
   * For functions and fakes under test: resolves once time was moved so far. Rejects with the signal's reason.
   *
   * @throws OptionError
   */
  sleep(duration: Duration, signal?: AbortSignal): Promise<void> {
    const ms = durationMs(duration, 'sleep');
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      this.#sleepers += 1;
      const wake = (): void => {
        this.#sleepers -= 1;
        signal?.removeEventListener('abort', abort);
      };
      const cancel = this.#time.host.timer(ms, () => {
        wake();
        resolve();
      });
      const abort = (): void => {
        cancel();
        wake();
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** @internal How many sleep now. */
  get sleepers(): number {
    return this.#sleepers;
  }
}
