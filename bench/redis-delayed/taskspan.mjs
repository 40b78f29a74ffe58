/**
 * Delayed jobs that all come due at one instant are drained, 50 at once. The worker runs and waits; the clock runs from
 * that instant until the last `completed` event.
 *
 *     keys   as many constraint keys are spread over the jobs; at most 10 run at once under each
 */
import { TaskConstraintGroup } from '../../dist/index.js';
import { completions, expectCount, input, report, setting } from '../harness/contestant.mjs';
import { dueIn } from '../harness/due.mjs';
import { startRedis } from '../harness/redis.mjs';
import { fill } from '../harness/taskspan.mjs';
import { storeUrl, TaskManager, task } from '../harness/taskspan-redis.mjs';

const LIMIT = 10;

const { jobs, leadMs, keys } = setting();
let ran = 0;
let early = 0;
let tooMany = 0;
const running = new Int32Array(keys);

const due = dueIn(leadMs);
const noop = task('noop', async ({ key }) => {
  ran += 1;
  if (due.isEarly()) early += 1;
  if (key !== undefined) await hold(key);
});
const redis = await startRedis();
const manager = new TaskManager({ store: storeUrl(redis), tasks: [noop], concurrency: 200 });
if (keys > 0) {
  manager.addConstraintGroup(
    new TaskConstraintGroup({
      name: 'tenant',
      maxConcurrent: LIMIT,
      constraintKeyForExecution: (_task, given) => (given === undefined ? null : `tenant-${given.key}`),
    }),
  );
}
const inputOf = keys > 0 ? (i) => ({ ...input(i), key: i % keys }) : input;
await fill(manager, noop, jobs, inputOf, { at: due.dueAt });

const settled = completions(manager, jobs);
await manager.start();
due.expectAhead();
const speed = due.perSecond(jobs, await settled);

const { completed, pending, parked, delayed, running: left } = await manager.count();
expectCount(ran, jobs, 'runs');
expectCount(early, 0, 'runs before their time');
expectCount(tooMany, 0, `runs beside ${LIMIT} others of their key`);
expectCount(completed, jobs, 'jobs kept as completed');
expectCount(pending + parked + delayed + left, 0, 'jobs left');
report({ perSecond: speed, redis: redis.version });
await manager.close();
await redis.stop();

async function hold(key) {
  running[key] += 1;
  if (running[key] > LIMIT) tooMany += 1;
  await null;
  running[key] -= 1;
}
