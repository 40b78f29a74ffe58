/** Starts and stops one thing: in the order asked for, never twice, never both at once. */
export class Switch {
  readonly #start: () => Promise<void>;
  readonly #stop: () => Promise<void>;
  #isOn = false;
  /** All that was asked for so far; doesn't reject. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(start: () => Promise<void>, stop: () => Promise<void>) {
    this.#start = start;
    this.#stop = stop;
  }

  /** Rejects with what starting throws; it is off then. */
  on(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isOn) return;
      await this.#start();
      this.#isOn = true;
    });
  }

  /** It is off whether or not stopping throws. */
  off(): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#isOn) return;
      this.#isOn = false;
      await this.#stop();
    });
  }

  #inTurn(turn: () => Promise<void>): Promise<void> {
    const done = this.#last.then(turn);
    this.#last = done.catch(() => {});
    return done;
  }
}
