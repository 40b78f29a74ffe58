/**
 * Claiming: what is due is promoted; then come one suspect, the orphans that the worker adopts, and
 * the best of all queues in strict order. Bounded by the claim's room and by a budget of looks.
 */

import type { ClaimedJob } from '../../core/job.js';
import { claim } from '../../core/transitions.js';
import type { ClaimRequest } from '../../store/contract.js';
import { promoteDue } from './promote.js';
import { claimColumns, claimedJob, claimedRecord, FLAGS_AT, PARKED, READY, RUNNING, SEQ_AT, type StoredJob } from './rows.js';
import { ReadyHeads } from './ready.js';
import type { Line, ServedQueue } from './served.js';
import { CLAIM_BY_TOKEN, CLAIM_JOBS, HELD_JOBS, INSERT_CLAIM, JOBS_OF_SEQS, READY_JOBS } from './sql/claims.js';
import { admissibleSuspect } from './suspects.js';
import type { SqlValue } from './driver.js';
import type { Tx } from './tx.js';

/** A job that was taken through the transitions, or the seq of a plain one that all statements below take together. */
type Taken = StoredJob | number;

export class Claiming {
  /** A bound stopped it: the next call goes on. */
  isCut = false;
  /** When time alone lets a suspect run that was looked at and had no room. */
  suspectsOpenAt: number | null = null;
  readonly #tx: Tx;
  readonly #queues: readonly ServedQueue[];
  readonly #request: ClaimRequest;
  readonly #worker: string;
  readonly #taken: Taken[] = [];
  /** Plain jobs of a queue are counted as running when all are taken; until then they are here. */
  readonly #reserved: Map<ServedQueue, number> = new Map();
  /** Promotions, openings and admissions that this call may still look at. */
  #budget: number;

  constructor(tx: Tx, queues: readonly ServedQueue[], request: ClaimRequest, worker: string) {
    this.#tx = tx;
    this.#queues = queues;
    this.#request = request;
    this.#worker = worker;
    this.#budget = Math.max(256, 4 * (request.slots + request.prefetch));
  }

