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
