/** The hot path: what a worker sends and gets in one exchange. */

import type { ClaimedJob } from '../core/job.js';
import type { Transition } from '../core/transitions.js';

export interface ExchangeRequest {
  readonly worker: string;
  readonly settle: readonly Settle[];
  readonly claim: ClaimRequest | null;
  /** Tokens of jobs that filled an open claim and have come: they needn't be answered any more. */
  readonly heard?: readonly string[];
}

export interface Settle {
  readonly id: string;
  readonly seq: number;
  readonly token: string;
  readonly transition: Transition;
  /** How long ago the run ended, ms, by the worker's monotonic clock. Cooldowns count from there. */
  readonly endedAgoMs: number;
}

export interface ClaimRequest {
  /** Made by the worker before the call; never used for another. A repeated call answers the same claim. */
  readonly token: string;
  /** A second token, under which at most one suspect may be claimed besides; `null` = none now. */
  readonly suspectToken: string | null;
  readonly queues: readonly string[];
  /** How many jobs can start at once. Jobs with keys, suspects, and jobs of a queue with a limit are claimed for these only. */
  readonly slots: number;
  /** How many more may wait in the worker. Ends at the first job that needs a slot, so that none is starved. */
  readonly prefetch: number;
  readonly leaseMs: number;
  /** Of the last reply's `orphans`: those that this worker can run. They are claimed first. */
  readonly adopt: readonly string[];
  /** The caller has just made something due. Changes no answer: a store that looks before it locks may spare itself the look. */
  readonly isWorkKnown: boolean;
  /**
   * Where nothing is there to claim, the claim may stay open for a third of its lease, see `NotifyCapability`. Its
   * lease counts from this call, whenever it is filled. The worker's next exchange ends it.
   */
  readonly keepsOpen?: boolean;
}

export interface ExchangeReply {
  /** The store's clock, epoch ms. */
  readonly now: number;
  /** One each. `repeated`: it was settled before with this token, which is a success. `lost`: the token no longer holds it. */
  readonly settled: readonly SettleAnswer[];
  /**
   * In the order of claim: a suspect if any; then adopted ones; then by priority (larger first), due
   * time, arrival, over ready and wakeable jobs alike. Jobs that filled an open claim of the worker and may not have
   * reached it come instead, under their own token, with a lease from now.
   */
  readonly jobs: readonly ClaimedJob[];
  /** There may be more to claim now (or to promote): call again when there are slots. */
  readonly more: boolean;
  /** The earliest instant at which time alone may make something of these queues claimable: a due time, a cooldown's end. */
  readonly nextAt: number | null;
  /** Names under which jobs of the asked queues are parked for a worker that can run them; at most 32. */
  readonly orphans: readonly string[];
  /** Of the asked queues, those that are paused. */
  readonly paused: readonly string[];
}

export type SettleAnswer = 'ok' | 'repeated' | 'lost';
