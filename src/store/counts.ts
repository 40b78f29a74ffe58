import type { Counts } from './contract.js';

/** Counts of nothing, to be counted up: a new object each time. */
export function noCounts(): { -readonly [K in Exclude<keyof Counts, 'exact'>]: number } {
  return {
    pending: 0,
    running: 0,
    suspended: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
    delayed: 0,
    parked: 0,
    orphaned: 0,
  };
}
