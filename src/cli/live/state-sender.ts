/** In the child of `dev`: sends what is to be shown to the parent, which has the terminal. */

import type { LiveState } from './state.js';

const SEND_EVERY_MS = 100;

export class StateSender {
  readonly #send: (state: LiveState) => void;
  #look: (() => LiveState) | null = null;
  #isDue = false;

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
    setTimeout(() => {
      this.#isDue = false;
      if (this.#look !== null) this.#send(this.#look());
    }, SEND_EVERY_MS).unref();
  };
}
