/**
 * One transaction's view of the store, and the one funnel through which a single job changes: `change`
 * takes it out of the line and the counts of its old place, applies the patch, and enters it in those
 * of the new. What adds up (counts, slots of keys, jobs left in claims) is written once, by `flush`.
 */

import { defaultKeep, isTerminal, type JobRecord } from '../../core/job.js';
import { keepOf, pruneTime, stillDueAt } from '../../core/transitions.js';
import type { Database } from './database.js';
import type { KnownSettings } from './known.js';
import {
  CANCELLED,
  COMPLETED,
  DELAYED,
  FAILED,
  flagsOf,
  type JobRow,
  ORPHANED,
  PARKED,
  PARKED_SUSPECT,
  PLACES,
  READY,
  RUNNING,
  type StoredJob,
  SUSPECT,
  SUSPENDED,
  storedJob,
  writeExtra,
} from './rows.js';
import { DELETE_CLAIM, RELEASE_FROM_CLAIM } from './sql/claims.js';
import {
  ADD_TO_COUNT,
  ADD_TO_COUNTED,
  ADD_TO_ORPHANS,
  DELETE_JOB,
  DROP_COUNTED,
  DROP_COUNTS,
  DROP_ORPHANS,
  JOB_BY_ID,
  JOB_BY_ID_WITHOUT_INPUT,
  JOB_BY_SEQ,
  JOB_BY_SEQ_WITHOUT_INPUT,
  QUARANTINE_JOB,
  WRITE_INPUT,
  WRITE_JOB,
} from './sql/jobs.js';
import { RAISE_NEWS } from './sql/settings.js';
import { Turnstile } from './turnstile.js';

/** Where a pending job is put: computed from its record, and from its keys if it has some. */
export interface Placed {
  readonly place: number;
  readonly parkedOn: string | null;
}

export class Tx {
  readonly db: Database;
  readonly settings: KnownSettings;
  readonly now: number;
  readonly turnstile: Turnstile;
  readonly #counts: Map<string, number[]> = new Map();
  readonly #counted: Map<string, number> = new Map();
  readonly #released: Map<string, number> = new Map();
  #isNews = false;

  constructor(db: Database, settings: KnownSettings, now: number) {
    this.db = db;
    this.settings = settings;
    this.now = now;
    this.turnstile = new Turnstile(db, settings, now);
  }

  bySeq(seq: number, what: 'whole' | 'without input'): StoredJob | null {
    const row = this.db.get<JobRow>(what === 'whole' ? JOB_BY_SEQ : JOB_BY_SEQ_WITHOUT_INPUT, [seq]);
    return row === undefined ? null : storedJob(row);
  }

  byId(id: string, what: 'whole' | 'without input'): StoredJob | null {
    const row = this.db.get<JobRow>(what === 'whole' ? JOB_BY_ID : JOB_BY_ID_WITHOUT_INPUT, [id]);
    return row === undefined ? null : storedJob(row);
  }

  /**
   * Writes the job as the patch makes it, in the place that it belongs to then.
   *
   * @param keepCount of a job that ends: how many ended jobs of its task stay; default: what the record says
   */
  change(job: StoredJob, patch: Partial<JobRecord>, keepCount?: number | null): StoredJob {
    // What can't be read can't be written back whole either.
    if (job.isDamaged) return this.quarantine(job);
    const before = job.record;
    const moved: JobRecord = { ...before, placement: null, parkedOn: null, ...patch };
    const { place, parkedOn } = this.placeOf(moved);
    const isEnded = isTerminal(moved.state);
    const kept = !isEnded ? null : keepCount !== undefined ? keepCount : (job.keepCount ?? keepOf(moved).count);
    const errors = moved.errors.length === 0 ? null : JSON.stringify(moved.errors);
    this.db.run(WRITE_JOB, [
      place,
      moved.rev,
      moved.attempt,
      moved.token,
      moved.claimedAt,
      moved.endedAt,
      moved.pruneAt === null ? null : Math.ceil(moved.pruneAt),
      moved.reason,
      moved.priority,
      Math.ceil(moved.dueAt),
      flagsOf(moved),
      parkedOn,
      kept,
      moved.unique?.key ?? null,
      writeExtra(moved, moved.generation),
      errors,
      moved.result,
      moved.progress,
      moved.seq,
    ]);
    if (patch.input !== undefined) this.db.run(WRITE_INPUT, [patch.input, moved.seq]);
    const after: StoredJob = {
      record: { ...moved, dueAt: Math.ceil(moved.dueAt), parkedOn },
      place,
      keepCount: kept,
      isDamaged: false,
    };
    this.#left(job);
    this.entered(after);
    return after;
  }

  /** The pending job goes to where it belongs by now. */
  move(job: StoredJob): StoredJob {
    return this.change(job, { dueAt: stillDueAt(job.record, this.now) });
  }

  remove(job: StoredJob): void {
    this.db.run(DELETE_JOB, [job.record.seq]);
    this.#left(job);
  }

