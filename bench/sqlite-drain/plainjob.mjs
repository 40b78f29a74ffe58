// The same for plainjob, which keeps ended jobs too: node plainjob.mjs JOBS WORKERS
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { better, defineQueue, defineWorker } from 'plainjob';

const jobs = Number(process.argv[2]);
const workers = Number(process.argv[3]);
const folder = mkdtempSync(join(tmpdir(), 'plainjob-bench-'));
const logger = { error: console.error, warn() {}, info() {}, debug() {} };
// It sets WAL and synchronous = NORMAL itself.
const queue = defineQueue({ connection: better(new Database(join(folder, 'jobs.db'))), logger });
queue.addMany(
  'noop',
  Array.from({ length: jobs }, () => ({})),
);

const begunAt = performance.now();
const running = [];
await new Promise((resolve) => {
  let ended = 0;
  const onCompleted = () => {
    ended += 1;
    if (ended === jobs) resolve();
  };
  for (let i = 0; i < workers; i++) {
    const worker = defineWorker('noop', async () => {}, { queue, logger, onCompleted });
    running.push(worker);
    void worker.start();
  }
});
const perSecond = (jobs / (performance.now() - begunAt)) * 1_000;
await Promise.all(running.map((worker) => worker.stop()));
queue.close();
rmSync(folder, { recursive: true });
console.log(JSON.stringify({ perSecond }));
