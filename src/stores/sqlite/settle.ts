/** Settling: many completed jobs in few statements, everything rarer through the transitions. */

import { isRunsEnd, pruneTime, settle } from '../../core/transitions.js';
import type { Settle, SettleAnswer } from '../../store/exchange.js';
import { perSize, sizesFor } from './batch.js';
import type { SqlValue } from './driver.js';
import { COMPLETED, RUNNING, readKeys } from './rows.js';
import { COMPLETE_WIDTH, completeJobs } from './sql/claims.js';
import type { Tx } from './tx.js';

export function settleAll(tx: Tx, items: readonly Settle[]): readonly SettleAnswer[] {
  const answers: SettleAnswer[] = Array<SettleAnswer>(items.length).fill('ok');
  const done = complete(tx, items);
  for (let i = 0; i < items.length; i++) {
    const item = items[i] as Settle;
    if (!done.has(item.seq)) answers[i] = settleOne(tx, item);
  }
  return answers;
}

/** Completes what is nothing but completed. Answers the seqs of those that it did. */
function complete(tx: Tx, items: readonly Settle[]): Set<number> {
  const done = new Set<number>();
  const plain = items.filter(isPlainCompletion);
  // Two that name one job must be told apart: one by one, then.
  if (new Set(items.map((item) => item.seq)).size < items.length) return done;
  const inQueue = new Map<string, number>();
  const underToken = new Map<string, number>();
  const withKeys = new Map<number, readonly string[] | null>();
  let from = 0;
  for (const size of sizesFor(plain.length, 'padded')) {
    const params: SqlValue[] = [];
    for (const item of plain.slice(from, from + size)) {
      const { keep, result } = item.transition;
      const endedAt = endOf(tx, item);
      const pruneAt = keep === null ? null : pruneTime('completed', keep, endedAt);
      params.push(item.seq, item.token, result, endedAt, pruneAt === null ? null : Math.ceil(pruneAt));
    }
    while (params.length < size * COMPLETE_WIDTH) params.push(null);
    for (const { seq, queue, keyed } of tx.db.all<{ seq: number; queue: string; keyed: string | null }>(
      statementOf(size),
      params,
    )) {
      done.add(seq);
      if (keyed !== null) withKeys.set(seq, readKeys(keyed));
      inQueue.set(queue, (inQueue.get(queue) ?? 0) + 1);
    }
    from += size;
  }
  for (const [queue, n] of inQueue) {
    tx.moved(queue, RUNNING, -n);
    tx.moved(queue, COMPLETED, n);
  }
  for (const item of plain) {
    const keys = withKeys.get(item.seq);
    if (keys !== undefined) tx.turnstile.end(keys, endOf(tx, item));
    if (done.has(item.seq)) underToken.set(item.token, (underToken.get(item.token) ?? 0) + 1);
  }
  for (const [token, n] of underToken) tx.released(token, n);
  return done;
}

function isPlainCompletion({ transition }: Settle): boolean {
  const { to, reason, keep, error } = transition;
  return to === 'completed' && reason === 'completed' && error === null && keep !== null && keep.count === null;
}

const statementOf: (rows: number) => string = perSize(completeJobs);

/** Of an ended run, by the store's clock, in whole milliseconds. */
function endOf(tx: Tx, item: Settle): number {
  return Math.round(tx.now - Math.max(0, item.endedAgoMs));
}

function settleOne(tx: Tx, item: Settle): SettleAnswer {
  const { seq, id, token, transition } = item;
  const job = tx.bySeq(seq, 'without input');
  if (job === null || job.record.id !== id || job.record.token !== token) return 'lost';
  if (job.place !== RUNNING) return 'repeated';
  const endedAt = endOf(tx, item);
  // The old keys' slots are freed before a rekeyed job joins the lines of its new keys.
  tx.turnstile.end(job.record.keys, isRunsEnd(transition) ? endedAt : null);
  tx.change(job, settle(job.record, transition, endedAt), transition.keep === null ? undefined : transition.keep.count);
  tx.released(token, 1);
  return 'ok';
}
