/** What a task does once before its first run in a process. */
export class Setup<T> {
  readonly #setup: (() => T | Promise<T>) | undefined;
  #underWay: Promise<T> | undefined;
  #done: { readonly value: T } | undefined;

  constructor(setup: (() => T | Promise<T>) | undefined) {
    this.#setup = setup;
  }

  /** What it returned; a promise while it runs. It runs once, unless it failed: then the next run tries again. */
  value(): T | Promise<T> {
    if (this.#setup === undefined) return undefined as T;
    if (this.#done !== undefined) return this.#done.value;
    const setup = this.#setup;
    this.#underWay ??= Promise.resolve().then(() => this.#run(setup));
    return this.#underWay;
  }

  async #run(setup: () => T | Promise<T>): Promise<T> {
    try {
      const value = await setup();
      this.#done = { value };
      return value;
    } finally {
      this.#underWay = undefined;
    }
  }
}
