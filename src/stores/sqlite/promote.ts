/** What time alone makes claimable: delayed jobs that are due, and lines whose cooldown is over. */

import { DELAYED, READY, type StoredJob } from './rows.js';
import type { ServedQueue } from './served.js';
import { DUE_JOBS, MAKE_READY } from './sql/claims.js';
import { COOLED_LINES } from './sql/keys.js';
import type { Tx } from './tx.js';

/** @returns the limit stopped it */
export function promoteDue(tx: Tx, queue: ServedQueue, limit: number): boolean {
  const isCut = promoteDelayed(tx, queue, limit);
  return openCooled(tx, queue, limit) || isCut;
}

function promoteDelayed(tx: Tx, queue: ServedQueue, limit: number): boolean {
  const next = queue.nextDue();
  if (next === null || next > tx.now) return false;
  const due = tx.db.all<{ seq: number; flags: number }>(DUE_JOBS, [queue.name, tx.now, limit + 1]);
  const promoted = due.slice(0, limit);
  const plain = promoted.filter(({ flags }) => flags === 0).map(({ seq }) => seq);
  if (plain.length > 0) {
    tx.db.run(MAKE_READY, [JSON.stringify(plain)]);
    tx.moved(queue.name, DELAYED, -plain.length);
    tx.moved(queue.name, READY, plain.length);
  }
  // Suspects wait apart, and jobs with keys in lines.
  for (const { seq, flags } of promoted) {
    if (flags !== 0) tx.move(tx.bySeq(seq, 'without input') as StoredJob);
  }
  return due.length > limit;
}

function openCooled(tx: Tx, queue: ServedQueue, limit: number): boolean {
  if (!queue.hasLines) return false;
  const cooled = tx.db.all<{ key: string }>(COOLED_LINES, [queue.name, tx.now, limit + 1]);
  for (const { key } of cooled.slice(0, limit)) tx.turnstile.refresh(key);
  return cooled.length > limit;
}
