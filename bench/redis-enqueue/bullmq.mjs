/** The same for BullMQ: a script for each job. */
import { openQueue } from '../harness/bullmq.mjs';
import { expectCount, inFlight, input, perSecond, report, setting } from '../harness/contestant.mjs';
import { startRedis } from '../harness/redis.mjs';

const { jobs, callers } = setting();
const redis = await startRedis();
const queue = await openQueue(redis);

const begunAt = performance.now();
await inFlight(callers, jobs, (i) => queue.add('noop', input(i)));
const speed = perSecond(jobs, begunAt);

expectCount(await queue.getWaitingCount(), jobs, 'waiting jobs');
report({ perSecond: speed, redis: redis.version });
await queue.close();
await redis.stop();
