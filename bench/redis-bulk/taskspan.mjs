/** Enqueues jobs into Redis by `enqueueMany`, so many a call; a call is awaited before the next. No worker runs. */
import { expectCount, input, perSecond, report, setting } from '../harness/contestant.mjs';
import { startRedis } from '../harness/redis.mjs';
import { storeUrl, TaskManager, task } from '../harness/taskspan-redis.mjs';

const { jobs, bulk } = setting();
const noop = task('noop', async () => {});
const redis = await startRedis();
const manager = new TaskManager({ store: storeUrl(redis), tasks: [noop], work: false });
await manager.start();

const begunAt = performance.now();
for (let from = 0; from < jobs; from += bulk) {
  const length = Math.min(bulk, jobs - from);
  await manager.enqueueMany(
    noop,
    Array.from({ length }, (_, i) => input(from + i)),
  );
}
const speed = perSecond(jobs, begunAt);

expectCount((await manager.count()).pending, jobs, 'pending jobs');
report({ perSecond: speed, redis: redis.version });
await manager.close();
await redis.stop();
