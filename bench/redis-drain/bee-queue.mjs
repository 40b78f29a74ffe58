/** The same for bee-queue: each job is claimed by a blocking move, and settled by a transaction of its own. */
import { completions, fill, openQueue, openWorker } from '../harness/bee-queue.mjs';
import { expectCount, report, setting } from '../harness/contestant.mjs';
import { startRedis } from '../harness/redis.mjs';

const { jobs, concurrency, options, kept } = setting();
const redis = await startRedis();
const queue = await openQueue(redis);
await fill(queue, jobs);
const worker = await openWorker(redis, options);
let ran = 0;

const settled = completions(worker, jobs);
const cpuBeforeUs = await redis.cpuUs();
const begunAt = performance.now();
worker.process(concurrency, async () => {
  ran += 1;
});
const endedAt = await settled;
const cpuUs = (await redis.cpuUs()) - cpuBeforeUs;

const counts = await queue.checkHealth();
expectCount(ran, jobs, 'runs');
expectCount(counts.succeeded, kept === 'all' ? jobs : 0, 'jobs kept as succeeded');
expectCount(counts.waiting + counts.active + counts.failed, 0, 'jobs left');
report({ perSecond: (jobs / (endedAt - begunAt)) * 1_000, redisCpuUs: cpuUs / jobs, redis: redis.version });
await worker.close();
await queue.close();
await redis.stop();
