/** Reading: pages, counts, and what explains a job. */

import { opensAt } from '../../core/constraint.js';
import type { JobRecord } from '../../core/job.js';
import { isOrphanName } from '../../core/transitions.js';
import type { Counts, Inspection, JobFilter, KeyInspection, ListReply } from '../../store/contract.js';
import { noCounts } from '../../store/index.js';
import { heldRows } from './exchange.js';
import { type Row, recordOf } from './row.js';
import type { MemoryState } from './state.js';

/** At most this many records are looked at for one page, and for one count. */
const LOOKED_AT = 5_000;
const COUNTED = 100_000;
const HOLDERS = 10;

export function get(state: MemoryState, id: string): JobRecord | null {
  const row = state.jobs.find(id);
  return row === undefined ? null : recordOf(row);
}

export function list(state: MemoryState, filter: JobFilter, cursor: string | null, limit: number): ListReply {
  const found = page(state, filter, cursor, Math.min(limit, 1_000), LOOKED_AT);
  return { jobs: found.rows.map(recordOf), cursor: found.cursor };
}

/** The next matching rows, newest first. The cursor is the arrival number of the last row looked at. */
export function page(
  state: MemoryState,
  filter: JobFilter,
  cursor: string | null,
  limit: number,
  lookedAt: number,
): { rows: readonly Row[]; cursor: string | null } {
  const rows: Row[] = [];
  let looked = 0;
  let last = cursor;
  for (const row of state.jobs.newestFirst(cursor === null ? Infinity : Number(cursor))) {
    if (looked === lookedAt || rows.length === limit) return { rows, cursor: last };
    looked += 1;
    last = String(row.seq);
    if (matches(row, filter)) rows.push(row);
  }
  return { rows, cursor: null };
}

function matches(row: Row, filter: JobFilter): boolean {
  if (filter.states !== undefined && !filter.states.includes(row.state)) return false;
  if (filter.queue !== undefined && row.queue !== filter.queue) return false;
  if (filter.task !== undefined && row.task !== filter.task) return false;
  if (filter.key !== undefined && row.keys?.includes(filter.key) !== true) return false;
  if (filter.scheduleId !== undefined && row.rare?.scheduleId !== filter.scheduleId) return false;
  if (filter.parentId !== undefined && row.rare?.parentId !== filter.parentId) return false;
  if (filter.createdBefore !== undefined && row.createdAt >= filter.createdBefore) return false;
  if (filter.createdAfter !== undefined && row.createdAt <= filter.createdAfter) return false;
  return Object.entries(filter.labels ?? {}).every(([name, value]) => labelOf(row, name) === value);
}

function labelOf(row: Row, name: string): string | undefined {
  return row.labels !== null && Object.hasOwn(row.labels, name) ? row.labels[name] : undefined;
}

export function count(state: MemoryState, filter: JobFilter): Counts {
  const { states, queue, ...others } = filter;
  const counts = noCounts();
  if (Object.values(others).every((value) => value === undefined)) {
    for (const [name, { counts: own }] of state.queues) {
      if (queue !== undefined && name !== queue) continue;
      for (const place of Object.keys(counts) as (keyof typeof counts)[]) counts[place] += own[place];
    }
    return { ...onlyStates(counts, states), exact: true };
  }
  let looked = 0;
  for (const row of state.jobs.newestFirst()) {
    if (looked++ >= COUNTED) return { ...counts, exact: false };
    if (!matches(row, filter)) continue;
    counts[row.state] += 1;
    if (row.placement === 'delayed') counts.delayed += 1;
    if (row.placement === 'parked') counts[isOrphanName(row.parkedOn as string) ? 'orphaned' : 'parked'] += 1;
  }
  return { ...counts, exact: true };
}

function onlyStates(counts: Omit<Counts, 'exact'>, states: JobFilter['states']): Omit<Counts, 'exact'> {
  if (states === undefined) return counts;
  const of = (state: (typeof states)[number], n: number): number => (states.includes(state) ? n : 0);
  return {
    pending: of('pending', counts.pending),
    running: of('running', counts.running),
    suspended: of('suspended', counts.suspended),
    completed: of('completed', counts.completed),
    failed: of('failed', counts.failed),
    cancelled: of('cancelled', counts.cancelled),
    delayed: of('pending', counts.delayed),
    parked: of('pending', counts.parked),
    orphaned: of('pending', counts.orphaned),
  };
}

export function inspect(state: MemoryState, id: string): Inspection | null {
  const row = state.jobs.find(id);
  if (row === undefined) return null;
  const now = state.clock();
  const queue = state.queue(row.queue);
  const claim = row.state === 'running' ? state.claims.get(row.token as string) : undefined;
  return {
    now,
    job: recordOf(row),
    queue: { paused: queue.isPaused, concurrency: queue.concurrency, running: queue.counts.running },
    keys: (row.keys ?? []).map((name) => inspectKey(state, name, now)),
    claim: claim === undefined ? null : { worker: claim.worker, expiresAt: claim.takenAt + claim.leaseMs },
  };
}

function inspectKey(state: MemoryState, name: string, now: number): KeyInspection {
  const { key, limits } = state.turnstile.look(name);
  const holders: string[] = [];
  for (const claim of state.claims.values()) {
    if (holders.length >= HOLDERS) break;
    for (const row of heldRows(claim)) if (row.keys?.includes(name) === true) holders.push(row.id);
  }
  let waiting = 0;
  for (const wait of key.waits.values()) waiting += wait.rows.size;
  return {
    key: name,
    limits,
    running: key.state.running,
    waiting,
    holders: holders.slice(0, HOLDERS),
    opensAt: opensAt(limits, key.state, now),
  };
}
