/** Pages of jobs by a filter, newest first: a bounded number is looked at, and the cursor says where to go on. */

import type { JobFilter } from '../../store/contract.js';
import type { Database } from './database.js';
import type { SqlValue } from './driver.js';
import { type JobRow, placesOf, recordOf } from './rows.js';
import { pageOfJobs, SEQ_AT_DEPTH } from './sql/find.js';

export interface FindBounds {
  readonly limit: number;
  readonly lookedAt: number;
  /** The caller has no use for the inputs, which may be large. */
  readonly input: 'with' | 'without';
}

export interface Found {
  readonly rows: readonly JobRow[];
  /** The seq of the last job that was looked at; `null` = there are no more. */
  readonly cursor: string | null;
}

/** Rows that SQL has let through and that JavaScript still has to look at come in pieces of this many. */
const PIECE = 500;

export function findJobs(db: Database, filter: JobFilter, cursor: string | null, bounds: FindBounds): Found {
  const before = cursor === null ? Number.MAX_SAFE_INTEGER : Number(cursor);
  // The oldest job that may be looked at; none = all that are left may be.
  const depth = db.get<{ seq: number }>(SEQ_AT_DEPTH, [before, bounds.lookedAt - 1])?.seq ?? null;
  const { sql, params } = conditionsOf(filter);
  const needsLook = hasRecordConditions(filter);
  const rows: JobRow[] = [];
  let from = before;
  for (;;) {
    const wanted = needsLook ? PIECE : bounds.limit - rows.length;
    const piece = db.all<JobRow>(pageOfJobs(sql, bounds.input), [from, depth ?? 0, ...params, wanted]);
    for (const row of piece) {
      if (needsLook && !matches(row, filter)) continue;
      rows.push(row);
      if (rows.length >= bounds.limit) return { rows, cursor: endAt(db, row.seq) };
    }
    if (piece.length < wanted) break;
    from = (piece.at(-1) as JobRow).seq;
  }
  return { rows, cursor: depth === null ? null : endAt(db, depth) };
}

/** As a cursor; null if nothing is older. */
function endAt(db: Database, seq: number): string | null {
  return db.get(SEQ_AT_DEPTH, [seq, 0]) === undefined ? null : String(seq);
}

/** What SQL can judge by columns. Never by `extra`: one damaged row would fail the whole page. */
export function conditionsOf(filter: JobFilter): { readonly sql: string; readonly params: readonly SqlValue[] } {
  const { states, queue, task, scheduleId, createdBefore, createdAfter } = filter;
  const sql: string[] = [];
  const params: SqlValue[] = [];
  const add = (condition: string, value: SqlValue | undefined): void => {
    if (value === undefined) return;
    sql.push(condition);
    params.push(value);
  };
  if (states !== undefined) sql.push(`place IN (${placesOf(states).join(', ')})`);
  add('queue = ?', queue);
  add('task = ?', task);
  add('schedule_id = ?', scheduleId);
  add('created_at < ?', createdBefore);
  add('created_at > ?', createdAfter);
  if (hasRecordConditions(filter)) sql.push('extra IS NOT NULL');
  return { sql: sql.map((condition) => ` AND ${condition}`).join(''), params };
}

function hasRecordConditions({ labels, key, parentId }: JobFilter): boolean {
  return (labels !== undefined && Object.keys(labels).length > 0) || key !== undefined || parentId !== undefined;
}

/** What only the record tells. */
export function matches(row: JobRow, { labels, key, parentId }: JobFilter): boolean {
  const record = recordOf(row);
  if (key !== undefined && record.keys?.includes(key) !== true) return false;
  if (parentId !== undefined && record.rare?.parentId !== parentId) return false;
  const own = record.labels ?? {};
  return Object.entries(labels ?? {}).every(([name, value]) => Object.hasOwn(own, name) && own[name] === value);
}
