/** Schedules by id, and by their next slot. */

import { Heap, type HeapItem, NOWHERE } from '../../core/heap.js';
import type { ScheduleRecord } from '../../store/contract.js';

class Entry implements HeapItem {
  heapAt: number = NOWHERE;
  readonly record: ScheduleRecord;

  constructor(record: ScheduleRecord) {
    this.record = record;
  }

  /** Those that have no further slot come last. */
  get nextAt(): number {
    return this.record.nextAt ?? Infinity;
  }
}

export class Timetable {
  readonly #byId: Map<string, Entry> = new Map();
  readonly #byNext: Heap<Entry> = new Heap({ first: (entry) => entry.nextAt, second: () => 0, third: () => 0 });

  /** When the next slot of any schedule is; Infinity = never. */
  get nextAt(): number {
    return this.#byNext.peek()?.nextAt ?? Infinity;
  }

  get(id: string): ScheduleRecord | undefined {
    return this.#byId.get(id)?.record;
  }

  set(record: ScheduleRecord): void {
    this.remove(record.id);
    const entry = new Entry(record);
    this.#byId.set(record.id, entry);
    this.#byNext.push(entry);
  }

  remove(id: string): boolean {
    const entry = this.#byId.get(id);
    if (entry === undefined) return false;
    this.#byNext.remove(entry);
    return this.#byId.delete(id);
  }

  /** Those with a slot until then, soonest first: costs what it answers, however many there are. */
  first(until: number, limit: number): readonly ScheduleRecord[] {
    const taken: Entry[] = [];
    for (let entry = this.#byNext.peek(); entry !== undefined; entry = this.#byNext.peek()) {
      if (taken.length >= limit || entry.nextAt > until) break;
      this.#byNext.remove(entry);
      taken.push(entry);
    }
    for (const entry of taken) this.#byNext.push(entry);
    return taken.map(({ record }) => record);
  }
}
