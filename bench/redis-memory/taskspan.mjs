/** Memory that Redis uses for jobs that wait: what it says before and after they are enqueued, by jobs. */
import { expectCount, input, largeInput, report, setting } from '../harness/contestant.mjs';
import { startRedis } from '../harness/redis.mjs';
import { fill } from '../harness/taskspan.mjs';
import { storeUrl, TaskManager, task } from '../harness/taskspan-redis.mjs';

const { jobs, isLarge } = setting();
const inputOf = isLarge ? largeInput : input;
const noop = task('noop', async () => {});
const redis = await startRedis();
const manager = new TaskManager({ store: storeUrl(redis), tasks: [noop], work: false });
await manager.start();
// The first brings what is there once: scripts, buffers of connections.
await fill(manager, noop, 1, inputOf);

const before = await redis.usedBytes();
await fill(manager, noop, jobs, inputOf);
const bytes = ((await redis.usedBytes()) - before) / jobs;

expectCount((await manager.count()).pending, 1 + jobs, 'pending jobs');
report({ bytes, redis: redis.version });
await manager.close();
await redis.stop();
