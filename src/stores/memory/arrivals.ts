/**
 * All jobs of the store, as they came.
 *
 * Ids made by time increase, so most jobs stand in the order of their ids too, where one is found by halving; and a
 * greater id than all before is new, which needs no look at all. A map of many jobs costs each insert more than all the
 * rest of it. Only ids that don't increase have one: made of a key, or by a process whose clock is behind.
 */

import type { Row } from './row.js';

/** More gone ones than this, and than half of all, are swept out. */
const FEW_GONE = 1_000;

export class Arrivals {
  /** By arrival number. Gone ones stay for a while. */
  #line: Row[] = [];
  /** Those of the line whose ids increase. */
  #timed: Row[] = [];
  readonly #others: Map<string, Row> = new Map();
  #latestId = '';
  #goneCount = 0;
  /** Where the last one was found: mostly the next one is asked for next. */
  #foundAt = -1;

  /** None of them has its id. */
  add(row: Row): void {
    this.#line.push(row);
    if (this.#isLatest(row.id)) {
      this.#timed.push(row);
      this.#latestId = row.id;
    } else this.#others.set(row.id, row);
  }

  find(id: string): Row | undefined {
    if (this.#isLatest(id)) return undefined;
    const row = this.#timed[this.#placeOf(id)];
    return row?.id === id && !row.isGone ? row : this.#others.get(id);
  }

  remove(row: Row): void {
    if (this.#others.get(row.id) === row) this.#others.delete(row.id);
    row.leave();
    this.#goneCount += 1;
    if (this.#goneCount * 2 > this.#line.length + FEW_GONE) this.#sweep();
  }

  /** From the newest on; from those on that came before `seq`, if it is given. */
  *newestFirst(seq: number = Infinity): Generator<Row> {
    const line = this.#line;
    for (let at = firstFrom(line, (row) => row.seq >= seq) - 1; at >= 0; at--) {
      const row = line[at] as Row;
      if (!row.isGone) yield row;
    }
  }

  #isLatest(id: string): boolean {
    return id > this.#latestId && id.charCodeAt(14) === 55 /* 7: made by time */;
  }

  /** Of the timed one with this id, if there is one. */
  #placeOf(id: string): number {
    const next = this.#foundAt + 1;
    this.#foundAt = this.#timed[next]?.id === id ? next : firstFrom(this.#timed, (row) => row.id >= id);
    return this.#foundAt;
  }

  #sweep(): void {
    this.#line = this.#line.filter((row) => !row.isGone);
    this.#timed = this.#timed.filter((row) => !row.isGone);
    this.#goneCount = 0;
  }
}

/** The place of the first row for which it is so; it is so for all behind it, too. */
function firstFrom(rows: readonly Row[], isSo: (row: Row) => boolean): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isSo(rows[middle] as Row)) high = middle;
    else low = middle + 1;
  }
  return low;
}
