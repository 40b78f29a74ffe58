/**
 * Constraint keys and the lines of jobs before them.
 *
 * A due job with keys stands in the line of one of its keys. A line is open (its key has room, so its
 * head may be claimed), cooling (time will open it), or blocked (a run must end first). Only open
 * lines are ever looked at. What a line says is a hint; the key's own state decides at the claim.
 *
 * One turnstile lives as long as one transaction: it reads a key once and writes it back at the end.
 */

import {
  ended,
  freshKey,
  type GroupLimits,
  groupOfKey,
  isForgettable,
  type KeyState,
  opensAt,
  room,
  started,
} from '../../core/constraint.js';
import type { JobRecord } from '../../core/job.js';
import type { Database } from './database.js';
import type { KnownSettings } from './known.js';
import {
  DELETE_KEY,
  DELETE_LINE,
  FIRST_IN_LINE,
  HAS_WAITERS,
  JOIN_LINE,
  KEY,
  LEAVE_LINE,
  WRITE_HEAD,
  WRITE_KEY,
  WRITE_OPENING,
} from './sql/keys.js';

interface Key {
  readonly name: string;
  readonly limits: GroupLimits;
  state: KeyState;
  isStored: boolean;
  isTouched: boolean;
}

export class Turnstile {
  readonly #db: Database;
  readonly #settings: KnownSettings;
  readonly #now: number;
  readonly #keys: Map<string, Key> = new Map();

  constructor(db: Database, settings: KnownSettings, now: number) {
    this.#db = db;
    this.#settings = settings;
    this.#now = now;
  }

  /** The first of the job's keys without room, or null if it may run. */
  blockedOn(job: JobRecord): string | null {
    for (const name of job.keys ?? []) {
      const key = this.#key(name);
      if (room(key.limits, key.state, this.#now) === 0) return name;
    }
    return null;
  }

  /** When time alone lets the job run, as known from its keys one by one; null if a run must end first. */
  opensAt(job: JobRecord): number | null {
    let latest = this.#now;
    for (const name of job.keys ?? []) {
      const at = this.opening(name);
      if (at === null) return null;
      latest = Math.max(latest, at);
    }
    return latest;
  }

  opening(name: string): number | null {
    const key = this.#key(name);
    return opensAt(key.limits, key.state, this.#now);
  }

  look(name: string): { readonly limits: GroupLimits; readonly state: KeyState } {
    return this.#key(name);
  }

  join(job: JobRecord, name: string): void {
    this.#db.run(JOIN_LINE, [name, job.queue, job.priority, job.dueAt, job.seq, this.#storedOpening(name)]);
  }

  /** To be called when the job's row no longer stands there. */
  leave(job: JobRecord, name: string): void {
    const line = this.#db.get<{ waiting: number; head_seq: number }>(LEAVE_LINE, [name, job.queue]);
    if (line === undefined) return;
    if (line.waiting <= 0) {
      this.#db.run(DELETE_LINE, [name, job.queue]);
      this.#key(name).isTouched = true;
      return;
    }
    if (line.head_seq !== job.seq) return;
    const head = this.#db.get<{ priority: number; due_at: number; seq: number }>(FIRST_IN_LINE, [name, job.queue]);
    if (head !== undefined) this.#db.run(WRITE_HEAD, [head.priority, head.due_at, head.seq, name, job.queue]);
  }

  /** A run of the job starts: it takes a slot of each of its keys. */
  start(job: JobRecord): void {
    for (const name of job.keys ?? []) {
      const key = this.#key(name);
      this.#update(key, started(key.limits, key.state, this.#now));
    }
  }

  /** Its run ended at `endedAt`, or (null) it was given back without a run. */
  end(job: JobRecord, endedAt: number | null): void {
    for (const name of job.keys ?? []) {
      const key = this.#key(name);
      this.#update(key, ended(key.state, endedAt));
    }
  }

  /** Brings what the key's lines say in step with the key. */
  refresh(name: string): void {
    this.#db.run(WRITE_OPENING, [this.#storedOpening(name), name]);
  }

  /** A key that matters no more is forgotten at the end of the transaction. */
  reconsider(name: string): void {
    this.#key(name).isTouched = true;
  }

  flush(): void {
    for (const key of this.#keys.values()) {
      if (key.isTouched) this.#store(key);
    }
    this.#keys.clear();
  }

  #key(name: string): Key {
    let key = this.#keys.get(name);
    if (key === undefined) {
      const row = this.#db.get<KeyRow>(KEY, [name]);
      const state = row === undefined ? freshKey : keyState(row, this.#now);
      key = { name, limits: this.#settings.limitsOf(groupOfKey(name)), state, isStored: row !== undefined, isTouched: false };
      this.#keys.set(name, key);
    }
    return key;
  }

  #update(key: Key, state: KeyState): void {
    const before = this.#storedOpening(key.name);
    key.state = state;
    key.isTouched = true;
    if (this.#storedOpening(key.name) !== before) this.refresh(key.name);
  }

  /** As `waits.opens_at` has it: 0 = open, null = blocked. */
  #storedOpening(name: string): number | null {
    const at = this.opening(name);
    return at === null ? null : at <= this.#now ? 0 : Math.ceil(at);
  }

  #store(key: Key): void {
    const { name, limits, state } = key;
    if (isForgettable(limits, state, this.#now) && this.#db.get(HAS_WAITERS, [name]) === undefined) {
      if (key.isStored) this.#db.run(DELETE_KEY, [name]);
      return;
    }
    const starts = state.starts.length === 0 ? null : JSON.stringify(state.starts);
    if (!key.isStored && state.running === 0 && state.endedAt === null && starts === null) return;
    this.#db.run(WRITE_KEY, [name, state.running, state.endedAt, starts]);
  }
}

interface KeyRow {
  readonly running: number;
  readonly ended_at: number | null;
  readonly starts: string | null;
}

/** A clock that stepped back leaves instants in the future; nothing can have happened later than now. */
function keyState(row: KeyRow, now: number): KeyState {
  const starts = row.starts === null ? [] : (JSON.parse(row.starts) as readonly number[]);
  return {
    running: row.running,
    endedAt: row.ended_at === null ? null : Math.min(row.ended_at, now),
    starts: starts.map((value, i) => (i % 2 === 0 ? Math.min(value, now) : value)),
  };
}
