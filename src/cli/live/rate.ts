/** How many a second, over the last five. */

const SPAN = 5;

export class Rate {
  /** Of each second, at its place modulo the length; the current second included. */
  readonly #counts: number[] = new Array<number>(SPAN + 1).fill(0);
  #second = 0;
  #firstAt: number | null = null;

  /** @param now never goes back by more than it can bear: an earlier second counts as the current one */
  count(now: number): void {
    this.#firstAt ??= now;
    this.#advance(now);
    const place = this.#second % this.#counts.length;
    this.#counts[place] = (this.#counts[place] as number) + 1;
  }

  /** Null until it has counted for a second. */
  perSecond(now: number): number | null {
    if (this.#firstAt === null || now - this.#firstAt < 1000) return null;
    this.#advance(now);
    const sum = this.#counts.reduce((total, count) => total + count, 0);
    // The whole seconds of the span, and what has passed of the current one.
    const seconds = Math.min(SPAN + (now % 1000) / 1000, (now - this.#firstAt) / 1000);
    return sum / seconds;
  }

  #advance(now: number): void {
    const second = Math.floor(now / 1000);
    const { length } = this.#counts;
    if (second - this.#second >= length) {
      this.#counts.fill(0);
      this.#second = second;
    }
    while (this.#second < second) {
      this.#second += 1;
      this.#counts[this.#second % length] = 0;
    }
  }
}
