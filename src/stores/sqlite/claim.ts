/**
 * Claiming: what is due is promoted; then come one suspect, the orphans that the worker adopts, and
 * the best of all queues in strict order. Bounded by the claim's room and by a budget of looks.
 */

import type { ClaimedJob } from '../../core/job.js';
import { claim } from '../../core/transitions.js';
import type { ClaimRequest } from '../../store/exchange.js';
import type { SqlValue } from './driver.js';
import { type Best, bestOf, Lane } from './lane.js';
import { promoteDue } from './promote.js';
import {
  claimColumns,
  claimedJob,
  claimedRecord,
  FLAGS_AT,
  HAS_KEYS,
  PARKED,
  PLACE_AT,
  READY,
  RUNNING,
  readKeys,
  SEQ_AT,
  type StoredJob,
} from './rows.js';
import type { ServedQueue } from './served.js';
import {
  CLAIM_BY_TOKEN,
  CLAIM_FROM_LINE,
  CLAIM_JOBS,
  FLAGS_OF,
  HELD_JOBS,
  INSERT_CLAIM,
  JOBS_OF_SEQS,
  READY_JOBS,
} from './sql/claims.js';
import type { Tx } from './tx.js';

/** A job that was taken through the transitions, or the seq of a plain one that all statements below take together. */
type Taken = StoredJob | number;

