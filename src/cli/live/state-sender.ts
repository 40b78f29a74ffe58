/** In the child of `dev`: sends what is to be shown to the parent, which has the terminal. */

import type { LiveState } from './state.js';

const SEND_EVERY_MS = 100;

export class StateSender {
  readonly #send: (state: LiveState) => void;
  #look: (() => LiveState) | null = null;
  #isDue = false;
  #sentAt = -Infinity;

  constructor(send: (state: LiveState) => void) {
    this.#send = send;
  }

  /** Null: the parent sees the end of the process. */
  show(look: (() => LiveState) | null): void {
    this.#look = look;
    this.changed();
  }

  readonly changed = (): void => {
    if (this.#isDue) return;
    this.#isDue = true;
    // The first change goes at once: what ended must not stand below its own line in the log.
    const waitMs = Math.max(0, SEND_EVERY_MS - (performance.now() - this.#sentAt));
    setTimeout(() => {
      this.#isDue = false;
      this.#sentAt = performance.now();
      if (this.#look !== null) this.#send(this.#look());
    }, waitMs).unref();
  };
}
