/** The claims that this worker holds: how many of each one's jobs are unsettled, and until when they are surely ours. */

import type { Host } from '../core/host.js';
import type { Agenda } from './agenda.js';

interface Lease {
  held: number;
  /** On the monotonic clock: counted from before the call that took or renewed it, so never too late. */
  until: number;
  readonly isSuspect: boolean;
}

export class Leases {
  readonly #host: Host;
  readonly #agenda: Agenda;
  readonly #leaseMs: number;
  readonly #onEnded: (tokens: readonly string[]) => void;
  readonly #leases: Map<string, Lease> = new Map();

  /** @param onEnded hears, when the time of claims is over, that they are ours no more. It drops them */
  constructor(host: Host, agenda: Agenda, leaseMs: number, onEnded: (tokens: readonly string[]) => void) {
    this.#host = host;
    this.#agenda = agenda;
    this.#leaseMs = leaseMs;
    this.#onEnded = onEnded;
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
    if (lease !== undefined) {
      lease.held += 1;
      return;
    }
    const until = calledAt + this.#leaseMs;
    this.#leases.set(token, { held: 1, until, isSuspect });
    this.#lookAt(until);
  }

  /** One of its jobs is settled. */
  release(token: string): void {
    const lease = this.#leases.get(token);
    if (lease === undefined) return;
    lease.held -= 1;
    if (lease.held === 0) this.drop(token);
  }

  drop(token: string): void {
    this.#leases.delete(token);
    if (this.#leases.size === 0) this.#agenda.clear('leases');
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

  /** Whatever the store does, or doesn't: no claim outlives its moment unnoticed. */
  #lookAt(at: number): void {
    this.#agenda.setSooner('leases', at - this.#host.monotonic(), () => this.#look());
  }

  #look(): void {
    const now = this.#host.monotonic();
    const ended = [...this.#leases].filter(([, { until }]) => until <= now).map(([token]) => token);
    if (ended.length > 0) this.#onEnded(ended);
    // Most were renewed since this look was planned.
    if (this.#leases.size > 0) this.#lookAt(Math.min(...[...this.#leases.values()].map(({ until }) => until)));
  }
}
