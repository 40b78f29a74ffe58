/**
 * A worker in a process of its own, which tests kill, stop and block: `node worker.mjs SETTINGS`, as JSON.
 *
 * It writes to a journal that all processes of a test share. A line is there once its write has returned, whatever
 * becomes of the process, and lines of several processes stand in the order in which they were written.
 */

import { existsSync, openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TaskConstraintGroup, TaskManager, task, taskRef } from 'taskspan';

/** @type {import('./settings.js').WorkerSettings} */
const settings = JSON.parse(process.argv[2] ?? '');
const { name, store, journal, release, leaseMs, concurrency, workMs, closeMs, isKeyed } = settings;
const { tasks, queues, schedule, clockAheadMs } = settings;

const realNow = Date.now;
Date.now = () => realNow() + clockAheadMs;

const file = openSync(journal, 'a');

/**
 * @param {string} what
 * @param {object} [details]
 */
function write(what, details) {
  writeSync(file, `${JSON.stringify({ at: realNow(), pid: process.pid, worker: name, what, ...details })}\n`);
}

/** @type {Readonly<Record<import('./settings.js').Behaviour, (job: string, signal: AbortSignal) => unknown>>} */
const behaviours = {
  works: () => sleep(workMs),
  async throws() {
    await sleep(workMs);
    throw new Error('as it was told to');
  },
  async obeys() {
    while (!existsSync(release)) await sleep(5);
  },
  waits: (job, signal) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        write('aborted', { job, code: signal.reason.code, name: signal.reason.name });
        reject(signal.reason);
      });
    }),
  ignores: () => new Promise(() => {}),
  stops: () => void process.kill(process.pid, 'SIGSTOP'),
  blocks() {
    while (!existsSync(release));
  },
  dies: () => new Promise(() => process.kill(process.pid, 'SIGKILL')),
};

let runs = 0;

const manager = new TaskManager({
  store,
  leaseMs,
  concurrency,
  tasks: Object.entries(tasks).map(([taskName, behaviour]) =>
    task(
      taskName,
      async (_input, { attempt, job, signal }) => {
        if (job === undefined) throw new Error('Only jobs run here.');
        runs += 1;
        const run = `${process.pid}-${runs}`;
        write('started', { job: job.id, task: taskName, attempt, run });
        await behaviours[behaviour](job.id, signal);
        return /** @type {import('./settings.js').Result} */ ({ by: name, run });
      },
      { queue: queues[taskName] },
    ),
  ),
});

if (isKeyed) {
  const constraintKeyForExecution = (/** @type {unknown} */ _task, /** @type {{ key?: string }} */ input) =>
    input?.key ?? null;
  manager.addConstraintGroup(new TaskConstraintGroup({ name: 'keys', maxConcurrent: 1, constraintKeyForExecution }));
}

for (const type of /** @type {const} */ (['completed', 'failed', 'retrying', 'cancelled', 'returned', 'lost'])) {
  manager.on(type, ({ job }) => write(type, { job: job.id, task: job.task }));
}
manager.on('error', ({ error, during }) => write('error', { message: `${during}: ${error}` }));

// Nothing but the manager keeps the process alive, so that it ends by itself when the manager has closed.
process.once('SIGTERM', async () => {
  write('closing');
  await manager.close({ timeout: closeMs });
  write('closed');
});

await manager.start();
if (schedule !== null) {
  const { task: name, everyMs } = schedule;
  await manager.schedule(taskRef(name), undefined, { id: 's', every: everyMs, overlap: 'allow', missed: 'all' });
}
write('ready');
