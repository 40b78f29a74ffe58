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
  cutToNow,
  ended,
  freshKey,
  type GroupLimits,
  groupOfKey,
  isAhead,
  isForgettable,
  type KeyState,
  opensAt,
  room,
  started,
} from '../../core/constraint.js';
import type { JobRecord } from '../../core/job.js';
import type { Database } from './database.js';
import type { KnownSettings } from './known.js';
import { PARKED } from './rows.js';
import {
  DELETE_KEY,
  DELETE_LINE,
  FIRST_IN_LINE,
  FIRST_SUSPECT_IN_LINE,
  HAS_WAITERS,
  JOIN_LINE,
  KEY,
  LEAVE_LINE,
  WRITE_KEY,
  WRITE_OPENING,
} from './sql/keys.js';

/** Jobs that join one line together. */
export interface Joining {
  readonly key: string;
  readonly queue: string;
  /** `PARKED` or `PARKED_SUSPECT`: which of the key's lines. */
  readonly place: number;
  readonly count: number;
  /** The first of them in the order of claim. */
  readonly head: Pick<JobRecord, 'priority' | 'dueAt' | 'seq'>;
}

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

  /** The first of a job's keys without room, or null if it may run. */
  blockedOn(keys: readonly string[] | null): string | null {
    for (const name of keys ?? []) {
      const key = this.#key(name);
      if (room(key.limits, key.state, this.#now) === 0) return name;
    }
    return null;
  }

  /** When time alone gives the key room: now if it has some; null if a run must end first. */
  opening(name: string): number | null {
    const key = this.#key(name);
    return opensAt(key.limits, key.state, this.#now);
  }

  look(name: string): { readonly limits: GroupLimits; readonly state: KeyState } {
    return this.#key(name);
  }

  /** Jobs join one of the key's lines. */
  join({ key, queue, place, count, head }: Joining): void {
    this.#db.run(JOIN_LINE, [key, queue, place, count, head.priority, head.dueAt, head.seq, this.#storedOpening(key)]);
  }

  /** A job left a line; to be called when its row no longer stands there. */
  leave(name: string, queue: string, place: number): void {
    const first = place === PARKED ? FIRST_IN_LINE : FIRST_SUSPECT_IN_LINE;
    const head = this.#db.get<{ priority: number; due_at: number; seq: number }>(first, [name, queue]);
    if (head !== undefined) {
      this.#db.run(LEAVE_LINE, [head.priority, head.due_at, head.seq, name, queue, place]);
      return;
    }
    this.#db.run(DELETE_LINE, [name, queue, place]);
    this.reconsider(name);
  }

  /** A run of a job starts: it takes a slot of each of its keys. */
  start(keys: readonly string[] | null): void {
    for (const name of keys ?? []) {
      const key = this.#key(name);
      this.#update(key, started(key.limits, key.state, this.#now));
    }
  }

  /** A run ended at `endedAt`, or (null) was given back before it began. */
  end(keys: readonly string[] | null, endedAt: number | null): void {
    for (const name of keys ?? []) {
      const key = this.#key(name);
      this.#update(key, ended(key.state, endedAt));
    }
  }

  /** Brings what the key's lines say in step with the key. */
  refresh(name: string): void {
    const opening = this.#storedOpening(name);
    this.#db.run(WRITE_OPENING, [opening, name, opening]);
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
      const stored = row === undefined ? freshKey : keyState(row);
      const hasSteppedBack = isAhead(stored, this.#now);
      key = {
        name,
        limits: this.#settings.limitsOf(groupOfKey(name)),
        state: hasSteppedBack ? cutToNow(stored, this.#now) : stored,
        isStored: row !== undefined,
        // Written back at once: cut to a later now each time, its cooldown would never end.
        isTouched: hasSteppedBack,
      };
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

function keyState(row: KeyRow): KeyState {
  const starts = row.starts === null ? [] : (JSON.parse(row.starts) as readonly number[]);
  return { running: row.running, endedAt: row.ended_at, starts };
}
