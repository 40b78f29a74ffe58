/** Tells the managers that share a store of changes, once a turn. A manager that is alone knows of its own. */
export class Bell {
  readonly #listeners: Set<() => void> = new Set();
  #isRinging = false;

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  ring(): void {
    if (this.#listeners.size < 2 || this.#isRinging) return;
    this.#isRinging = true;
    queueMicrotask(() => {
      this.#isRinging = false;
      for (const listener of [...this.#listeners]) listener();
    });
  }
}
