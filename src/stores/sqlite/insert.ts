/** Insert: many plain jobs in few statements, those that meet another by id or unique key one by one. */

import type { JobRecord, NewJob } from '../../core/job.js';
import type { InsertAnswer } from '../../store/contract.js';
import { sizesFor } from './batch.js';
import type { SqlValue } from './driver.js';
import { DELAYED, dueAtOf, flagsOf, newRecord, READY, type StoredJob, writeExtra } from './rows.js';
import { insertJobs, NEWEST_SEQ, SEQ_BY_UNIQUE } from './sql/jobs.js';
import type { Tx } from './tx.js';

export function insertAll(tx: Tx, jobs: readonly NewJob[]): readonly InsertAnswer[] {
  const answers: InsertAnswer[] = Array(jobs.length);
  const plain: number[] = [];
  // Runs of plain jobs go together; the order of arrival stays the order of the batch.
  for (let i = 0; i < jobs.length; i++) {
    if (isPlain(jobs[i] as NewJob)) {
      plain.push(i);
      continue;
    }
    insertPlain(tx, jobs, plain.splice(0), answers);
    answers[i] = insertOne(tx, jobs[i] as NewJob);
  }
  insertPlain(tx, jobs, plain, answers);
  return answers;
}

/** It can meet another job by its id only, and joins no line. */
function isPlain(job: NewJob): boolean {
  return job.unique === null && (job.keys === null || job.keys.length === 0);
}

function insertPlain(tx: Tx, jobs: readonly NewJob[], indexes: readonly number[], answers: InsertAnswer[]): void {
  if (indexes.length === 0) return;
  let seq = nextSeq(tx);
  let from = 0;
  for (const size of sizesFor(indexes.length, 'exact')) {
    const chunk = indexes.slice(from, from + size);
    const params: SqlValue[] = [];
    chunk.forEach((index, i) => pushPlain(params, jobs[index] as NewJob, seq + i, tx.now));
    if (tx.db.run(statementOf(size), params) === size) {
      for (const index of chunk) answers[index] = inserted(tx, jobs[index] as NewJob);
    } else chunk.forEach((index, i) => {
      const job = jobs[index] as NewJob;
      const met = tx.byId(job.id, 'without input');
      // The row under its own seq is the one that this statement wrote.
      answers[index] = met?.record.seq === seq + i ? inserted(tx, job) : existing(met as StoredJob, job);
    });
    seq += size;
    from += size;
  }
}

function nextSeq(tx: Tx): number {
  return (tx.db.get<{ seq: number }>(NEWEST_SEQ)?.seq ?? 0) + 1;
}

function pushPlain(params: SqlValue[], job: NewJob, seq: number, now: number): void {
  const dueAt = dueAtOf(job, now);
  const { id, queue, task, priority, maxAttempts, rare, input } = job;
  const extra = writeExtra(job.keys === null ? job : { ...job, keys: null }, 1);
  const place = dueAt > now ? DELAYED : READY;
  params.push(seq, id, place, queue, task, priority, dueAt, maxAttempts, now, 0, null, null, rare?.scheduleId ?? null, extra, input);
}

function inserted(tx: Tx, job: NewJob): InsertAnswer {
  tx.moved(job.queue, dueAtOf(job, tx.now) > tx.now ? DELAYED : READY, 1);
  return { status: 'inserted', id: job.id, digest: null };
}

function existing({ record }: StoredJob, job: NewJob): InsertAnswer {
  const isConflict = record.digest !== job.digest;
  return { status: isConflict ? 'conflict' : 'existing', id: record.id, digest: isConflict ? record.digest : null };
}

function insertOne(tx: Tx, job: NewJob): InsertAnswer {
  const twin = tx.byId(job.id, 'without input');
  if (twin !== null) return existing(twin, job);
  const holder = job.unique === null ? null : holderOf(tx, job.unique.key, job.queue);
  if (holder !== null) {
    const isReplaceable = job.unique?.onConflict === 'replace' && holder.record.state !== 'running';
    if (isReplaceable) replace(tx, holder, job);
    return { status: isReplaceable ? 'replaced' : 'existing', id: holder.record.id, digest: null };
  }
  const record = newRecord(job, nextSeq(tx), tx.now);
  const { place, parkedOn } = tx.placeOf(record);
  const placed = { ...record, parkedOn };
  tx.db.run(statementOf(1), rowOf(placed, place));
  tx.entered({ record: placed, place, keepCount: null, isDamaged: false });
  return { status: 'inserted', id: job.id, digest: null };
}

function rowOf(record: JobRecord, place: number): readonly SqlValue[] {
  const { seq, id, queue, task, priority, dueAt, maxAttempts, createdAt, parkedOn, unique, rare, input } = record;
  return [
    ...[seq, id, place, queue, task, priority, dueAt, maxAttempts, createdAt, flagsOf(record)],
    ...[parkedOn, unique?.key ?? null, rare?.scheduleId ?? null, writeExtra(record, 1), input],
  ];
}

function holderOf(tx: Tx, key: string, queue: string): StoredJob | null {
  const seq = tx.db.get<{ seq: number }>(SEQ_BY_UNIQUE, [key, queue])?.seq;
  return seq === undefined ? null : tx.bySeq(seq, 'without input');
}

/** The waiting job keeps its id and attempts, and takes over what the contract names. */
function replace(tx: Tx, holder: StoredJob, job: NewJob): void {
  const { input, priority, labels, keys, dueAt } = newRecord(job, holder.record.seq, tx.now);
  tx.change(holder, { rev: holder.record.rev + 1, reason: 'replaced', input, priority, labels, keys, dueAt });
}

const statements: Map<number, string> = new Map();

function statementOf(rows: number): string {
  const sql = statements.get(rows) ?? insertJobs(rows);
  statements.set(rows, sql);
  return sql;
}