export class Claiming {
  /** A bound stopped it: the next call goes on. */
  isCut = false;
  readonly #tx: Tx;
  readonly #queues: readonly ServedQueue[];
  readonly #request: ClaimRequest;
  readonly #worker: string;
  readonly #taken: Taken[] = [];
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
    const rows = this.#tx.db.bulk(HELD_JOBS, claimColumns, [earlier.seqs, token]);
    const bySeq = new Map(rows.map((row) => [row[SEQ_AT], row]));
    return (JSON.parse(earlier.seqs) as readonly number[]).flatMap((seq) => {
      const row = bySeq.get(seq);
      return row === undefined ? [] : [claimedJob(row, token)];
    });
  }

  /** The best suspect of all queues that its keys have room for. */
  #takeSuspect(token: string): ClaimedJob | null {
    const lanes = this.#queues.map((queue) => new Lane(this.#tx, queue, 'suspect', this.#budget));
    while (this.#request.slots > 0) {
      const best = bestOf(lanes, (queue) => queue.room > 0);
      if (best === null) return null;
      if (best.line === null) best.lane.passReady();
      if (!this.#mayLook()) return null;
      const held = this.#admit(best, token);
      if (held !== null) return claimedRecord(held.record);
    }
    return null;
  }

  #adopt(slots: number): void {
    for (const name of this.#request.adopt) {
      for (const queue of this.#queues) {
        while (this.#taken.length < slots && queue.room > 0) {
          const [seq] = queue.orphans(name, 1);
          if (seq === undefined) break;
          const orphan = this.#tx.bySeq(seq, 'whole') as StoredJob;
          // Suspects and jobs with keys join the lines that claim them by their own rules.
          if (!orphan.record.suspect && orphan.record.keys === null) {
            const held = this.#hold(orphan, this.#request.token);
            if (held !== null) this.#taken.push(held);
            continue;
          }
          this.isCut = true;
          if (!this.#mayLook()) return;
          this.#tx.move(orphan);
        }
      }
    }
  }

  /** The common case, one queue without lines: its best jobs in two statements. Null if this is not it. */
  #takeAllOfOne(slots: number): readonly ClaimedJob[] | null {
    const [queue] = this.#queues;
    if (queue === undefined || this.#queues.length > 1 || queue.concurrency !== null || this.#taken.length > 0)
      return null;
    const limit = slots + this.#request.prefetch;
    if (queue.count(PARKED) > 0) return null;
    if (queue.count(READY) <= 0 || limit <= 0) return [];
    const rows = this.#tx.db.bulk(READY_JOBS, claimColumns, [queue.name, limit]);
    return this.#holdRows(rows);
  }

  /** The next job in the order of claim, over all queues, again and again, until the room is used up. */
  #takeBest(slots: number): void {
    const limit = slots + this.#request.prefetch;
    const lanes = this.#queues.map((queue) => new Lane(this.#tx, queue, 'normal', limit));
    /** Of queues with a limit: taken here, but not yet among the queue's running ones. */
    const reserved = new Map<ServedQueue, number>();
    while (this.#taken.length < limit) {
      const hasSlot = this.#taken.length < slots;
      const best = bestOf(lanes, (queue) => queue.room > (reserved.get(queue) ?? 0));
      if (best === null) return;
      const needsSlot = best.line !== null || best.lane.queue.concurrency !== null;
      // Prefetch ends here: taking what stands behind, again and again, would starve this one.
      if (needsSlot && !hasSlot) return;
      const { lane } = best;
      if (best.line === null) {
        lane.passReady();
        if (lane.queue.concurrency !== null) reserved.set(lane.queue, (reserved.get(lane.queue) ?? 0) + 1);
        this.#taken.push(best.seq);
        continue;
      }
      if (!this.#mayLook()) return;
      const held = this.#takeFromLine(best) ? best.seq : this.#admit(best, this.#request.token);
      if (held !== null) this.#taken.push(held);
      // A start under a key may have closed lines of every queue.
      for (const each of lanes) each.linesChanged();
    }
  }

  #mayLook(): boolean {
    this.#budget -= 1;
    if (this.#budget < 0) this.isCut = true;
    return this.#budget >= 0;
  }

  /** The head of a line, if nothing about it is special but its keys and all have room. It is read with the plain ones. */
  #takeFromLine({ seq, line, lane }: Best): boolean {
    const row = this.#tx.db.get<{ flags: number; extra: string | null }>(FLAGS_OF, [seq]);
    const keys = row?.flags === HAS_KEYS ? readKeys(row.extra) : null;
    if (keys === null || this.#tx.turnstile.blockedOn(keys) !== null) return false;
    this.#tx.db.run(CLAIM_FROM_LINE, [this.#request.token, this.#tx.now, seq]);
    this.#tx.moved(lane.queue.name, PARKED, -1);
    this.#tx.moved(lane.queue.name, RUNNING, 1);
    this.#tx.turnstile.leave(line as string, lane.queue.name, PARKED);
    this.#tx.turnstile.start(keys);
    return true;
  }

  /** Takes a job that was found; or sends it to the line of a key that blocks it, and answers null. */
  #admit({ seq, line, lane }: Best, token: string): StoredJob | null {
    const job = this.#tx.bySeq(seq, 'whole');
    if (job === null) throw new Error(`The lines of queue '${lane.queue.name}' name job ${seq}, which is not there.`);
    const blocking = this.#tx.turnstile.blockedOn(job.record.keys);
    if (blocking === null) return this.#hold(job, token);
    if (blocking === line) this.#tx.turnstile.refresh(blocking);
    else this.#tx.move(job);
    lane.linesChanged();
    return null;
  }

  /** Null if its row is damaged: then it is out of the way. */
  #hold(job: StoredJob, token: string): StoredJob | null {
    if (job.isDamaged) {
      this.#tx.quarantine(job);
      return null;
    }
    const held = this.#tx.change(job, claim(job.record, token, this.#tx.now));
    this.#tx.turnstile.start(job.record.keys);
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
      const isPlain = row[FLAGS_AT] === 0;
      const isHeld = row[PLACE_AT] === RUNNING;
      const job = isPlain || isHeld ? this.#read(row) : this.#holdFlagged(seq);
      if (job === null) continue;
      jobs.push(job);
      if (!isPlain || isHeld) continue;
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
      return claimedJob(row, this.#request.token);
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
