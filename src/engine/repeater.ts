/** Runs one thing at a time; who asks while it runs gets a run that begins after that. */
export class Repeater {
  readonly #run: () => Promise<void>;
  #current: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  /** @param run must not reject */
  constructor(run: () => Promise<void>) {
    this.#run = run;
  }

  /** Resolves when a run that began after this call has ended. */
  ask(): Promise<void> {
    if (this.#current === null) {
      this.#current = this.#run().finally(() => {
        this.#current = null;
      });
      return this.#current;
    }
    this.#next ??= this.#current.then(() => {
      this.#next = null;
      return this.ask();
    });
    return this.#next;
  }

  /** Resolves when nothing runs that was asked for before this call. */
  async whenIdle(): Promise<void> {
    await (this.#next ?? this.#current);
  }
}
