/** Enqueues one job after the other, writes the id of each one that is acknowledged, and kills itself right after the last. */

import { openSync, writeSync } from 'node:fs';
import { TaskManager, taskRef } from 'taskspan';

/** @type {import('./settings.js').ProducerSettings} */
const { store, journal, task, count } = JSON.parse(process.argv[2] ?? '');
const file = openSync(journal, 'a');
const manager = new TaskManager({ store, work: false });

for (let i = 1; i <= count; i++) {
  const { id } = await manager.enqueue(taskRef(task), { producer: process.pid, i });
  const last = i === count;
  writeSync(
    file,
    `${JSON.stringify({ at: Date.now(), pid: process.pid, worker: 'producer', what: 'acknowledged', job: id })}\n`,
  );
  if (last) process.kill(process.pid, 'SIGKILL');
}
