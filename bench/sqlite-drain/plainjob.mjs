/**
 * The same for plainjob, which keeps ended jobs too: each job is claimed in a transaction, run, and marked as done by a
 * statement of its own. Workers in one process take turns, for its statements are synchronous.
 */
import { join } from 'node:path';
import { JobStatus } from 'plainjob';
import { expectCount, input, perSecond, report, setting, temporaryFolder } from '../harness/contestant.mjs';
import { openQueue, openWorker } from '../harness/plainjob.mjs';

const { jobs, workers } = setting();
const { queue, sqlite } = openQueue(join(temporaryFolder(), 'jobs.db'));
queue.addMany(
  'noop',
  Array.from({ length: jobs }, (_, i) => input(i)),
);

const running = [];
const begunAt = performance.now();
const speed = await new Promise((resolve) => {
  let ended = 0;
  const onCompleted = () => {
    ended += 1;
    if (ended === jobs) resolve(perSecond(jobs, begunAt));
  };
  for (let i = 0; i < workers; i++) {
    const worker = openWorker(queue, onCompleted);
    running.push(worker);
    void worker.start();
  }
});
await Promise.all(running.map((worker) => worker.stop()));
expectCount(queue.countJobs({ status: JobStatus.Done }), jobs, 'jobs kept as done');
report({ perSecond: speed, sqlite });
queue.close();
