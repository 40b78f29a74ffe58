/**
 * All jobs of the store, as they came, and the way to each by its id.
 *
 * Ids are found by their hash in a table of numbers. In a `Map` of many, each step to the next entry would look at a
 * text that no cache has, which cost an insert more than all the rest of it.
 */

import type { Row } from './row.js';

/** Room for so many at first; it doubles when it is used up. */
const FIRST_ROOM = 1_024;
/** More gone ones than this, and than half of all, are swept out. */
const FEW_GONE = 1_000;

export class Arrivals {
  /** By arrival number. Gone ones stay for a while. */
  #line: Row[] = [];
  /** Of each in the line, the hash of its id. */
  #hashes: Int32Array = new Int32Array(FIRST_ROOM);
  /** At a hash, or behind it where that is taken: a place in the line, counted from 1. Half of all at least are 0. */
  #places: Int32Array = new Int32Array(2 * FIRST_ROOM);
  #goneCount = 0;
  /** The place of the one that was found last: mostly the next one is asked for next. */
  #found = 0;

  /** None of them has its id. */
  add(row: Row): void {
    if (this.#line.length === this.#hashes.length) this.#rebuild(2 * this.#hashes.length);
    this.#append(row, hashOf(row.id));
  }

  find(id: string): Row | undefined {
    const next = this.#line[this.#found];
    if (next?.id === id && !next.isGone) {
      this.#found += 1;
      return next;
    }
    const hash = hashOf(id);
    const mask = this.#places.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const place = this.#places[at] as number;
      if (place === 0) return undefined;
      if (this.#hashes[place - 1] !== hash) continue;
      const row = this.#line[place - 1] as Row;
      if (row.id !== id || row.isGone) continue;
      this.#found = place;
      return row;
    }
  }

  remove(row: Row): void {
    row.leave();
    this.#goneCount += 1;
    if (this.#goneCount * 2 > this.#line.length + FEW_GONE) this.#rebuild(this.#hashes.length);
  }

  /** From the newest on; from those on that came before `seq`, if it is given. */
  *newestFirst(seq: number = Infinity): Generator<Row> {
    const line = this.#line;
    for (let at = countBefore(line, seq) - 1; at >= 0; at--) {
      const row = line[at] as Row;
      if (!row.isGone) yield row;
    }
  }

  #append(row: Row, hash: number): void {
    const place = this.#line.push(row);
    this.#hashes[place - 1] = hash;
    const mask = this.#places.length - 1;
    let at = hash & mask;
    while (this.#places[at] !== 0) at = (at + 1) & mask;
    this.#places[at] = place;
  }

  /** Without the gone ones, with room for so many at most. */
  #rebuild(most: number): void {
    const [line, hashes] = [this.#line, this.#hashes];
    let room = most;
    while (room > FIRST_ROOM && 4 * (line.length - this.#goneCount) < room) room /= 2;
    this.#line = [];
    this.#hashes = new Int32Array(room);
    this.#places = new Int32Array(2 * room);
    this.#goneCount = 0;
    line.forEach((row, at) => {
      if (!row.isGone) this.#append(row, hashes[at] as number);
    });
  }
}

/** Of the end of an id, where ids differ most. */
function hashOf(id: string): number {
  let hash = 0;
  for (let at = Math.max(0, id.length - 12); at < id.length; at++) {
    hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

/** How many came before this arrival number. */
function countBefore(rows: readonly Row[], seq: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle] as Row).seq < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
