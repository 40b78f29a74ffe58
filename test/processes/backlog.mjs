/**
 * A process that works off many jobs which come due at one instant: `node --expose-gc backlog.mjs SETTINGS`, as JSON.
 * Half-way, others enqueue theirs. It prints what it saw as one line of JSON.
 */

import { memory, TaskManager, task } from 'taskspan';
import { redis } from 'taskspan/redis';
import { sqlite } from 'taskspan/sqlite';

/** @type {import('./settings.js').BacklogSettings} */
const { path, count } = JSON.parse(process.argv[2] ?? '');

let clockIsAheadMs = 0;
const clock = () => Date.now() + clockIsAheadMs;
const shared = path === null ? memory({ clock }) : null;
/** Its own connection for each manager, as other processes would have. */
function store() {
  if (path?.startsWith('redis:')) return redis({ url: path, clock });
  return shared ?? sqlite({ path: /** @type {string} */ (path), synchronous: 'normal', clock });
}

let peakBytes = 0;
function measure() {
  globalThis.gc?.();
  peakBytes = Math.max(peakBytes, process.memoryUsage().heapUsed);
}

let started = 0;
let isInOrder = true;
/** @type {Record<string, number>} How many of the backlog had started when these were enqueued, and when they started. */
const at = {};

const works = task('works', (/** @type {number} */ n) => {
  if (n !== started) isInOrder = false;
  started += 1;
  if (started % (count / 10) === 0) measure();
  if (started === count / 2) void enqueueOthers();
});
const noting = (/** @type {string} */ name) => () => {
  at[`${name}Started`] = started;
};
const urgent = task('urgent', noting('urgent'));
const later = task('later', noting('later'));
const elsewhere = task('elsewhere', noting('elsewhere'), { queue: 'elsewhere' });

async function enqueueOthers() {
  at.enqueued = started;
  await producer.enqueue(urgent, undefined, { priority: 1 });
  await producer.enqueue(later);
  await producer.enqueue(elsewhere);
}

const producer = new TaskManager({ store: store(), work: false });
const dueAt = clock() + 3_600_000;
const numbers = Array.from({ length: count }, (_, n) => n);
for (let n = 0; n < count; n += 10_000) await producer.enqueueMany(works, numbers.slice(n, n + 10_000), { at: dueAt });
measure();
const before = peakBytes;

const worker = new TaskManager({ store: store(), tasks: [works, urgent, later], concurrency: 10 });
const other = new TaskManager({ store: store(), tasks: [elsewhere] });
await worker.start();
await other.start();
const early = started;
clockIsAheadMs = 3_600_000;
await worker.whenIdle({ includeDelayed: true });
const { completed, pending, running } = await producer.count();
for (const manager of [worker, other, producer]) await manager.close();
console.log(
  JSON.stringify({
    started,
    early,
    isInOrder,
    completed,
    left: pending + running,
    grownBytes: peakBytes - before,
    ...at,
  }),
);
