/**
 * Enqueues no-op jobs and drains them, 50 at once, while another process hears of all that happens on the cluster, or
 * while nobody does. The clock runs from the first `enqueueMany` until the last `completed` event.
 *
 * What the subscriber was too slow for may be dropped, but it has to be told so: it must know of every job.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { completions, expectCount, input, report, setting } from '../harness/contestant.mjs';
import { startRedis } from '../harness/redis.mjs';
import { fill } from '../harness/taskspan.mjs';
import { storeUrl, TaskManager, task } from '../harness/taskspan-redis.mjs';

/** After the last job. */
const NEWS_MS = 15_000;

const { jobs, hasSubscriber } = setting();
let ran = 0;
const noop = task('noop', async () => {
  ran += 1;
});
const redis = await startRedis();
const store = storeUrl(redis);
const manager = new TaskManager({ store, tasks: [noop], concurrency: 50 });
await manager.start();
const subscriber = hasSubscriber ? await startSubscriber() : undefined;

const settled = completions(manager, jobs);
const begunAt = performance.now();
await fill(manager, noop, jobs, input);
const perSecond = (jobs / ((await settled) - begunAt)) * 1_000;

expectCount(ran, jobs, 'runs');
expectCount((await manager.count()).completed, jobs, 'jobs kept as completed');
const heard = subscriber === undefined ? {} : { heard: await allNews(subscriber) };
report({ perSecond, redis: redis.version, ...heard });
subscriber?.disconnect();
await manager.close();
await redis.stop();

async function startSubscriber() {
  const child = fork(fileURLToPath(new URL('subscriber.mjs', import.meta.url)), [JSON.stringify({ store })]);
  await once(child, 'message');
  return child;
}

async function allNews(child) {
  const givenUpAt = Date.now() + NEWS_MS;
  for (;;) {
    const answer = once(child, 'message');
    child.send('count');
    const [{ completed, dropped }] = await answer;
    if (completed === jobs || (dropped > 0 && completed + dropped >= jobs))
      return `${completed} ends, and of ${dropped} events that they were dropped`;
    if (Date.now() > givenUpAt)
      throw new Error(`The subscriber heard of ${completed} ends and ${dropped} dropped events, for ${jobs} jobs.`);
    await sleep(50);
  }
}
