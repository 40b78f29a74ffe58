/** Reading: records, pages, counts, and what explains a job. */

import { opensAt } from '../../core/constraint.js';
import type { JobRecord } from '../../core/job.js';
import type { Counts, Inspection, JobFilter, KeyInspection, ListReply } from '../../store/contract.js';
import { noCounts } from '../../store/index.js';
import { conditionsOf, findJobs, matches } from './find.js';
import {
  DELAYED,
  type JobRow,
  ORPHANED,
  PARKED,
  PARKED_SUSPECT,
  placesOf,
  RUNNING,
  recordOf,
  stateOf,
} from './rows.js';
import type { Session } from './session.js';
import { CLAIM_BY_TOKEN, SOME_CLAIMS } from './sql/claims.js';
import { ALL_COUNTS, countJobs, JOBS_BY_IDS, pageOfJobs, SEQ_AT_DEPTH } from './sql/find.js';
import { COUNTS_OF } from './sql/jobs.js';
import { WAITING_AT } from './sql/keys.js';
import type { Tx } from './tx.js';

/** At most this many records are looked at for one page, and for one count. */
const LOOKED_AT = 5_000;
const COUNTED = 100_000;
const HOLDERS = 10;
/** At most this many claims, and jobs under them, are looked at for the holders of a key. */
const CLAIMS_LOOKED_AT = 500;
const HELD_LOOKED_AT = 2_000;

export function get(session: Session, ids: readonly string[]): readonly (JobRecord | null)[] {
  if (ids.length === 0) return [];
  const rows = session.db.all<JobRow>(JOBS_BY_IDS, [JSON.stringify(ids)]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => {
    const row = byId.get(id);
    return row === undefined ? null : recordOf(row);
  });
}

export function list(session: Session, filter: JobFilter, cursor: string | null, limit: number): ListReply {
  const bounds = { limit: Math.min(limit, 1_000), lookedAt: LOOKED_AT, input: 'with' } as const;
  const found = session.db.snapshot(() => findJobs(session.db, filter, cursor, bounds));
  return { jobs: found.rows.map(recordOf), cursor: found.cursor };
}

export function count(session: Session, filter: JobFilter): Counts {
  const { states, queue, ...others } = filter;
  if (Object.values(others).every((value) => value === undefined)) {
    const rows = session.db.all<{ place: number; n: number }>(
      queue === undefined ? ALL_COUNTS : COUNTS_OF,
      queue === undefined ? [] : [queue],
    );
    const wanted = states === undefined ? null : placesOf(states);
    return countsOf(
      rows.filter(({ place }) => wanted === null || wanted.includes(place)),
      true,
    );
  }
  return session.db.snapshot(() => countByLooking(session, filter));
}

function countByLooking({ db }: Session, filter: JobFilter): Counts {
  const depth = db.get<{ seq: number }>(SEQ_AT_DEPTH, [Number.MAX_SAFE_INTEGER, COUNTED - 1])?.seq ?? null;
  const isExact = depth === null || db.get(SEQ_AT_DEPTH, [depth, 0]) === undefined;
  const { sql, params } = conditionsOf(filter);
  const range = [Number.MAX_SAFE_INTEGER, depth ?? 0];
  const { labels, key, parentId } = filter;
  if (labels === undefined && key === undefined && parentId === undefined) {
    return countsOf(db.all<{ place: number; n: number }>(countJobs(sql), [...range, ...params]), isExact);
  }
  const rows = db.all<JobRow>(pageOfJobs(sql, 'without'), [...range, ...params, COUNTED]);
  return countsOf(
    rows.filter((row) => matches(row, filter)).map(({ place }) => ({ place, n: 1 })),
    isExact,
  );
}

function countsOf(rows: readonly { readonly place: number; readonly n: number }[], exact: boolean): Counts {
  const counts = noCounts();
  for (const { place, n } of rows) {
    counts[stateOf(place)] += n;
    if (place === DELAYED) counts.delayed += n;
    if (place === PARKED || place === PARKED_SUSPECT) counts.parked += n;
    if (place === ORPHANED) counts.orphaned += n;
  }
  return { ...counts, exact };
}

export function inspect(session: Session, id: string): Inspection | null {
  return session.read((tx) => {
    const job = tx.byId(id, 'whole');
    if (job === null) return null;
    const { record, place } = job;
    const { isPaused, concurrency } = tx.settings.queue(record.queue);
    const counts = tx.db.all<{ place: number; n: number }>(COUNTS_OF, [record.queue]);
    const claim =
      place === RUNNING ? tx.db.get<{ worker: string; expires_at: number }>(CLAIM_BY_TOKEN, [record.token]) : undefined;
    return {
      now: tx.now,
      job: record,
      queue: { paused: isPaused, concurrency, running: counts.find((c) => c.place === RUNNING)?.n ?? 0 },
      keys: (record.keys ?? []).map((key) => inspectKey(tx, key)),
      claim: claim === undefined ? null : { worker: claim.worker, expiresAt: claim.expires_at },
    };
  });
}

function inspectKey(tx: Tx, key: string): KeyInspection {
  const { limits, state } = tx.turnstile.look(key);
  return {
    key,
    limits,
    running: state.running,
    waiting: tx.db.get<{ waiting: number }>(WAITING_AT, [key])?.waiting ?? 0,
    holders: state.running === 0 ? [] : holdersOf(tx, key),
    opensAt: opensAt(limits, state, tx.now),
  };
}

/** There is no index of running jobs; the claims lead to them. */
function holdersOf(tx: Tx, key: string): readonly string[] {
  const holders: string[] = [];
  let looked = 0;
  for (const { token, seqs } of tx.db.all<{ token: string; seqs: string }>(SOME_CLAIMS, [CLAIMS_LOOKED_AT])) {
    for (const seq of JSON.parse(seqs) as readonly number[]) {
      if (holders.length >= HOLDERS || looked++ >= HELD_LOOKED_AT) return holders;
      const job = tx.bySeq(seq, 'without input');
      if (job?.place === RUNNING && job.record.token === token && job.record.keys?.includes(key) === true)
        holders.push(job.record.id);
    }
  }
  return holders;
}
