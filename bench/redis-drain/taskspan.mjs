/**
 * Drains no-op jobs from Redis, and keeps them as completed.
 *
 * The clock runs from `start()` until the last `completed` event, which comes when Redis has acknowledged the end. What
 * Redis's processor did meanwhile is divided by the jobs.
 */
import { completions, expectCount, input, report, setting } from '../harness/contestant.mjs';
import { startRedis } from '../harness/redis.mjs';
import { fill } from '../harness/taskspan.mjs';
import { storeUrl, TaskManager, task } from '../harness/taskspan-redis.mjs';

const { jobs, concurrency } = setting();
let ran = 0;
const noop = task('noop', async () => {
  ran += 1;
});
const redis = await startRedis();
const manager = new TaskManager({ store: storeUrl(redis), tasks: [noop], concurrency });
await fill(manager, noop, jobs, input);

const settled = completions(manager, jobs);
const cpuBeforeUs = await redis.cpuUs();
const begunAt = performance.now();
await manager.start();
const endedAt = await settled;
const cpuUs = (await redis.cpuUs()) - cpuBeforeUs;

const { completed, pending, running } = await manager.count();
expectCount(ran, jobs, 'runs');
expectCount(completed, jobs, 'jobs kept as completed');
expectCount(pending + running, 0, 'jobs left');
report({ perSecond: (jobs / (endedAt - begunAt)) * 1_000, redisCpuUs: cpuUs / jobs, redis: redis.version });
await manager.close();
await redis.stop();
