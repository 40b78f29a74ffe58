/** The claims that this worker holds: how many of each one's jobs are unsettled, and until when they are surely ours. */

import type { Host } from '../core/host.js';

interface Lease {
  held: number;
  /** On the monotonic clock: counted from before the call that took or renewed it, so never too late. */
  until: number;
  readonly isSuspect: boolean;
}

export class Leases {
  readonly #host: Host;
  readonly #leaseMs: number;
  readonly #leases: Map<string, Lease> = new Map();

  constructor(host: Host, leaseMs: number) {
    this.#host = host;
    this.#leaseMs = leaseMs;
  }

  get tokens(): readonly string[] {
    return [...this.#leases.keys()];
  }

  get hasSuspect(): boolean {
    for (const lease of this.#leases.values()) if (lease.isSuspect) return true;
    return false;
  }

  /** A job came with this token, in a call made at `calledAt` (monotonic). */
  hold(token: string, calledAt: number, isSuspect: boolean): void {
    const lease = this.#leases.get(token);
    if (lease === undefined) this.#leases.set(token, { held: 1, until: calledAt + this.#leaseMs, isSuspect });
    else lease.held += 1;
  }

  /** One of its jobs is settled. */
  release(token: string): void {
    const lease = this.#leases.get(token);
    if (lease === undefined) return;
    lease.held -= 1;
    if (lease.held === 0) this.#leases.delete(token);
  }

  drop(token: string): void {
    this.#leases.delete(token);
  }

  renew(tokens: readonly string[], calledAt: number): void {
    for (const token of tokens) {
      const lease = this.#leases.get(token);
      // An older call may be answered later.
      if (lease !== undefined) lease.until = Math.max(lease.until, calledAt + this.#leaseMs);
    }
  }

  /** Nobody else can hold its jobs yet, `now` by the monotonic clock. */
  isSure(token: string, now: number): boolean {
    return (this.#leases.get(token)?.until ?? 0) > now;
  }

  /** Tokens that weren't renewed in time. */
  unsure(): readonly string[] {
    const now = this.#host.monotonic();
    return [...this.#leases].filter(([, lease]) => lease.until <= now).map(([token]) => token);
  }
}
