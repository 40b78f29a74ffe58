/** Holds, or tries to get, the leadership of a store; and knows, without asking, for how long it surely has it. */

import { StoreError } from '../../core/errors.js';
import { type Host, longTimer } from '../../core/host.js';
import type { LeaderCapability } from '../../store/index.js';

export interface ElectionParts {
  readonly leader: LeaderCapability;
  readonly host: Host;
  readonly leaseMs: number;
  /** Whom the store knows us by. */
  readonly candidate: string;
  /** A campaign that nobody awaits has failed, the first since one was answered. */
  readonly onError: (error: unknown) => void;
}

export class Election {
  readonly #parts: ElectionParts;
  #term: number | null = null;
  /** On the monotonic clock, counted from before the call: the store counts the lease from later. */
  #leadsUntil = 0;
  #campaign: Promise<boolean> | null = null;
  #cancelTimer: (() => void) | null = null;
  #isOn = false;
  #isFailing = false;

  constructor(parts: ElectionParts) {
    this.#parts = parts;
  }

  /** As far as is known here, and never longer than the store says so. */
  get isLeader(): boolean {
    return this.#isOn && this.#term !== null && this.#parts.host.monotonic() < this.#leadsUntil;
  }

  /** Campaigns, and from now on again and again. Rejects if the store fails, and is off then. */
  async start(): Promise<void> {
    this.#isOn = true;
    try {
      await this.campaign();
    } catch (error) {
      this.#isOn = false;
      throw error;
    }
    this.#goOn();
  }

  /** Lets another lead at once. */
  async stop(): Promise<void> {
    this.#isOn = false;
    this.#cancelTimer?.();
    await this.#campaign?.catch(() => {});
    const term = this.#term;
    this.#term = null;
    // Whose lease it can't end, the store ends by itself.
    if (term !== null) await this.#inTime(this.#parts.leader.resign(this.#parts.candidate, term)).catch(() => {});
  }

  /** Asks the store; who asks meanwhile shares the answer. Rejects if the store fails. */
  campaign(): Promise<boolean> {
    this.#campaign ??= this.#ask().finally(() => {
      this.#campaign = null;
    });
    return this.#campaign;
  }

  async #ask(): Promise<boolean> {
    const { leader, host, candidate, leaseMs } = this.#parts;
    if (!this.#isOn) return false;
    const calledAt = host.monotonic();
    this.#term = await this.#inTime(leader.campaign(candidate, leaseMs));
    this.#leadsUntil = calledAt + leaseMs;
    this.#isFailing = false;
    return this.isLeader;
  }

  #goOn(): void {
    if (!this.#isOn) return;
    this.#cancelTimer = longTimer(this.#parts.host, this.#parts.leaseMs / 3, () => {
      this.campaign()
        .catch((error: unknown) => this.#failed(error))
        .finally(() => this.#goOn());
    });
  }

  #failed(error: unknown): void {
    if (!this.#isFailing) this.#parts.onError(error);
    this.#isFailing = true;
  }

  /** An answer that takes longer than the lease is worth nothing. */
  #inTime<T>(call: Promise<T>): Promise<T> {
    const { host, leaseMs } = this.#parts;
    return new Promise((resolve, reject) => {
      const cancelTimer = longTimer(host, leaseMs, () =>
        reject(new StoreError('STORE_FAILED', `The store of the election did not answer within ${leaseMs} ms.`)),
      );
      call.then(resolve, reject).finally(cancelTimer);
    });
  }
}
