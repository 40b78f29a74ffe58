/** What only some backends can do: separate objects, never methods that throw. A caller asks `store.notify?.`. */

export interface LeaderCapability {
  /**
   * Becomes leader, or stays it, for `leaseMs` from now by the store's clock.
   *
   * A new leader's term is higher than every term before it. Answers the term if the worker leads, else `null`.
   */
  campaign(worker: string, leaseMs: number): Promise<number | null>;
  /** Steps down at once; nothing if the worker doesn't lead under this term. */
  resign(worker: string, term: number): Promise<void>;
}

export interface NotifyCapability {
  /**
   * Calls the listener soon after another process (or another connection) changed the store.
   *
   * A hint: it may come late, twice, or not at all; polling is the truth. The listener must not throw.
   * @returns ends the subscription
   */
  subscribe(listener: () => void): () => void;
}

export interface HealthCapability {
  /**
   * What the store finds out about itself and its surroundings, now. Reads a little and changes nothing.
   *
   * @param workers how many are alive on it
   */
  check(workers: number): Promise<StoreHealth>;
}

export interface StoreHealth {
  /** For people: versions, modes, sizes. */
  readonly facts: Readonly<Record<string, string | number>>;
  readonly findings: readonly Finding[];
  /** Epoch ms by the store's clock; null if that is this process's clock. */
  readonly now: number | null;
}

/** Something that whoever runs the store should know. */
export interface Finding {
  /** Stable; compare this, not the message. */
  readonly code: string;
  /** `problem`: something is wrong now. `warning`: it may go wrong, or waits for a person. `note`: good to know. */
  readonly severity: 'problem' | 'warning' | 'note';
  /** What is so, and what it means. */
  readonly message: string;
  /** What to do about it; null if nothing must be done. */
  readonly fix: string | null;
}
