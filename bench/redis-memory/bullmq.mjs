/** The same for BullMQ. */
import { fill, openQueue } from '../harness/bullmq.mjs';
import { expectCount, input, largeInput, report, setting } from '../harness/contestant.mjs';
import { startRedis } from '../harness/redis.mjs';

const { jobs, isLarge } = setting();
const inputOf = isLarge ? largeInput : input;
const redis = await startRedis();
const queue = await openQueue(redis);
await fill(queue, 1, { inputOf });

const before = await redis.usedBytes();
await fill(queue, jobs, { inputOf });
const bytes = ((await redis.usedBytes()) - before) / jobs;

expectCount(await queue.getWaitingCount(), 1 + jobs, 'waiting jobs');
report({ bytes, redis: redis.version });
await queue.close();
await redis.stop();
