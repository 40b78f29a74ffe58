/**
 * Enqueues jobs one by one into an SQLite file, 100 awaited calls in flight at any time; no worker runs.
 *
 * A call resolves when its job is committed. Calls that are in flight together share a commit, which is what `enqueue`
 * does for any caller: nothing here batches by hand.
 */
import { expectCount, input, perSecond, report, setting } from '../harness/contestant.mjs';
import { sqliteIn, sqliteOf, TaskManager, task } from '../harness/taskspan.mjs';

const { jobs, driver, synchronous, inFlight } = setting();
const noop = task('noop', async () => {});
const store = sqliteIn(driver, synchronous);
const manager = new TaskManager({ store, tasks: [noop], work: false });
await manager.start();

let next = 0;
async function caller() {
  while (next < jobs) await manager.enqueue(noop, input(next++));
}
const begunAt = performance.now();
await Promise.all(Array.from({ length: Math.min(inFlight, jobs) }, caller));
const speed = perSecond(jobs, begunAt);

expectCount((await manager.count()).pending, jobs, 'pending jobs');
report({ perSecond: speed, sqlite: sqliteOf(store) });
await manager.close();
