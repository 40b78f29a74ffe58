/**
 * Each key is held by a run, and others wait on it; then all are let go. Few that wait are drained as often as it takes
 * to run as many as the many are, once without counting and once counted, so both are as warm and ran as often.
 *
 *     drain      from the end of the runs that hold the keys until the last result is there, for each that waited
 *     trigger    the call itself, for each that had to wait
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { TaskConstraintGroup } from '../../dist/index.js';
import { expectCount, input, report, setting } from '../harness/contestant.mjs';
import { TaskManager, task } from '../harness/taskspan.mjs';

const { waiting, keys, triggers } = setting();
const passes = Math.max(1, Math.round(triggers / waiting));
const keyed = (i) => ({ ...input(i), key: `tenant-${i % keys}` });

let ran = 0;
const noop = task('noop', async ({ width }) => {
  ran += 1;
  return width;
});
const holder = task('holder', ({ until }) => until);
const manager = new TaskManager({ tasks: [noop, holder] });
const group = new TaskConstraintGroup({
  name: 'tenant',
  maxConcurrent: 1,
  constraintKeyForExecution: (_task, { key }) => key,
});
manager.addConstraintGroup(group);

await round();
ran = 0;
globalThis.gc();
// Its other threads end their work.
await sleep(500);
const { triggerMs, drainMs } = await round();

expectCount(ran, passes * waiting, 'runs');
report({ drainUs: (drainMs * 1_000) / ran, triggerUs: (triggerMs * 1_000) / ran });
await manager.close();

async function round() {
  let triggerMs = 0;
  let drainMs = 0;
  for (let pass = 0; pass < passes; pass++) {
    const { promise: until, resolve: release } = deferred();
    const held = Array.from({ length: keys }, (_, i) => manager.triggerTask(holder, { ...keyed(i), until }));
    const inputs = Array.from({ length: waiting }, (_, i) => keyed(i));
    const ranBefore = ran;

    const triggeredAt = performance.now();
    const results = Promise.all(inputs.map((given) => manager.triggerTask(noop, given)));
    triggerMs += performance.now() - triggeredAt;
    // Whoever could run has begun by now.
    await sleep(0);
    expectCount(ran, ranBefore, 'runs before the keys are free');

    const releasedAt = performance.now();
    release();
    const sum = (await results).reduce((total, width) => total + width, 0);
    drainMs += performance.now() - releasedAt;
    expectCount(sum, waiting * input(0).width, 'as the sum of the results');
    await Promise.all(held);
  }
  return { triggerMs, drainMs };
}

/** `Promise.withResolvers` is younger than the oldest Node that is measured. */
function deferred() {
  let resolve = () => {};
  const promise = new Promise((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
