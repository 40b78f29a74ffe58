/** Suspects: jobs whose lease ended once. They wait apart, are claimed alone, and ignore the lines of their keys. */

import type { ServedQueue } from './served.js';
import { SUSPECT, type StoredJob } from './rows.js';
import { SUSPECTS } from './sql/claims.js';
import type { Tx } from './tx.js';

/** How many are looked at for one that its keys admit. */
const EXAMINED = 8;

export interface FoundSuspect {
  readonly seq: number | null;
  /** When time alone gives one of those looked at room. */
  readonly opensAt: number | null;
}

/** The first suspect of the queue that all its keys have room for. Writes nothing. */
export function admissibleSuspect(tx: Tx, queue: ServedQueue): FoundSuspect {
  let opensAt: number | null = null;
  if (queue.count(SUSPECT) <= 0) return { seq: null, opensAt };
  for (const { seq } of tx.db.all<{ seq: number }>(SUSPECTS, [queue.name, EXAMINED])) {
    const { record } = tx.bySeq(seq, 'without input') as StoredJob;
    if (tx.turnstile.blockedOn(record) === null) return { seq, opensAt };
    const at = tx.turnstile.opensAt(record);
    if (at !== null && (opensAt === null || at < opensAt)) opensAt = at;
  }
  return { seq: null, opensAt };
}
