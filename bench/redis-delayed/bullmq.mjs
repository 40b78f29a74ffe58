/** The same for BullMQ. A job's delay counts from its timestamp, so all are due at the same millisecond. */
import { completions, fill, openQueue, openWorker } from '../harness/bullmq.mjs';
import { expectCount, report, setting } from '../harness/contestant.mjs';
import { dueIn } from '../harness/due.mjs';
import { startRedis } from '../harness/redis.mjs';

const { jobs, leadMs } = setting();
let ran = 0;
let early = 0;
const redis = await startRedis();
const queue = await openQueue(redis);
const due = dueIn(leadMs);
await fill(queue, jobs, {
  optionsOf: () => {
    const timestamp = Date.now();
    return { timestamp, delay: due.dueAt - timestamp };
  },
});
const run = async () => {
  ran += 1;
  if (due.isEarly()) early += 1;
};
const worker = await openWorker(redis, run, { concurrency: 200 });

const settled = completions(worker, jobs);
void worker.run();
due.expectAhead();
const speed = due.perSecond(jobs, await settled);

const counts = await queue.getJobCounts('completed', 'waiting', 'active', 'failed', 'delayed');
expectCount(ran, jobs, 'runs');
expectCount(early, 0, 'runs before their time');
expectCount(counts.completed, jobs, 'jobs kept as completed');
expectCount(counts.waiting + counts.active + counts.failed + counts.delayed, 0, 'jobs left');
report({ perSecond: speed, redis: redis.version });
await worker.close();
await queue.close();
await redis.stop();
