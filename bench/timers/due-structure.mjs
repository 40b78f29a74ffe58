/**
 * Adapts what the memory store keeps its delayed jobs in, in the order of their due times: the one place that knows its
 * shape. Add and remove cost here what a job costs there, without the job.
 */
import { Heap } from '../../dist/core/heap.js';

class Due {
  heapAt = -1;
  dueAt;
  seq;

  constructor(dueAt, seq) {
    this.dueAt = dueAt;
    this.seq = seq;
  }
}

export function dueStructure() {
  const heap = new Heap({ first: (due) => due.dueAt, second: (due) => due.seq, third: () => 0 });
  let lastSeq = 0;
  return {
    /** @returns what `remove` takes */
    add(dueAt) {
      lastSeq += 1;
      const due = new Due(dueAt, lastSeq);
      heap.push(due);
      return due;
    },
    remove: (due) => heap.remove(due),
    get size() {
      return heap.size;
    },
  };
}
