/**
 * Enqueues and runs no-op jobs on the memory store, 10 at once. The clock runs from the first call until the last job
 * is settled; ended jobs are kept, as always.
 *
 *     single   a call of `enqueue` for each job, all awaited together: what `queue.add(fn)` is beside it
 *     many     one call of `enqueueMany`
 *     result   as `single`, and each job's result is awaited: what awaiting the promise of each `add` is
 *
 * Unlike the peer's closure, a job here has an id, a record that can be looked at, retries and a lease; its input is an
 * encoded copy.
 */
import { completions, expectCount, input, perSecond, report, setting } from '../harness/contestant.mjs';
import { memory, TaskManager, task } from '../harness/taskspan.mjs';

const { jobs, warmUp, way } = setting();
let ran = 0;
const noop = task('noop', async ({ width }) => {
  ran += 1;
  return width;
});
const manager = new TaskManager({ store: memory(), tasks: [noop], concurrency: 10 });
await manager.start();

const enqueueAll = {
  single: (count) => Promise.all(Array.from({ length: count }, (_, i) => manager.enqueue(noop, input(i)))),
  many: (count) =>
    manager.enqueueMany(
      noop,
      Array.from({ length: count }, (_, i) => input(i)),
    ),
  result: (count) =>
    Promise.all(Array.from({ length: count }, async (_, i) => (await manager.enqueue(noop, input(i))).result())),
};

async function run(count) {
  const settled = completions(manager, count);
  await enqueueAll[way](count);
  await settled;
}

await run(warmUp);
const begunAt = performance.now();
await run(jobs);
const speed = perSecond(jobs, begunAt);

expectCount(ran, warmUp + jobs, 'runs');
expectCount((await manager.count()).completed, warmUp + jobs, 'jobs kept as completed');
report({ perSecond: speed });
await manager.close();
