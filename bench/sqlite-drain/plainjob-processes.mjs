/**
 * The same by several processes on one file, each with one worker: what plainjob's README advises for high throughput.
 * Starting them is not measured. A worker's loop lets nothing else of its process run until it finds the queue empty,
 * so the first thing that runs after it is the news that all is done.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { JobStatus } from 'plainjob';
import { expectCount, input, perSecond, report, setting, temporaryFolder } from '../harness/contestant.mjs';
import { openQueue, openWorker } from '../harness/plainjob.mjs';

if (process.send === undefined) await lead();
else work();

async function lead() {
  const { jobs, processes } = setting();
  const path = join(temporaryFolder(), 'jobs.db');
  const { queue, sqlite } = openQueue(path);
  queue.addMany(
    'noop',
    Array.from({ length: jobs }, (_, i) => input(i)),
  );
  const children = Array.from({ length: processes }, () =>
    fork(fileURLToPath(import.meta.url), [JSON.stringify({ path })]),
  );
  await Promise.all(children.map((child) => once(child, 'message')));
  const begunAt = performance.now();
  const answers = children.map((child) => once(child, 'message'));
  for (const child of children) child.send('start');
  const counts = (await Promise.all(answers)).map(([ended]) => ended);
  const speed = perSecond(jobs, begunAt);
  for (const child of children) child.kill();
  expectCount(
    counts.reduce((a, b) => a + b, 0),
    jobs,
    'completions',
  );
  expectCount(queue.countJobs({ status: JobStatus.Done }), jobs, 'jobs kept as done');
  report({ perSecond: speed, sqlite });
  queue.close();
}

function work() {
  const { queue } = openQueue(setting().path);
  let ended = 0;
  const worker = openWorker(queue, () => {
    ended += 1;
  });
  process.once('message', () => {
    void worker.start();
    setImmediate(() => process.send(ended));
  });
  process.send('ready');
}
