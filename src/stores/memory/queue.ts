/** A queue of the memory store: its settings, its counts, and where its pending jobs wait. */

import { Heap } from '../../core/heap.js';
import { noCounts } from '../../store/index.js';
import { claimOrder, dueOrder, type Row } from './row.js';
import { Lane } from './turnstile.js';

export class Queue {
  readonly name: string;
  readonly delayed: Heap<Row> = new Heap(dueOrder);
  /** Parked for a worker that can run them, by the name that it must know. */
  readonly orphans: Map<string, Heap<Row>> = new Map();
  readonly normal: Lane = new Lane();
  /** Jobs that are claimed alone. */
  readonly suspects: Lane = new Lane();
  readonly counts: ReturnType<typeof noCounts> = noCounts();
  isPaused = false;
  concurrency: number | null = null;
  definitionVersion = 0;

  constructor(name: string) {
    this.name = name;
  }

  orphansOf(name: string): Heap<Row> {
    let heap = this.orphans.get(name);
    if (heap === undefined) {
      heap = new Heap(claimOrder);
      this.orphans.set(name, heap);
    }
    return heap;
  }

  laneOf(row: Row): Lane {
    return row.suspect ? this.suspects : this.normal;
  }

  /** How many more of its jobs may run. */
  get room(): number {
    return this.concurrency === null ? Infinity : Math.max(0, this.concurrency - this.counts.running);
  }
}
