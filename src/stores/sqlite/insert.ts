/** Insert: many jobs in few statements; those with a unique key, which may meet a job under another id, one by one. */

import type { JobRecord, NewJob } from '../../core/job.js';
import { replaced } from '../../core/transitions.js';
import type { InsertAnswer } from '../../store/contract.js';
import { perSize, sizesFor } from './batch.js';
import type { SqlValue } from './driver.js';
import { isBefore } from './lane.js';
import { flagsOf, newRecord, PARKED, type StoredJob, writeExtra } from './rows.js';
import { insertJobs, NEWEST_SEQ, SEQ_BY_UNIQUE } from './sql/jobs.js';
import type { Joining } from './turnstile.js';
import type { Tx } from './tx.js';

export function insertAll(tx: Tx, jobs: readonly NewJob[]): readonly InsertAnswer[] {
  const answers: InsertAnswer[] = [];
  let nextSeq = (tx.db.get<{ seq: number }>(NEWEST_SEQ)?.seq ?? 0) + 1;
  let from = 0;
  while (from < jobs.length) {
    let to = from;
    while (to < jobs.length && (jobs[to] as NewJob).unique === null) to += 1;
    if (to > from) answers.push(...insertMany(tx, jobs.slice(from, to), nextSeq));
    else answers.push(insertUnique(tx, jobs[to++] as NewJob, nextSeq));
    // The seq of a job that was not inserted is left out.
    nextSeq += to - from;
    from = to;
  }
  return answers;
}

function insertMany(tx: Tx, jobs: readonly NewJob[], firstSeq: number): readonly InsertAnswer[] {
  const answers: InsertAnswer[] = [];
  const lines = new Map<string, Joining>();
  let from = 0;
  for (const size of sizesFor(jobs.length, 'exact')) {
    const placed: StoredJob[] = [];
    const params: SqlValue[] = [];
    for (let i = from; i < from + size; i++) {
      const stored = place(tx, newRecord(jobs[i] as NewJob, firstSeq + i, tx.now));
      placed.push(stored);
      pushRow(params, stored);
    }
    const isWhole = tx.db.run(statementOf(size), params) === size;
    for (const stored of placed) {
      // The row under its own seq is the one that this statement wrote.
      const met = isWhole ? null : tx.byId(stored.record.id, 'without input');
      if (met !== null && met.record.seq !== stored.record.seq) {
        answers.push(existing(met, stored.record.digest));
        continue;
      }
      answers.push({ status: 'inserted', id: stored.record.id, digest: null });
      tx.moved(stored.record.queue, stored.place, 1);
      if (stored.place === PARKED) joinLater(lines, stored);
    }
    from += size;
  }
  for (const joining of lines.values()) tx.turnstile.join(joining);
  return answers;
}

function place(tx: Tx, record: JobRecord): StoredJob {
  const { place, parkedOn } = tx.placeOf(record);
  return { record: parkedOn === null ? record : { ...record, parkedOn }, place, keepCount: null, isDamaged: false };
}

/** In the order of `INSERT_COLUMNS`. */
function pushRow(params: SqlValue[], { record, place }: StoredJob): void {
  const { seq, id, queue, task, priority, dueAt, maxAttempts, createdAt, parkedOn, unique, rare, input } = record;
  const uniqueKey = unique?.key ?? null;
  const scheduleId = rare?.scheduleId ?? null;
  const extra = writeExtra(record, 1);
  const flags = flagsOf(record);
  params.push(
    seq,
    id,
    place,
    queue,
    task,
    priority,
    dueAt,
    maxAttempts,
    createdAt,
    flags,
    parkedOn,
    uniqueKey,
    scheduleId,
    extra,
    input,
  );
}

/** A line is written once for all that join it. */
function joinLater(lines: Map<string, Joining>, { record, place }: StoredJob): void {
  const { queue, priority, dueAt, seq } = record;
  const key = record.parkedOn as string;
  const name = `${queue}\0${key}`;
  const earlier = lines.get(name);
  const head = { priority, dueAt, seq };
  if (earlier === undefined) lines.set(name, { key, queue, place, count: 1, head });
  else
    lines.set(name, { ...earlier, count: earlier.count + 1, head: isBefore(head, earlier.head) ? head : earlier.head });
}

function existing({ record }: StoredJob, digest: string | null): InsertAnswer {
  const isConflict = record.digest !== digest;
  return { status: isConflict ? 'conflict' : 'existing', id: record.id, digest: isConflict ? record.digest : null };
}

function insertUnique(tx: Tx, job: NewJob, seq: number): InsertAnswer {
  const twin = tx.byId(job.id, 'without input');
  if (twin !== null) return existing(twin, job.digest);
  const holder = holderOf(tx, job);
  if (holder !== null) {
    const isReplaceable = job.unique?.onConflict === 'replace' && holder.record.state !== 'running';
    if (isReplaceable) replace(tx, holder, job);
    return { status: isReplaceable ? 'replaced' : 'existing', id: holder.record.id, digest: null };
  }
  const stored = place(tx, newRecord(job, seq, tx.now));
  const params: SqlValue[] = [];
  pushRow(params, stored);
  tx.db.run(statementOf(1), params);
  tx.entered(stored);
  return { status: 'inserted', id: job.id, digest: null };
}

function holderOf(tx: Tx, { unique, queue }: NewJob): StoredJob | null {
  const seq = unique === null ? undefined : tx.db.get<{ seq: number }>(SEQ_BY_UNIQUE, [unique.key, queue])?.seq;
  return seq === undefined ? null : tx.bySeq(seq, 'without input');
}

/** The waiting job keeps its id and attempts, and takes over what the contract names. */
function replace(tx: Tx, holder: StoredJob, job: NewJob): void {
  const { input, priority, labels, keys, dueAt } = newRecord(job, holder.record.seq, tx.now);
  tx.change(holder, { ...replaced(holder.record, { keys, dueAt }), input, priority, labels });
}

const statementOf: (rows: number) => string = perSize(insertJobs);
