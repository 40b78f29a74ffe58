/** What the chores prune. All run inside one transaction of `maintain`. */

import { COMPLETED } from '../rows.js';

/** in: now, how many. out: seq of jobs past their retention, the oldest first. */
export const PRUNABLE: string =
  'SELECT seq FROM jobs WHERE prune_at IS NOT NULL AND prune_at <= ? ORDER BY prune_at LIMIT ?';

/** in: JSON list of seqs. out: queue, place, task, keep_count of those that had ended and are gone now. */
export const PRUNE_JOBS: string = `
DELETE FROM jobs WHERE seq IN (SELECT value FROM json_each(?)) AND place >= ${COMPLETED} RETURNING queue, place, task, keep_count`;

/** in: after which task, how many. out: task, n: ended jobs of tasks that keep a bounded number. */
export const COUNTED_TASKS: string = 'SELECT task, n FROM counted WHERE task > ? ORDER BY task LIMIT ?';

/** in: task. out: keep_count of the one that ended last. */
export const NEWEST_COUNTED: string = `
SELECT keep_count FROM jobs WHERE task = ? AND keep_count IS NOT NULL ORDER BY ended_at DESC, seq DESC LIMIT 1`;

/** in: task, ended until, how many. out: seq of its ended jobs under a bound of their number, the oldest first. */
export const ENDED_UNDER_A_COUNT: string = `
SELECT seq FROM jobs WHERE task = ? AND keep_count IS NOT NULL AND ended_at <= ? ORDER BY ended_at, seq LIMIT ?`;
