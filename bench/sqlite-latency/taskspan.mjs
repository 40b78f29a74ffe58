/**
 * How long an idle manager takes from the call of `enqueue` to the first line of the task's function, in one process on
 * an SQLite file: the job is committed, claimed (a second commit) and started in between.
 *
 * Between two jobs the last one is settled and the process has been idle for some milliseconds.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { completions, input, report, setting } from '../harness/contestant.mjs';
import { sqliteIn, sqliteOf, TaskManager, task } from '../harness/taskspan.mjs';

const IDLE_MS = 5;
/** The first ones run code that nothing has compiled yet. */
const WARM_UP = 50;

const { jobs, driver, synchronous } = setting();
let startedAt = 0;
const noop = task('noop', async () => {
  startedAt = performance.now();
});
const store = sqliteIn(driver, synchronous);
const manager = new TaskManager({ store, tasks: [noop] });
await manager.start();

const latencies = [];
for (let i = 0; i < WARM_UP + jobs; i++) {
  const settled = completions(manager, 1);
  const calledAt = performance.now();
  await manager.enqueue(noop, input(i));
  await settled;
  if (i >= WARM_UP) latencies.push(startedAt - calledAt);
  await sleep(IDLE_MS);
}
latencies.sort((a, b) => a - b);
const percentile = (p) => latencies[Math.min(latencies.length - 1, Math.floor((p / 100) * latencies.length))];
report({ p50Ms: percentile(50), p99Ms: percentile(99), sqlite: sqliteOf(store) });
await manager.close();
