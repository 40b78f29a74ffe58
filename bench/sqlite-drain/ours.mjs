// Drains no-op jobs from an SQLite file, ended jobs kept: node ours.mjs JOBS normal|full
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TaskManager, task } from '../../dist/index.js';
import { sqlite } from '../../dist/stores/sqlite/index.js';

const jobs = Number(process.argv[2]);
const synchronous = process.argv[3];
const folder = mkdtempSync(join(tmpdir(), 'taskspan-bench-'));
const noop = task('noop', async () => {});
const store = sqlite({ path: join(folder, 'jobs.db'), synchronous });
const manager = new TaskManager({ store, tasks: [noop], concurrency: 50 });
await manager.enqueueMany(
  noop,
  Array.from({ length: jobs }, () => undefined),
);

// `completed` comes when the store has acknowledged the end: each job counted here is settled durably.
const begunAt = performance.now();
await new Promise((resolve) => {
  let ended = 0;
  manager.on('completed', () => {
    ended += 1;
    if (ended === jobs) resolve();
  });
  void manager.start();
});
const perSecond = (jobs / (performance.now() - begunAt)) * 1_000;
const { completed } = await manager.count();
if (completed !== jobs) throw new Error(`${completed} of ${jobs} jobs are kept as completed.`);
await manager.close();
rmSync(folder, { recursive: true });
console.log(JSON.stringify({ perSecond }));
