/**
 * Single jobs: load, write, remove. Inputs are positional, in the order of each comment. Every one of
 * these runs inside the caller's transaction, which is what makes a verb atomic.
 */

import { RUNNING } from '../rows.js';

/** Those of `JobRow`, but its input. */
export const COLUMNS: string =
  'seq, place, rev, attempt, token, claimed_at, ended_at, prune_at, reason, priority, due_at, created_at, flags, max_attempts, id, queue, task, parked_on, keep_count, extra, errors, progress, result';

/** in: seq. out: the row. */
export const JOB_BY_SEQ: string = `SELECT ${COLUMNS}, input FROM jobs WHERE seq = ?`;

/** in: seq. out: the row without its input, which may be large and which a settle has no use for. */
export const JOB_BY_SEQ_WITHOUT_INPUT: string = `SELECT ${COLUMNS}, NULL AS input FROM jobs WHERE seq = ?`;

/** in: id. out: the row. */
export const JOB_BY_ID: string = `SELECT ${COLUMNS}, input FROM jobs WHERE id = ?`;

/** in: id. out: the row without its input. */
export const JOB_BY_ID_WITHOUT_INPUT: string = `SELECT ${COLUMNS}, NULL AS input FROM jobs WHERE id = ?`;

/** in: unique key, queue. out: seq of the job that holds it. */
export const SEQ_BY_UNIQUE: string = 'SELECT seq FROM jobs WHERE unique_key = ? AND queue = ?';

/** out: the newest seq, or no row. */
export const NEWEST_SEQ: string = 'SELECT seq FROM jobs ORDER BY seq DESC LIMIT 1';

/** in: see `Tx.change`. Everything of a job that a transition can change, but its input. */
export const WRITE_JOB: string = `
UPDATE jobs SET place = ?, rev = ?, attempt = ?, token = ?, claimed_at = ?, ended_at = ?, prune_at = ?, reason = ?,
  priority = ?, due_at = ?, flags = ?, parked_on = ?, keep_count = ?, unique_key = ?, extra = ?, errors = ?, result = ?, progress = ?
WHERE seq = ?`;

/** in: input, seq. */
export const WRITE_INPUT: string = 'UPDATE jobs SET input = ? WHERE seq = ?';

/** in: place, ended_at, prune_at, seq. A damaged row is put aside as it is, for whoever wants to repair it. */
export const QUARANTINE_JOB: string = `
UPDATE jobs SET place = ?, rev = rev + 1, reason = 'corrupt', ended_at = ?, prune_at = ?, parked_on = NULL, unique_key = NULL, keep_count = NULL
WHERE seq = ?`;

/** in: seq. */
export const DELETE_JOB: string = 'DELETE FROM jobs WHERE seq = ?';

/** in: progress, seq, token. Only of a job that runs under the token. */
export const WRITE_PROGRESS: string = `UPDATE jobs SET progress = ?, rev = rev + 1 WHERE seq = ? AND token = ? AND place = ${RUNNING}`;

const INSERT_COLUMNS: string =
  'seq, id, place, queue, task, priority, due_at, max_attempts, created_at, flags, parked_on, unique_key, schedule_id, extra, input, attempt, rev, reason';

/** How many parameters a row of `insertJobs` takes. */
export const INSERT_WIDTH = 15;

/**
 * in, a row: seq, id, place, queue, task, priority, due_at, max_attempts, created_at, flags, parked_on,
 * unique_key, schedule_id, extra, input. An id that is taken is passed over.
 */
export function insertJobs(rows: number): string {
  const row = `(${'?, '.repeat(INSERT_WIDTH)}0, 1, 'enqueued')`;
  return `INSERT INTO jobs (${INSERT_COLUMNS}) VALUES ${Array(rows).fill(row).join(', ')} ON CONFLICT (id) DO NOTHING`;
}

/** in: queue, place, how many more. */
export const ADD_TO_COUNT: string =
  'INSERT INTO counts (queue, place, n) VALUES (?, ?, ?) ON CONFLICT (queue, place) DO UPDATE SET n = n + excluded.n';

/** in: queue. out: place, n of all that is there. */
export const COUNTS_OF: string = 'SELECT place, n FROM counts WHERE queue = ? AND n > 0';

/** in: queue. Places that nothing is in are as good as none. */
export const DROP_COUNTS: string = 'DELETE FROM counts WHERE queue = ? AND n = 0';

/** in: queue, name, how many more. */
export const ADD_TO_ORPHANS: string =
  'INSERT INTO orphans (queue, name, n) VALUES (?, ?, ?) ON CONFLICT (queue, name) DO UPDATE SET n = n + excluded.n';

/** in: queue, name. Removes what became empty. */
export const DROP_ORPHANS: string = 'DELETE FROM orphans WHERE queue = ? AND name = ? AND n <= 0';

/** in: task, how many more. */
export const ADD_TO_COUNTED: string =
  'INSERT INTO counted (task, n) VALUES (?, ?) ON CONFLICT (task) DO UPDATE SET n = n + excluded.n';

/** in: task. Removes what became empty. */
export const DROP_COUNTED: string = 'DELETE FROM counted WHERE task = ? AND n <= 0';
