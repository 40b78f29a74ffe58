/** What goes wrong in a simulation, and how often. */

/** Probabilities from 0 to 1: of each call to the store, or (where it says so) of each simulated second of a process. */
export interface Faults {
  /** The call never reaches the store, and fails. */
  readonly lostCall: number;
  /** The store carries it out, and the caller hears of a failure. */
  readonly lostReply: number;
  /** The store carries it out twice. */
  readonly repeatedCall: number;
  /** It takes up to a few leases. */
  readonly slowCall: number;
  /** It is carried out, and never answered. */
  readonly silentCall: number;
  /** The process dies before the store has the call. */
  readonly deathBeforeCall: number;
  /** The process dies when the store has carried it out, and never hears the reply. */
  readonly deathAfterCall: number;
  /** Of each second of a process: it dies between two steps. */
  readonly death: number;
  /** Of each second of a process: it stands still, mostly for longer than its lease. */
  readonly pause: number;
  /** Of each second of a process: it can't reach the store for a while. */
  readonly partition: number;
  /** Of each second of a process: its wall clock jumps. */
  readonly clockJump: number;
  /** Of each notification. */
  readonly lostWake: number;
  readonly repeatedWake: number;
  /** Of each second: the store's own clock steps, by at most `storeClockStepMs`. */
  readonly storeClockStep: number;
  /** Of each second: the store loses its newest writes, as in a failover to a replica that lags. */
  readonly rollback: number;
}

export const noFaults: Faults = {
  lostCall: 0,
  lostReply: 0,
  repeatedCall: 0,
  slowCall: 0,
  silentCall: 0,
  deathBeforeCall: 0,
  deathAfterCall: 0,
  death: 0,
  pause: 0,
  partition: 0,
  clockJump: 0,
  lostWake: 0,
  repeatedWake: 0,
  storeClockStep: 0,
  rollback: 0,
};

/** Far more than any bad day brings. */
export const manyFaults: Faults = {
  lostCall: 0.02,
  lostReply: 0.02,
  repeatedCall: 0.02,
  slowCall: 0.01,
  silentCall: 0.002,
  deathBeforeCall: 0.004,
  deathAfterCall: 0.004,
  death: 0.03,
  pause: 0.03,
  partition: 0.03,
  clockJump: 0.03,
  lostWake: 0.3,
  repeatedWake: 0.1,
  storeClockStep: 0,
  rollback: 0,
};
