/**
 * The exchanges of a worker that are under way, and those whose replies were lost: they are made again as they were, so a
 * claim is answered again and settles are recognised.
 *
 * One at a time. Where the store takes a call while it works on another, a second one may go beside it, so that neither
 * side waits for the other; but not beside a claim that may stay open, which the next exchange would end.
 */

import type { ExchangeRequest } from '../store/index.js';
import type { Ended } from './ending.js';

export interface Exchange {
  readonly request: ExchangeRequest;
  /** What its settles are about, in their order. */
  readonly ended: readonly Ended[];
  /** When it was made first, by the monotonic clock: leases count from there, however often it is repeated. */
  readonly calledAt: number;
}

export class Exchanges {
  readonly #isPipelined: boolean;
  readonly #underWay: Set<Exchange> = new Set();
  readonly #unanswered: Exchange[] = [];
  #waiters: (() => void)[] = [];

  constructor(isPipelined: boolean) {
    this.#isPipelined = isPipelined;
  }

  get isAnyUnderWay(): boolean {
    return this.#underWay.size > 0;
  }

  /** Under way, or to be made again. */
  get isAny(): boolean {
    return this.#underWay.size + this.#unanswered.length > 0;
  }

  /** Sent, and not answered: the store failed, or the reply was lost. */
  get unanswered(): number {
    return this.#unanswered.length;
  }

  /** Whether one may go now, which brings more than one can wait for or not. */
  hasRoom(isUrgent: boolean): boolean {
    if (this.#underWay.size === 0) return true;
    if (!isUrgent || !this.#isPipelined || this.#underWay.size > 1) return false;
    const [other] = this.#underWay;
    return other?.request.claim?.keepsOpen !== true;
  }

  /** What those under way may bring: so many jobs to start, so many in all, and a suspect. */
  get asked(): { readonly slots: number; readonly jobs: number; readonly isForSuspect: boolean } {
    let slots = 0;
    let jobs = 0;
    let isForSuspect = false;
    for (const { request } of this.#underWay) {
      if (request.claim === null) continue;
      slots += request.claim.slots;
      jobs += request.claim.slots + request.claim.prefetch;
      isForSuspect ||= request.claim.suspectToken !== null;
    }
    return { slots, jobs, isForSuspect };
  }

  /** One that must be made again, before any other. */
  repeated(): Exchange | null {
    return this.#unanswered.shift() ?? null;
  }

  begin(exchange: Exchange): void {
    this.#underWay.add(exchange);
  }

  end(exchange: Exchange): void {
    this.#underWay.delete(exchange);
    if (this.#underWay.size === 0) for (const resolve of this.#waiters.splice(0)) resolve();
  }

  repeatLater(exchange: Exchange): void {
    this.#unanswered.push(exchange);
  }

  async whenNoneIsUnderWay(): Promise<void> {
    while (this.#underWay.size > 0) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }
}