  take(): readonly ClaimedJob[] {
    const { token, suspectToken } = this.#request;
    const repeated = this.#heldAlready();
    if (repeated !== null) return repeated;
    for (const queue of this.#queues) {
      if (promoteDue(this.#tx, queue, this.#budget)) this.isCut = true;
    }
    const suspect = suspectToken === null ? null : this.#takeSuspect(suspectToken);
    const used = suspect === null ? 0 : 1;
    const slots = Math.max(0, this.#request.slots - used);
    this.#adopt(slots);
    const whole = this.#takeAllOfOne(slots);
    if (whole === null) this.#takeBest(slots);
    const jobs = whole ?? this.#collect();
    if (jobs.length > 0) this.#writeClaim(token, jobs);
    if (suspect === null) return jobs;
    this.#writeClaim(suspectToken as string, [suspect]);
    return [suspect, ...jobs];
  }

  #heldAlready(): readonly ClaimedJob[] | null {
    const { token, suspectToken } = this.#request;
    const held = suspectToken === null ? null : this.#heldUnder(suspectToken);
    const others = this.#heldUnder(token);
    return held === null && others === null ? null : [...(held ?? []), ...(others ?? [])];
  }

  /** In the order in which they were taken; null if the token never took anything that is still held. */
  #heldUnder(token: string): readonly ClaimedJob[] | null {
    const earlier = this.#tx.db.get<{ seqs: string }>(CLAIM_BY_TOKEN, [token]);
    if (earlier === undefined) return null;
    const rows = this.#tx.db.bulk(HELD_JOBS, claimColumns, [token, earlier.seqs]);
    const bySeq = new Map(rows.map((row) => [row[SEQ_AT], row]));
    return (JSON.parse(earlier.seqs) as readonly number[]).flatMap((seq) => {
      const row = bySeq.get(seq);
      return row === undefined ? [] : [claimedJob(row, token, row[5] as number)];
    });
  }

  #takeSuspect(token: string): ClaimedJob | null {
    if (this.#request.slots === 0) return null;
    for (const queue of this.#queues) {
      if (queue.room === 0) continue;
      const { seq, opensAt } = admissibleSuspect(this.#tx, queue);
      if (seq !== null) {
        const held = this.#hold(this.#tx.bySeq(seq, 'whole') as StoredJob, token);
        if (held !== null) return claimedRecord(held.record);
        this.isCut = true;
      } else if (opensAt !== null) this.suspectsOpenAt = Math.min(opensAt, this.suspectsOpenAt ?? opensAt);
    }
    return null;
  }

  #adopt(slots: number): void {
    for (const name of this.#request.adopt) {
      for (const queue of this.#queues) {
        while (this.#taken.length < slots && queue.room > 0) {
          const seqs = queue.orphans(name, 1);
          const seq = seqs[0];
          if (seq === undefined) break;
          const orphan = this.#tx.bySeq(seq, 'whole') as StoredJob;
          // Suspects and jobs with keys join the lines that claim them by their own rules.
          if (!orphan.record.suspect && orphan.record.keys === null) {
            const held = this.#hold(orphan, this.#request.token);
            if (held !== null) this.#taken.push(held);
          } else if (this.#budget-- > 0) this.#tx.change(orphan, {});
          else {
            this.isCut = true;
            return;
          }
        }
      }
    }
  }

  /** The common case, one queue without lines: its best jobs in two statements. Null if this is not it. */
  #takeAllOfOne(slots: number): readonly ClaimedJob[] | null {
    const [queue] = this.#queues;
    if (queue === undefined || this.#queues.length > 1 || queue.concurrency !== null || this.#taken.length > 0) return null;
    const limit = slots + this.#request.prefetch;
    if (queue.count(PARKED) > 0) return null;
    if (queue.count(READY) <= 0 || limit <= 0) return [];
    const rows = this.#tx.db.bulk(READY_JOBS, claimColumns, [queue.name, limit]);
    return this.#holdRows(rows);
  }

  /** The next job in the order of claim, over all queues, again and again, until the room is used up. */
  #takeBest(slots: number): void {
    const limit = slots + this.#request.prefetch;
    const ready = new Map(this.#queues.map((queue) => [queue, new ReadyHeads(this.#tx, queue, limit)]));
    const lines: Map<ServedQueue, Line | null> = new Map();
    while (this.#taken.length < limit) {
      const hasSlot = this.#taken.length < slots;
      let best: { queue: ServedQueue; line: Line | null; priority: number; due: number; seq: number } | null = null;
      for (const queue of this.#queues) {
        const isLimited = queue.concurrency !== null;
        if (isLimited && (!hasSlot || queue.room - (this.#reserved.get(queue) ?? 0) <= 0)) continue;
        const head = (ready.get(queue) as ReadyHeads).peek();
        if (head !== null && isBefore(head, best)) best = { queue, line: null, ...head };
        if (!hasSlot) continue;
        if (!lines.has(queue)) lines.set(queue, queue.bestLine());
        const line = lines.get(queue) ?? null;
        if (line === null) continue;
        const first = { priority: line.head_priority, due: line.head_due, seq: line.head_seq };
        if (isBefore(first, best)) best = { queue, line, ...first };
      }
      if (best === null) return;
      if (best.line === null) {
        (ready.get(best.queue) as ReadyHeads).next();
        this.#reserved.set(best.queue, (this.#reserved.get(best.queue) ?? 0) + 1);
        this.#taken.push(best.seq);
        continue;
      }
      if (this.#budget-- <= 0) {
        this.isCut = true;
        return;
      }
      this.#admit(best.seq, best.line.key);
      // A start under a key may have closed lines of every queue.
      lines.clear();
    }
  }

  /** Takes the head of a line, or sends it to the line of another of its keys that blocks it. */
  #admit(seq: number, key: string): void {
    const job = this.#tx.bySeq(seq, 'whole');
    if (job === null || job.place !== PARKED) throw new Error(`The line of '${key}' names job ${seq}, which does not stand there.`);
    const blocking = this.#tx.turnstile.blockedOn(job.record);
    if (blocking === null) {
      const held = this.#hold(job, this.#request.token);
      if (held !== null) this.#taken.push(held);
    } else if (blocking === key) this.#tx.turnstile.refresh(key);
    else this.#tx.change(job, {});
  }

  /** Null if its row is damaged: then it is out of the way. */
  #hold(job: StoredJob, token: string): StoredJob | null {
    if (job.isDamaged) {
      this.#tx.quarantine(job);
      return null;
    }
    const held = this.#tx.change(job, claim(job.record, token, this.#tx.now));
    this.#tx.turnstile.start(job.record);
    return held;
  }

  /** What was taken, in its order; plain jobs are read and written together. */
  #collect(): readonly ClaimedJob[] {
    const seqs = this.#taken.filter((taken): taken is number => typeof taken === 'number');
    const rows = seqs.length === 0 ? [] : this.#tx.db.bulk(JOBS_OF_SEQS, claimColumns, [JSON.stringify(seqs)]);
    const held = new Map(this.#holdRows(rows).map((job) => [job.seq, job]));
    return this.#taken.flatMap((taken) => {
      const job = typeof taken === 'number' ? held.get(taken) : claimedRecord(taken.record);
      return job === undefined ? [] : [job];
    });
  }

  /** Claims ready rows: those without flags by one statement. */
  #holdRows(rows: readonly (readonly SqlValue[])[]): readonly ClaimedJob[] {
    const { token } = this.#request;
    const jobs: ClaimedJob[] = [];
    const plain: number[] = [];
    const inQueue = new Map<string, number>();
    for (const row of rows) {
      const seq = row[SEQ_AT] as number;
      const job = row[FLAGS_AT] === 0 ? this.#read(row) : this.#holdFlagged(seq);
      if (job === null) continue;
      jobs.push(job);
      if (row[FLAGS_AT] !== 0) continue;
      plain.push(seq);
      inQueue.set(job.queue, (inQueue.get(job.queue) ?? 0) + 1);
    }
    if (plain.length > 0) this.#tx.db.run(CLAIM_JOBS, [token, this.#tx.now, JSON.stringify(plain)]);
    for (const [queue, n] of inQueue) {
      this.#tx.moved(queue, READY, -n);
      this.#tx.moved(queue, RUNNING, n);
    }
    return jobs;
  }

