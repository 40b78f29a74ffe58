/** The same for BullMQ's `addBulk`. */
import { fill, openQueue } from '../harness/bullmq.mjs';
import { expectCount, perSecond, report, setting } from '../harness/contestant.mjs';
import { startRedis } from '../harness/redis.mjs';

const { jobs, bulk } = setting();
const redis = await startRedis();
const queue = await openQueue(redis);

const begunAt = performance.now();
await fill(queue, jobs, { bulk });
const speed = perSecond(jobs, begunAt);

expectCount(await queue.getWaitingCount(), jobs, 'waiting jobs');
report({ perSecond: speed, redis: redis.version });
await queue.close();
await redis.stop();
