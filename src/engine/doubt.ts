/**
 * When exchanges fail again and again: is the store away, or does it refuse one of the settles for ever?
 *
 * Settles then go in ever smaller parts, and take turns with claims, so that one that is refused holds up no other. It
 * is given up only once it was refused by itself while others were taken: a full disk refuses them all, and loses none.
 */

import type { Ended } from './ending.js';

/** Failures in a row after which there is doubt. */
const DOUBT_AFTER = 5;
/** Nobody settles more at once, so parts of this size are none. */
const WHOLE = 500;
/** Refused once more than so often by itself, while others were taken, a settle is given up. */
const REFUSALS = 3;

export class Doubt {
  /** How many settles may go together; Infinity: there is no doubt. */
  #most = Infinity;
  #isSettlesTurn = true;
  /** How many settles were taken, ever. */
  #taken = 0;
  /** How often a settle was refused, and how many had been taken by then. */
  readonly #refusals: WeakMap<Ended, { times: number; taken: number }> = new WeakMap();

  get isOn(): boolean {
    return this.#most < Infinity;
  }

  /** What goes with the next exchange: so many of the waiting settles, and the claim or not. */
  next(waiting: number, isClaiming: boolean): { readonly settles: number; readonly isClaiming: boolean } {
    if (!this.isOn) return { settles: waiting, isClaiming };
    this.#isSettlesTurn = waiting > 0 && !(isClaiming && this.#isSettlesTurn);
    return this.#isSettlesTurn ? { settles: this.#most, isClaiming: false } : { settles: 0, isClaiming };
  }

  taken(settles: number): void {
    this.#taken += settles;
    if (settles > 0 && this.isOn) this.#most = this.#most < WHOLE ? 2 * this.#most : Infinity;
  }

  /** An exchange with so many settles failed, the last of so many in a row. Whether its settles go in parts from now on. */
  failed(settles: number, failures: number): boolean {
    if (settles === 0 || (failures < DOUBT_AFTER && !this.isOn)) return false;
    this.#most = Math.max(1, Math.floor(settles / 2));
    return true;
  }

  /** A settle that went alone was refused. Whether that is for ever. */
  isRefusedForEver(ended: Ended): boolean {
    const { times, taken } = this.#refusals.get(ended) ?? { times: 0, taken: -1 };
    if (this.#taken === taken) return false;
    this.#refusals.set(ended, { times: times + 1, taken: this.#taken });
    return times >= REFUSALS;
  }
}
