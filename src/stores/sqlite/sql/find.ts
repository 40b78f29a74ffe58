/** Pages of jobs, newest first. `NOT INDEXED` keeps to the order of arrival, whatever the filter: no page is ever sorted. */

import { COLUMNS } from './jobs.js';

/** in: before which seq, how many to pass over. out: seq of the job that comes then. */
export const SEQ_AT_DEPTH: string = 'SELECT seq FROM jobs NOT INDEXED WHERE seq < ? ORDER BY seq DESC LIMIT 1 OFFSET ?';

/** in: before which seq, down to which seq, the conditions' parameters, how many. out: rows. */
export function pageOfJobs(conditions: string, input: 'with' | 'without'): string {
  const columns = input === 'with' ? `${COLUMNS}, input` : `${COLUMNS}, NULL AS input`;
  return `SELECT ${columns} FROM jobs NOT INDEXED WHERE seq < ? AND seq >= ?${conditions} ORDER BY seq DESC LIMIT ?`;
}

/** in: before which seq, down to which seq, the conditions' parameters. out: place, n. Looks at those rows and no others. */
export function countJobs(conditions: string): string {
  return `SELECT place, count(*) AS n FROM jobs NOT INDEXED WHERE seq < ? AND seq >= ?${conditions} GROUP BY place`;
}

/** out: place, n over all queues. */
export const ALL_COUNTS: string = 'SELECT place, sum(n) AS n FROM counts GROUP BY place';

/** in: JSON list of ids. out: rows, in any order. */
export const JOBS_BY_IDS: string = `SELECT ${COLUMNS}, input FROM jobs WHERE id IN (SELECT value FROM json_each(?))`;
