/**
 * A cache that forgets what was used longest ago.
 *
 * Patterns and time zones come from users, so an unbounded map would be a leak that anybody could fill.
 */
export class BoundedCache<T extends object> {
  readonly #entries = new Map<string, T>();
  readonly #limit: number;
  readonly #make: (key: string) => T;

  /** @param make builds a missing entry; what it throws reaches the caller of `get`, and nothing is kept */
  constructor(limit: number, make: (key: string) => T) {
    this.#limit = limit;
    this.#make = make;
  }

  get(key: string): T {
    const found = this.#entries.get(key);
    const entry = found ?? this.#make(key);
    // A Map iterates in order of insertion: inserting again makes this entry the youngest.
    if (found !== undefined) this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size > this.#limit) this.#forgetOldest();
    return entry;
  }

  #forgetOldest(): void {
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }
}
