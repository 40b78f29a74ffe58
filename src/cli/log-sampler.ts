/** On a terminal: lines of one kind that come faster than anyone reads become one line with their number. */

/** A kind's lines of one second that are printed one by one. */
const EACH = 10;
const WINDOW_MS = 1_000;

interface Window {
  count: number;
  /** Makes the line for those that were held back; the last one speaks for them. */
  sum: ((count: number) => void) | null;
  held: number;
}

export class LogSampler {
  readonly #windows: Map<string, Window> = new Map();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param each prints the line
   * @param sum prints one line for so many that weren't printed
   */
  offer(kind: string, each: () => void, sum: (count: number) => void): void {
    this.#timer ??= setTimeout(() => this.flush(), WINDOW_MS).unref();
    let window = this.#windows.get(kind);
    if (window === undefined) {
      window = { count: 0, sum: null, held: 0 };
      this.#windows.set(kind, window);
    }
    window.count += 1;
    if (window.count <= EACH) return each();
    window.held += 1;
    window.sum = sum;
  }

  /** Prints what is held back: each second, and at the end. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const { held, sum } of this.#windows.values()) sum?.(held);
    this.#windows.clear();
  }
}
