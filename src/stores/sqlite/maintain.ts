/** Chores in bounded pieces: rescue, prune, forget. Each is idempotent, and needs no leader to be correct. */

import { MIN_KEEP_MS } from '../../core/job.js';
import { expire } from '../../core/transitions.js';
import type { MaintainReply, MaintainRequest } from '../../store/contract.js';
import { recheckLines } from './recheck.js';
import { RUNNING } from './rows.js';
import type { Session } from './session.js';
import { COUNTED_TASKS, ENDED_UNDER_A_COUNT, NEWEST_COUNTED, PRUNABLE, PRUNE_JOBS } from './sql/chores.js';
import { CUT_LEASES, DELETE_CLAIM, EXPIRED_CLAIMS, NEXT_EXPIRY } from './sql/claims.js';
import { SOME_KEYS } from './sql/keys.js';
import { FORGET_WORKERS, LEADER, NEXT_SLOT, RECHECK_ALL, WRITE_LEADER } from './sql/settings.js';
import type { Tx } from './tx.js';

/** A worker that wasn't seen for this many leases is forgotten. */
const FORGOTTEN_AFTER_LEASES = 10;

/** How far the chores came that go round the whole store, a piece at each call. Lost with the process, which costs nothing. */
export interface Rounds {
  /** The clock at the last call; Infinity before the first. */
  lastNow: number;
  keysAfter: string;
  tasksAfter: string;
}

export function maintain(session: Session, rounds: Rounds, { term, limit }: MaintainRequest): MaintainReply {
  return session.write((tx) => {
    if (term !== null && !isCurrent(tx, term))
      return { refused: true, now: tx.now, rescued: 0, pruned: 0, more: false, nextAt: null };
    tx.db.run(CUT_LEASES, [tx.now, tx.now, tx.now, limit]);
    const rescued = rescue(tx, limit);
    const pruned = pruneByAge(tx, limit) + pruneByCount(tx, rounds, limit);
    tx.db.run(FORGET_WORKERS, [FORGOTTEN_AFTER_LEASES, tx.now]);
    forgetKeys(tx, rounds, limit);
    // A clock that stepped back leaves lines that open too late.
    if (tx.now < rounds.lastNow) tx.db.run(RECHECK_ALL);
    rounds.lastNow = tx.now;
    const isRechecking = recheckLines(tx, limit);
    return {
      refused: false,
      now: tx.now,
      rescued,
      pruned,
      more: rescued >= limit || pruned >= limit || isRechecking,
      nextAt: nextChore(tx),
    };
  });
}

/** A term lower than the highest that was ever seen is refused; a higher one ends that of whoever leads. */
function isCurrent(tx: Tx, term: number): boolean {
  const highest = tx.db.get<{ term: number }>(LEADER)?.term ?? 0;
  if (term > highest) tx.db.run(WRITE_LEADER, [term, null, tx.now, 0]);
  return term >= highest;
}

function nextChore(tx: Tx): number | null {
  const expiry = tx.db.get<{ expires_at: number }>(NEXT_EXPIRY)?.expires_at ?? Infinity;
  const next = Math.min(expiry, tx.db.get<{ next_at: number }>(NEXT_SLOT)?.next_at ?? Infinity);
  return next === Infinity ? null : next;
}

/** Jobs of claims whose lease ended wait again. A claim goes when all its jobs were looked at. */
function rescue(tx: Tx, limit: number): number {
  let rescued = 0;
  for (const { token, seqs } of tx.db.all<{ token: string; seqs: string }>(EXPIRED_CLAIMS, [tx.now, limit])) {
    for (const seq of JSON.parse(seqs) as readonly number[]) {
      const job = tx.bySeq(seq, 'without input');
      if (job === null || job.place !== RUNNING || job.record.token !== token) continue;
      if (rescued >= limit) return rescued;
      tx.turnstile.end(job.record.keys, tx.now);
      tx.change(job, expire(job.record, tx.now));
      tx.released(token, 1);
      rescued += 1;
    }
    tx.db.run(DELETE_CLAIM, [token]);
  }
  return rescued;
}

function pruneByAge(tx: Tx, limit: number): number {
  return prune(tx, tx.db.all<{ seq: number }>(PRUNABLE, [tx.now, limit]));
}

function prune(tx: Tx, jobs: readonly { readonly seq: number }[]): number {
  if (jobs.length === 0) return 0;
  const seqs = JSON.stringify(jobs.map(({ seq }) => seq));
  const gone = tx.db.all<{ queue: string; place: number; task: string; keep_count: number | null }>(PRUNE_JOBS, [seqs]);
  for (const { queue, place, task, keep_count } of gone) {
    tx.moved(queue, place, -1);
    if (keep_count !== null) tx.uncounted(task);
  }
  return gone.length;
}

/** Ended jobs beyond the number that their task keeps, by the latest one's word, and past the least time of all. */
function pruneByCount(tx: Tx, rounds: Rounds, limit: number): number {
  let pruned = 0;
  const tasks = tx.db.all<{ task: string; n: number }>(COUNTED_TASKS, [rounds.tasksAfter, limit]);
  for (const { task, n } of tasks) {
    const keep = tx.db.get<{ keep_count: number }>(NEWEST_COUNTED, [task])?.keep_count ?? 0;
    const surplus = Math.min(n + tx.countedSoFar(task) - keep, limit - pruned);
    if (surplus > 0)
      pruned += prune(tx, tx.db.all<{ seq: number }>(ENDED_UNDER_A_COUNT, [task, tx.now - MIN_KEEP_MS, surplus]));
    if (pruned >= limit) break;
    rounds.tasksAfter = task;
  }
  if (tasks.length < limit && pruned < limit) rounds.tasksAfter = '';
  return pruned;
}

/** Keys that stand idle and limit nothing any more. */
function forgetKeys(tx: Tx, rounds: Rounds, limit: number): void {
  const keys = tx.db.all<{ key: string }>(SOME_KEYS, [rounds.keysAfter, limit]);
  for (const { key } of keys) tx.turnstile.reconsider(key);
  rounds.keysAfter = keys.length < limit ? '' : (keys.at(-1)?.key ?? '');
}