  /** A job whose row can't be read ends as `failed`, as it is, so that the line behind it moves on. */
  quarantine(job: StoredJob): StoredJob {
    const { seq, queue } = job.record;
    this.db.run(QUARANTINE_JOB, [FAILED, this.now, pruneTime('failed', defaultKeep, this.now), seq]);
    this.#left(job);
    this.moved(queue, FAILED, 1);
    return {
      ...job,
      record: { ...job.record, state: 'failed', placement: null, parkedOn: null },
      place: FAILED,
      keepCount: null,
    };
  }

  /** The line and the counts of a job that has just been written. */
  entered({ record, place, keepCount }: StoredJob): void {
    this.moved(record.queue, place, 1);
    if (isInLine(place))
      this.turnstile.join({ key: record.parkedOn as string, queue: record.queue, place, count: 1, head: record });
    if (place === ORPHANED) this.#addOrphans(record.queue, record.parkedOn as string, 1);
    if (keepCount !== null) addTo(this.#counted, record.task, 1);
  }

  #left({ record, place, keepCount }: StoredJob): void {
    this.moved(record.queue, place, -1);
    if (isInLine(place)) this.turnstile.leave(record.parkedOn as string, record.queue, place);
    if (place === ORPHANED) this.#addOrphans(record.queue, record.parkedOn as string, -1);
    if (keepCount !== null) addTo(this.#counted, record.task, -1);
  }

  placeOf(record: JobRecord): Placed {
    if (record.state !== 'pending') return { place: placeOfState[record.state], parkedOn: null };
    if (record.placement === 'parked' && record.parkedOn !== null)
      return { place: ORPHANED, parkedOn: record.parkedOn };
    if (Math.ceil(record.dueAt) > this.now) return { place: DELAYED, parkedOn: null };
    const first = record.keys?.[0];
    if (first === undefined) return { place: record.suspect ? SUSPECT : READY, parkedOn: null };
    return {
      place: record.suspect ? PARKED_SUSPECT : PARKED,
      parkedOn: this.turnstile.blockedOn(record.keys) ?? first,
    };
  }

  /** `n` jobs more (or fewer) are in the place. */
  moved(queue: string, place: number, n: number): void {
    let counts = this.#counts.get(queue);
    if (counts === undefined) {
      counts = Array<number>(PLACES).fill(0);
      this.#counts.set(queue, counts);
    }
    counts[place] = (counts[place] as number) + n;
  }

  /** How the counts of a queue will have changed, as known so far. */
  movedSoFar(queue: string, place: number): number {
    return this.#counts.get(queue)?.[place] ?? 0;
  }

  /** One ended job fewer of a task that keeps a bounded number. */
  uncounted(task: string): void {
    addTo(this.#counted, task, -1);
  }

  countedSoFar(task: string): number {
    return this.#counted.get(task) ?? 0;
  }

  /** `n` jobs are no longer held under the token. */
  released(token: string, n: number): void {
    addTo(this.#released, token, n);
  }

  /** Something changed, beside jobs, that other processes may want to act on. */
  news(): void {
    this.#isNews = true;
  }

  /** Writes what was put off to the end. @returns the number of the news that this transaction is; null if it is none */
  flush(): number | null {
    this.turnstile.flush();
    for (const [queue, counts] of this.#counts) {
      counts.forEach((n, place) => {
        if (n !== 0) this.db.run(ADD_TO_COUNT, [queue, place, n]);
      });
      // Only what is pruned, deleted or redriven leaves an ended place, and may have been the queue's last.
      if (counts.some((n, place) => n < 0 && place >= COMPLETED)) this.db.run(DROP_COUNTS, [queue]);
    }
    for (const [task, n] of this.#counted) {
      if (n !== 0) this.db.run(ADD_TO_COUNTED, [task, n]);
      if (n < 0) this.db.run(DROP_COUNTED, [task]);
    }
    for (const [token, n] of this.#released) {
      const left = this.db.get<{ remaining: number }>(RELEASE_FROM_CLAIM, [n, token])?.remaining;
      if (left !== undefined && left <= 0) this.db.run(DELETE_CLAIM, [token]);
    }
    if (!this.#isNews && this.#counts.size === 0) return null;
    return this.db.get<{ n: number }>(RAISE_NEWS, [])?.n ?? null;
  }

  #addOrphans(queue: string, name: string, n: number): void {
    this.db.run(ADD_TO_ORPHANS, [queue, name, n]);
    if (n < 0) this.db.run(DROP_ORPHANS, [queue, name]);
  }
}

const placeOfState: Readonly<Record<Exclude<JobRecord['state'], 'pending'>, number>> = {
  suspended: SUSPENDED,
  running: RUNNING,
  completed: COMPLETED,
  failed: FAILED,
  cancelled: CANCELLED,
};

function isInLine(place: number): boolean {
  return place === PARKED || place === PARKED_SUSPECT;
}

function addTo(map: Map<string, number>, name: string, n: number): void {
  map.set(name, (map.get(name) ?? 0) + n);
}
