/**
 * Constraint keys and the lines of jobs before them.
 *
 * A due job with keys stands in the line of one of its keys. A line is open (its key has room, so its
 * head may be claimed), cooling (time will open it), or blocked (a run must end first). Only open
 * lines are ever looked at, so a million parked jobs cost what ten cost.
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
  noLimits,
  opensAt,
  room,
  started,
} from '../../core/constraint.js';
import { Heap, type HeapItem, NOWHERE } from '../../core/heap.js';
import type { Order } from '../../core/strays.js';
import { claimOrder, type Row } from './row.js';

/** The jobs of one lane that wait at one key. */
export class Wait implements HeapItem {
  heapAt: number = NOWHERE;
  status: 'open' | 'cooling' | 'blocked' = 'blocked';
  opensAt = 0;
  readonly key: Key;
  readonly lane: Lane;
  readonly rows: Heap<Row> = new Heap(claimOrder);

  constructor(key: Key, lane: Lane) {
    this.key = key;
    this.lane = lane;
  }

  get head(): Row {
    return this.rows.peek() as Row;
  }
}

const headOrder: Order<Wait> = {
  first: (wait) => claimOrder.first(wait.head),
  second: (wait) => claimOrder.second(wait.head),
  third: (wait) => claimOrder.third(wait.head),
};
const openingOrder: Order<Wait> = { first: (wait) => wait.opensAt, second: () => 0, third: () => 0 };

/** Due jobs of one queue that are claimed alike: all but the suspects, or the suspects. */
export class Lane {
  /** Those without keys. */
  readonly ready: Heap<Row> = new Heap(claimOrder);
  /** Lines that can be claimed from now, and those that time will open. */
  readonly open: Heap<Wait> = new Heap(headOrder);
  readonly cooling: Heap<Wait> = new Heap(openingOrder);

  get isEmpty(): boolean {
    return this.ready.size === 0 && this.open.size === 0;
  }
}

export class Key {
  readonly name: string;
  readonly group: string;
  state: KeyState = freshKey;
  readonly waits: Map<Lane, Wait> = new Map();

  constructor(name: string) {
    this.name = name;
    this.group = groupOfKey(name);
  }
}

export class Turnstile {
  readonly keys: Map<string, Key> = new Map();
  readonly #limits: Map<string, GroupLimits> = new Map();
  #turn: Iterator<Key> = this.keys.values();
  /** The latest time that a key's state may hold. */
  #latest = -Infinity;

  limitsOf(key: Key): GroupLimits {
    return this.#limits.get(key.group) ?? noLimits;
  }

  setLimits(group: string, limits: GroupLimits, now: number): void {
    this.#limits.set(group, limits);
    for (const key of this.keys.values()) {
      if (key.group === group) this.#refresh(key, now);
    }
  }

  /** The first of the row's keys without room, or null if it may run. */
  blockedOn(row: Row, now: number): Key | null {
    for (const name of row.keys ?? []) {
      const key = this.#key(name);
      if (room(this.limitsOf(key), key.state, now) === 0) return key;
    }
    return null;
  }

  /** The row joins the line of the key that blocks it, else of its first one. */
  park(row: Row, lane: Lane, now: number): void {
    const key = this.blockedOn(row, now) ?? this.#key((row.keys as readonly string[])[0] as string);
    let wait = key.waits.get(lane);
    if (wait === undefined) {
      wait = new Wait(key, lane);
      key.waits.set(lane, wait);
    }
    this.#withdraw(wait);
    wait.rows.push(row);
    row.parkedOn = key.name;
    this.#announce(wait, now);
  }

  unpark(row: Row, lane: Lane, now: number): void {
    const wait = this.#key(row.parkedOn as string).waits.get(lane) as Wait;
    this.#withdraw(wait);
    wait.rows.remove(row);
    if (wait.rows.size > 0) return this.#announce(wait, now);
    wait.key.waits.delete(wait.lane);
    this.#forget(wait.key, now);
  }

  /** A run of the row starts: it takes a slot of each of its keys. */
  start(row: Row, now: number): void {
    if (row.keys === null) return;
    for (const name of row.keys) {
      const key = this.#key(name);
      key.state = started(this.limitsOf(key), key.state, now);
      this.#latest = Math.max(this.#latest, now);
      this.#refresh(key, now);
    }
  }

  /** Its run ended at `endedAt`, or (null) it was given back without a run. */
  end(row: Row, endedAt: number | null, now: number): void {
    if (row.keys === null) return;
    for (const name of row.keys) {
      const key = this.#key(name);
      key.state = ended(key.state, endedAt);
      this.#latest = Math.max(this.#latest, now);
      this.#refresh(key, now);
      this.#forget(key, now);
    }
  }

  /** Opens up to `limit` lines whose time has come; true if that was not all. */
  openCooled(lane: Lane, now: number, limit: number): boolean {
    for (let i = 0; i < limit; i++) {
      const wait = lane.cooling.peek();
      if (wait === undefined || wait.opensAt > now) return false;
      this.#withdraw(wait);
      this.#announce(wait, now);
    }
    return true;
  }

  /** The key as it stands, without making it. */
  look(name: string): { key: Key; limits: GroupLimits } {
    const key = this.keys.get(name) ?? new Key(name);
    return { key, limits: this.limitsOf(key) };
  }

  /**
   * Forgets keys that stand idle and limit nothing any more: looks at up to `limit`, and at the next ones next time.
   * After the clock stepped back it cuts, of all keys, what that left in the future.
   */
  sweep(now: number, limit: number): void {
    if (now < this.#latest) for (const key of this.keys.values()) this.#cut(key, now);
    this.#latest = now;
    for (let left = limit; left > 0; left--) {
      const next = this.#turn.next();
      if (next.done === true) {
        this.#turn = this.keys.values();
        return;
      }
      this.#forget(next.value, now);
    }
  }

  #cut(key: Key, now: number): void {
    if (!isAhead(key.state, now)) return;
    key.state = cutToNow(key.state, now);
    this.#refresh(key, now);
  }

  #key(name: string): Key {
    let key = this.keys.get(name);
    if (key === undefined) {
      key = new Key(name);
      this.keys.set(name, key);
    }
    return key;
  }

  #refresh(key: Key, now: number): void {
    for (const wait of key.waits.values()) {
      this.#withdraw(wait);
      this.#announce(wait, now);
    }
  }

  #withdraw(wait: Wait): void {
    if (wait.heapAt === NOWHERE) return;
    (wait.status === 'open' ? wait.lane.open : wait.lane.cooling).remove(wait);
  }

  #announce(wait: Wait, now: number): void {
    const limits = this.limitsOf(wait.key);
    const at = opensAt(limits, wait.key.state, now);
    wait.status = at === null ? 'blocked' : at > now ? 'cooling' : 'open';
    if (at === null) return;
    wait.opensAt = at;
    (wait.status === 'open' ? wait.lane.open : wait.lane.cooling).push(wait);
  }

  #forget(key: Key, now: number): void {
    if (key.waits.size === 0 && isForgettable(this.limitsOf(key), key.state, now)) this.keys.delete(key.name);
  }
}
