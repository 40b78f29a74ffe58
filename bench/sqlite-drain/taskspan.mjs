/**
 * Drains no-op jobs from an SQLite file, 50 at once, and keeps them as completed.
 *
 * The clock runs from `start()` until the last `completed` event, which comes when the store has acknowledged the end:
 * each job counted is settled in the file. Settles that happen in one turn share a commit; nothing is acknowledged before it.
 */
import { completions, expectCount, input, report, setting } from '../harness/contestant.mjs';
import { fill, sqliteIn, sqliteOf, TaskManager, task } from '../harness/taskspan.mjs';

const { jobs, driver, synchronous, concurrency } = setting();
let ran = 0;
const noop = task('noop', async () => {
  ran += 1;
});
const store = sqliteIn(driver, synchronous);
const manager = new TaskManager({ store, tasks: [noop], concurrency });
await fill(manager, noop, jobs, input);

const settled = completions(manager, jobs);
const begunAt = performance.now();
await manager.start();
const endedAt = await settled;

const { completed, pending, running } = await manager.count();
expectCount(ran, jobs, 'runs');
expectCount(completed, jobs, 'jobs kept as completed');
expectCount(pending + running, 0, 'jobs left');
report({ perSecond: (jobs / (endedAt - begunAt)) * 1_000, sqlite: sqliteOf(store) });
await manager.close();