  #read(row: readonly SqlValue[]): ClaimedJob | null {
    try {
      return claimedJob(row, this.#request.token, (row[5] as number) + 1);
    } catch {
      this.#tx.quarantine(this.#tx.bySeq(row[SEQ_AT] as number, 'without input') as StoredJob);
      this.isCut = true;
      return null;
    }
  }

  #holdFlagged(seq: number): ClaimedJob | null {
    const held = this.#hold(this.#tx.bySeq(seq, 'whole') as StoredJob, this.#request.token);
    if (held === null) this.isCut = true;
    return held === null ? null : claimedRecord(held.record);
  }

  #writeClaim(token: string, jobs: readonly ClaimedJob[]): void {
    const { now } = this.#tx;
    const { leaseMs } = this.#request;
    const seqs = JSON.stringify(jobs.map((job) => job.seq));
    this.#tx.db.run(INSERT_CLAIM, [token, this.#worker, now, leaseMs, now + leaseMs, jobs.length, seqs]);
  }
}

interface Head {
  readonly priority: number;
  readonly due: number;
  readonly seq: number;
}

/** Strict order of claim: priority (larger first), due time, arrival. */
function isBefore(a: Head, b: Head | null): boolean {
  if (b === null) return true;
  if (a.priority !== b.priority) return a.priority > b.priority;
  if (a.due !== b.due) return a.due < b.due;
  return a.seq < b.seq;
}
