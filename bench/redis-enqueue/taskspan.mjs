/**
 * Enqueues jobs one by one into Redis, 100 awaited calls in flight at any time; no worker runs.
 *
 * Calls that are in flight together share a command, which is what `enqueue` does for any caller: nothing here batches
 * by hand.
 */
import { expectCount, inFlight, input, perSecond, report, setting } from '../harness/contestant.mjs';
import { startRedis } from '../harness/redis.mjs';
import { storeUrl, TaskManager, task } from '../harness/taskspan-redis.mjs';

const { jobs, callers } = setting();
const noop = task('noop', async () => {});
const redis = await startRedis();
const manager = new TaskManager({ store: storeUrl(redis), tasks: [noop], work: false });
await manager.start();

const begunAt = performance.now();
await inFlight(callers, jobs, (i) => manager.enqueue(noop, input(i)));
const speed = perSecond(jobs, begunAt);

expectCount((await manager.count()).pending, jobs, 'pending jobs');
report({ perSecond: speed, redis: redis.version });
await manager.close();
await redis.stop();
