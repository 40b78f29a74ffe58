/** Claims, and the set-based statements of the hot path. All run inside the exchange's one transaction. */

import { COMPLETED, claimColumns, DELAYED, HAS_KEYS, ORPHANED, READY, RUNNING, SUSPECT } from '../rows.js';

const COLUMNS: string = claimColumns.join(', ');

/** in: queue, how many. out: `claimColumns`, in the order of claim. */
export const READY_JOBS: string = `
SELECT ${COLUMNS} FROM jobs WHERE place = ${READY} AND queue = ? ORDER BY priority DESC, due_at, seq LIMIT ?`;

/** in: queue, how many, how many to pass over. out: priority, due_at, seq, in the order of claim, from the index alone. */
export const READY_HEADS: string = `
SELECT priority, due_at, seq FROM jobs WHERE place = ${READY} AND queue = ? ORDER BY priority DESC, due_at, seq LIMIT ? OFFSET ?`;

/** in: JSON list of seqs. out: `claimColumns`, in any order. */
export const JOBS_OF_SEQS: string = `SELECT ${COLUMNS} FROM jobs WHERE seq IN (SELECT value FROM json_each(?))`;

/** in: token, claimed_at, JSON list of seqs. `core/transitions.claim` for rows without flags. */
export const CLAIM_JOBS: string = `
UPDATE jobs SET place = ${RUNNING}, reason = 'claimed', rev = rev + 1, attempt = attempt + 1, token = ?, claimed_at = ?
WHERE seq IN (SELECT value FROM json_each(?))`;

/** in: token, claimed_at, seq. The same for one job that stands in a line. */
export const CLAIM_FROM_LINE: string = `
UPDATE jobs SET place = ${RUNNING}, reason = 'claimed', rev = rev + 1, attempt = attempt + 1, token = ?, claimed_at = ?, parked_on = NULL
WHERE seq = ?`;

/** in: seq. out: flags, extra. */
export const FLAGS_OF: string = 'SELECT flags, extra FROM jobs WHERE seq = ?';

/** in: JSON list of seqs, token. out: `claimColumns` of those that the token still holds, in any order. */
export const HELD_JOBS: string = `
SELECT ${COLUMNS} FROM jobs WHERE seq IN (SELECT value FROM json_each(?)) AND token = ? AND place = ${RUNNING}`;

/** How many parameters a row of `completeJobs` takes. */
export const COMPLETE_WIDTH = 5;

/**
 * `core/transitions.settle` to completed, for rows whose only flag is that they have keys; the others are left alone.
 *
 * in, a row: seq, token, result, ended_at, prune_at. A row of nulls matches nothing. out: seq,
 * queue of each that it completed, and `extra` of one with keys.
 */
export function completeJobs(rows: number): string {
  return `
WITH done (seq, token, result, ended_at, prune_at) AS (VALUES ${Array(rows).fill('(?, ?, ?, ?, ?)').join(', ')})
UPDATE jobs SET place = ${COMPLETED}, reason = 'completed', rev = rev + 1, result = done.result, ended_at = done.ended_at, prune_at = done.prune_at
FROM done WHERE jobs.seq = done.seq AND jobs.token = done.token AND place = ${RUNNING} AND flags IN (0, ${HAS_KEYS})
RETURNING seq, queue, CASE flags WHEN 0 THEN NULL ELSE extra END AS keyed`;
}

/** in: queue. out: due_at of the one that is due first. */
export const NEXT_DUE: string = `SELECT due_at FROM jobs WHERE place = ${DELAYED} AND queue = ? ORDER BY due_at LIMIT 1`;

/** in: queue, now, how many. out: seq, flags of those that are due, in the order of due time and arrival. */
export const DUE_JOBS: string = `SELECT seq, flags FROM jobs WHERE place = ${DELAYED} AND queue = ? AND due_at <= ? ORDER BY due_at, seq LIMIT ?`;

/** in: JSON list of seqs. They become ready; a promotion by time is no transition. */
export const MAKE_READY: string = `UPDATE jobs SET place = ${READY} WHERE seq IN (SELECT value FROM json_each(?))`;

/** in: queue, how many, how many to pass over. out: priority, due_at, seq of suspects without keys, in the order of claim. */
export const SUSPECT_HEADS: string = `
SELECT priority, due_at, seq FROM jobs WHERE place = ${SUSPECT} AND queue = ? ORDER BY priority DESC, due_at, seq LIMIT ? OFFSET ?`;

/** in: name, queue, how many. out: seq of those parked under the name, in the order of claim. */
export const ORPHANS_OF: string = `
SELECT seq FROM jobs WHERE place = ${ORPHANED} AND parked_on = ? AND queue = ? ORDER BY priority DESC, due_at, seq LIMIT ?`;

/** in: queue, how many. out: names under which jobs of the queue are parked. */
export const ORPHAN_NAMES: string = 'SELECT name FROM orphans WHERE queue = ? ORDER BY name LIMIT ?';

/** in: token, worker, taken_at, lease_ms, expires_at, remaining, seqs. */
export const INSERT_CLAIM: string = `
INSERT INTO claims (token, worker, taken_at, lease_ms, expires_at, remaining, seqs) VALUES (?, ?, ?, ?, ?, ?, ?)`;

/** in: token. out: the claim. */
export const CLAIM_BY_TOKEN: string =
  'SELECT worker, taken_at, lease_ms, expires_at, remaining, cancels, seqs FROM claims WHERE token = ?';

/** in: how many fewer, token. out: how many are left. */
export const RELEASE_FROM_CLAIM: string =
  'UPDATE claims SET remaining = remaining - ? WHERE token = ? RETURNING remaining';

/** in: token. */
export const DELETE_CLAIM: string = 'DELETE FROM claims WHERE token = ?';

/** in: now, lease_ms, expires_at, token. out: cancels of a claim that is still there. */
export const EXTEND_CLAIM: string = `
UPDATE claims SET taken_at = ?, lease_ms = ?, expires_at = ? WHERE token = ? RETURNING cancels`;

/** in: cancels, token. */
export const WRITE_CANCELS: string = 'UPDATE claims SET cancels = ? WHERE token = ?';

/** in: id, token. out: a row if the job is held under the token. */
export const IS_HELD: string = `SELECT 1 AS held FROM jobs WHERE id = ? AND token = ? AND place = ${RUNNING}`;

/** in: now, now, now, how many. Leases taken in what is now the future reach no further than their length from now. */
export const CUT_LEASES: string = `
UPDATE claims SET taken_at = ?, expires_at = ? + lease_ms
WHERE token IN (SELECT token FROM claims WHERE taken_at > ? ORDER BY taken_at LIMIT ?)`;

/** in: now, how many. out: token, seqs of claims whose lease ended, the oldest first. */
export const EXPIRED_CLAIMS: string =
  'SELECT token, seqs FROM claims WHERE expires_at <= ? ORDER BY expires_at LIMIT ?';

/** out: when the next lease ends. */
export const NEXT_EXPIRY: string = 'SELECT expires_at FROM claims ORDER BY expires_at LIMIT 1';

/** in: how many. out: token, seqs of claims, in any order. */
export const SOME_CLAIMS: string = 'SELECT token, seqs FROM claims LIMIT ?';
