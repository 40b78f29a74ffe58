/**
 * The housekeeping of a store: rescue, prune, fire schedules. Done by one manager, the leader, for a
 * term; correct without one, for every chore may be done twice.
 */

import type { Host } from '../core/host.js';
import type { Store } from '../store/index.js';
import type { Agenda } from './agenda.js';
import type { Emitter } from './events.js';
import { fireSchedules, type Unreadable } from './firing.js';
import { Repeater } from './repeater.js';

/** Records of each kind that one chore changes in one call. */
const CHUNK = 500;
/** Between sweeps, at most; less where leases are short. */
const SWEEP_MOST_MS = 5_000;

export class Chores {
  readonly #store: Store;
  readonly #host: Host;
  readonly #agenda: Agenda;
  readonly #emitter: Emitter;
  readonly #worker: string;
  readonly #leaseMs: number;
  readonly #sweepMs: number;
  /** Jobs may have become claimable. */
  readonly #onFreed: () => void;
  #term: number | null = null;
  /** On the monotonic clock, counted from before the call: our term may have ended after it. */
  #leadsUntil = 0;
  #isOn = false;
  /** Sweeps asked for by hosts without a loop. */
  #onces = 0;
  readonly #sweeps: Repeater = new Repeater(() => this.#sweep());
  #isSweepAsked = false;
  /** How far the store's clock is ahead of ours: slots are judged by the store's. */
  #aheadMs = 0;
  readonly #unreadable: Unreadable = new Map();

  constructor(
    store: Store,
    host: Host,
    agenda: Agenda,
    emitter: Emitter,
    worker: { readonly id: string; readonly leaseMs: number },
    onFreed: () => void,
  ) {
    this.#store = store;
    this.#host = host;
    this.#agenda = agenda;
    this.#emitter = emitter;
    this.#worker = worker.id;
    this.#leaseMs = worker.leaseMs;
    this.#sweepMs = Math.min(SWEEP_MOST_MS, worker.leaseMs / 3);
    this.#onFreed = onFreed;
  }

  get isLeader(): boolean {
    return this.#store.leader === undefined || (this.#term !== null && this.#host.monotonic() < this.#leadsUntil);
  }

  start(): void {
    this.#isOn = true;
    this.sweepSoon();
  }

  /** Stops after the chore under way, and lets another lead at once. */
  async stop(): Promise<void> {
    this.#isOn = false;
    this.#agenda.clear('chores');
    this.#agenda.clear('schedules');
    await this.#sweeps.whenIdle();
    if (this.#term === null) return;
    const term = this.#term;
    this.#term = null;
    await this.#store.leader?.resign(this.#worker, term).catch(() => {});
  }

  /** A schedule may have changed, or a lease ended. */
  sweepSoon(): void {
    if (!this.#isOn || this.#isSweepAsked) return;
    this.#isSweepAsked = true;
    this.#host.soon(() => {
      this.#isSweepAsked = false;
      if (this.#isOn) void this.#sweeps.ask();
    });
  }

  /** One sweep, also where no loop was started. */
  async runOnce(): Promise<void> {
    this.#onces += 1;
    await this.#sweeps.ask();
    this.#onces -= 1;
  }

  get #goesOn(): boolean {
    return (this.#isOn || this.#onces > 0) && this.isLeader;
  }

  /** Reports what fails as `error` events; one chore that fails doesn't keep the other from being done. */
  async #sweep(): Promise<void> {
    if (!this.#isOn && this.#onces === 0) return;
    await this.#attempt('the housekeeping of the store', async () => {
      if (!(await this.#leads())) return;
      await this.#attempt('the housekeeping of the store', () => this.#maintain());
      await this.#fire();
    });
    if (this.#isOn) this.#agenda.set('chores', this.#sweepMs, () => this.sweepSoon());
  }

  async #attempt(during: string, chore: () => Promise<void>): Promise<void> {
    try {
      await chore();
    } catch (error) {
      this.#emitter.emit('error', { error, during });
    }
  }

  async #leads(): Promise<boolean> {
    if (this.#store.leader === undefined) return true;
    const calledAt = this.#host.monotonic();
    this.#term = await this.#store.leader.campaign(this.#worker, this.#leaseMs);
    this.#leadsUntil = calledAt + this.#leaseMs;
    return this.#term !== null;
  }

  async #maintain(): Promise<void> {
    for (;;) {
      if (!this.#goesOn) return;
      const reply = await this.#store.maintain({ term: this.#term, limit: CHUNK });
      if (reply.refused) {
        this.#term = null;
        return;
      }
      this.#aheadMs = reply.now - this.#host.now();
      if (reply.rescued > 0) this.#onFreed();
      if (!reply.more) return;
      await this.#breathe();
    }
  }

  async #fire(): Promise<void> {
    for (;;) {
      if (!this.#goesOn) return;
      const now = this.#host.now() + this.#aheadMs;
      const { fired, nextAt } = await fireSchedules(this.#store, now, this.#unreadable, (error, id) => {
        this.#emitter.emit('error', { error, during: `firing schedule '${id}'` });
      });
      if (fired > 0) this.#onFreed();
      if (!this.#isOn) return;
      if (nextAt === null) return this.#agenda.clear('schedules');
      if (nextAt > now) return this.#agenda.set('schedules', nextAt - now, () => this.sweepSoon());
      await this.#breathe();
    }
  }

  /** Between chunks, everything else has its turn. */
  #breathe(): Promise<void> {
    return new Promise((resolve) => this.#host.soon(resolve));
  }
}
