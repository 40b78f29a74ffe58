/** The same for BullMQ: each job is settled by a script of its own, which claims the next. */
import { completions, fill, openQueue, openWorker } from '../harness/bullmq.mjs';
import { expectCount, report, setting } from '../harness/contestant.mjs';
import { startRedis } from '../harness/redis.mjs';

const { jobs, concurrency, options, kept } = setting();
const redis = await startRedis();
const queue = await openQueue(redis);
await fill(queue, jobs);
let ran = 0;
const run = async () => {
  ran += 1;
};
const worker = await openWorker(redis, run, { concurrency, ...options });

const settled = completions(worker, jobs);
const cpuBeforeUs = await redis.cpuUs();
const begunAt = performance.now();
void worker.run();
const endedAt = await settled;
const cpuUs = (await redis.cpuUs()) - cpuBeforeUs;

const counts = await queue.getJobCounts('completed', 'waiting', 'active', 'failed', 'delayed');
expectCount(ran, jobs, 'runs');
expectCount(counts.completed, kept === 'all' ? jobs : 0, 'jobs kept as completed');
expectCount(counts.waiting + counts.active + counts.failed + counts.delayed, 0, 'jobs left');
report({ perSecond: (jobs / (endedAt - begunAt)) * 1_000, redisCpuUs: cpuUs / jobs, redis: redis.version });
await worker.close();
await queue.close();
await redis.stop();
