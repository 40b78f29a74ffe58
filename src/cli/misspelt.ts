/** Slips of the pen in a task's name or queue, as far as live workers show them. */

import { nearest } from '../core/options.js';
import type { WorkerRecord } from '../index.js';

/** Null if a live worker can run it, or if none is alive that could be asked. */
export function doubtOf(task: string, queue: string, workers: readonly WorkerRecord[]): string | null {
  if (workers.length === 0) return null;
  const having = workers.filter((worker) => worker.tasks.includes(task));
  if (having.some((worker) => worker.queues.includes(queue))) return null;
  if (having.length > 0) {
    const queues = unique(having.flatMap((worker) => worker.queues));
    return `the job waits: workers that have task '${task}' serve ${queues.join(', ')}, not queue '${queue}'. Was --queue meant?`;
  }
  const near = nearest(task, unique(workers.flatMap((worker) => worker.tasks)));
  return `the job waits: no live worker has a task '${task}'.${near === null ? '' : ` Was '${near}' meant?`}`;
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}
