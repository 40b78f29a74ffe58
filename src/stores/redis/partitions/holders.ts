/** Which partition a claim's token was asked of. A claim takes from one of them, so a token holds jobs of one. */

/** Beyond so many the oldest are forgotten: then all partitions are asked about them. */
const KEPT = 10_000;

interface Holder {
  readonly partition: number;
  /** Of its jobs, those that aren't settled yet. */
  jobs: number;
}

export class Holders {
  readonly #tokens: Map<string, Holder> = new Map();

  of(token: string): number | undefined {
    return this.#tokens.get(token)?.partition;
  }

  /** The partition may have taken jobs under it: unless it says otherwise, nobody else is to be asked. */
  asked(token: string, partition: number): void {
    this.#tokens.delete(token);
    this.#tokens.set(token, { partition, jobs: 0 });
    if (this.#tokens.size <= KEPT) return;
    const [oldest] = this.#tokens.keys();
    this.#tokens.delete(oldest as string);
  }

  holds(token: string): void {
    const holder = this.#tokens.get(token);
    if (holder !== undefined) holder.jobs += 1;
  }

  settled(token: string): void {
    const holder = this.#tokens.get(token);
    if (holder === undefined) return;
    holder.jobs -= 1;
    if (holder.jobs <= 0) this.#tokens.delete(token);
  }

  forget(token: string): void {
    this.#tokens.delete(token);
  }
}
