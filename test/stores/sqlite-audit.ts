/** What SQLite keeps beside the jobs (counts, lines, keys, claims), compared with what the jobs themselves say. */

import { expect } from 'vitest';

/** @param all what a query answers on the file */
export function audit(all: (sql: string) => readonly unknown[]): void {
  const same = (kept: string, found: string): void => expect(all(kept), kept).toEqual(all(found));
  same(
    'SELECT queue, place, n FROM counts WHERE n <> 0 ORDER BY 1, 2',
    'SELECT queue, place, count(*) AS n FROM jobs GROUP BY 1, 2 ORDER BY 1, 2',
  );
  same(
    'SELECT queue, name, n FROM orphans ORDER BY 1, 2',
    'SELECT queue, parked_on AS name, count(*) AS n FROM jobs WHERE place = 3 GROUP BY 1, 2 ORDER BY 1, 2',
  );
  same(
    'SELECT task, n FROM counted ORDER BY 1',
    'SELECT task, count(*) AS n FROM jobs WHERE keep_count IS NOT NULL GROUP BY 1 ORDER BY 1',
  );
  same(
    'SELECT key, queue, place, waiting, head_priority, head_due, head_seq FROM waits ORDER BY 1, 2, 3',
    `SELECT parked_on AS key, queue, place, waiting, priority AS head_priority, due_at AS head_due, seq AS head_seq FROM (
       SELECT *, count(*) OVER (PARTITION BY parked_on, queue, place) AS waiting,
         row_number() OVER (PARTITION BY parked_on, queue, place ORDER BY priority DESC, due_at, seq) AS nth
       FROM jobs WHERE place IN (2, 5)) WHERE nth = 1 ORDER BY 1, 2, 3`,
  );
  same(
    'SELECT key, running FROM keys WHERE running <> 0 ORDER BY 1',
    "SELECT k.value AS key, count(*) AS running FROM jobs, json_each(extra, '$.keys') AS k WHERE place = 7 GROUP BY 1 ORDER BY 1",
  );
  same(
    'SELECT token, remaining FROM claims ORDER BY 1',
    'SELECT token, count(*) AS remaining FROM jobs WHERE place = 7 GROUP BY 1 ORDER BY 1',
  );
  expect(all("SELECT id FROM jobs WHERE place IN (1, 4) AND json_extract(extra, '$.keys[0]') IS NOT NULL")).toEqual([]);
  expect(all('SELECT id FROM jobs WHERE (parked_on IS NULL) = (place IN (2, 3, 5))')).toEqual([]);
  expect(all('SELECT id FROM jobs WHERE (prune_at IS NULL) = (place >= 8)')).toEqual([]);
  // Limits count live leases. One that was lowered kills nothing, so only what would admit more is wrong.
  const admitting = all(
    `SELECT w.key FROM waits w JOIN keys k ON k.key = w.key JOIN groups g ON g.name = substr(w.key, 1, instr(w.key, '/') - 1)
     WHERE w.opens_at = 0 AND k.running >= json_extract(g.limits, '$.maxConcurrent')`,
  );
  expect(admitting).toEqual([]);
}
