/**
 * The whole way of as many delayed jobs: `enqueueMany` with `in` on the memory store of a started manager, then
 * `cancel()` of each handle in another order. Besides the due time each makes, and keeps, a record of a job.
 *
 * `enqueueMany` has one delay a call, so jobs of one call are due together: the delays are fewer than with timers.
 */
import { expectCount, input, report, setting } from '../harness/contestant.mjs';
import { memory, TaskManager, task } from '../harness/taskspan.mjs';
import { delays, shuffled } from './delays.mjs';

const CALL = 1_000;
const { timers } = setting();
const noop = task('noop', async () => {});
const manager = new TaskManager({ store: memory(), tasks: [noop] });
await manager.start();
const wanted = delays(Math.ceil(timers / CALL), 'spread');

const addedAt = performance.now();
const handles = [];
for (const [i, delayMs] of wanted.entries()) {
  const length = Math.min(CALL, timers - i * CALL);
  const inputs = Array.from({ length }, (_, j) => input(i * CALL + j));
  for (const handle of await manager.enqueueMany(noop, inputs, { in: delayMs })) handles.push(handle);
}
const addMs = performance.now() - addedAt;
expectCount((await manager.count()).delayed, timers, 'delayed jobs');

const others = shuffled(handles);
const cancelledAt = performance.now();
for (let i = 0; i < timers; i += CALL) await Promise.all(others.slice(i, i + CALL).map((handle) => handle.cancel()));
const cancelMs = performance.now() - cancelledAt;
expectCount((await manager.count()).cancelled, timers, 'cancelled jobs');
report({
  bothUs: ((addMs + cancelMs) * 1_000) / timers,
  addUs: (addMs * 1_000) / timers,
  cancelUs: (cancelMs * 1_000) / timers,
});
await manager.close();
