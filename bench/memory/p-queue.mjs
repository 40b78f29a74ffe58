/**
 * The same for p-queue: `queue.add(fn)` for each job, concurrency 10.
 *
 *     idle     then `onIdle`; the promises of `add` are left alone
 *     result   the promise of each `add` is awaited
 */
import PQueue from 'p-queue';
import { expectCount, input, perSecond, report, setting } from '../harness/contestant.mjs';

const { jobs, warmUp, way } = setting();
let ran = 0;
const noop = async ({ width }) => {
  ran += 1;
  return width;
};
const queue = new PQueue({ concurrency: 10 });

async function run(count) {
  const added = [];
  for (let i = 0; i < count; i++) {
    const given = input(i);
    const promise = queue.add(() => noop(given));
    if (way === 'result') added.push(promise);
  }
  await (way === 'result' ? Promise.all(added) : queue.onIdle());
}

await run(warmUp);
const begunAt = performance.now();
await run(jobs);
const speed = perSecond(jobs, begunAt);

expectCount(ran, warmUp + jobs, 'runs');
report({ perSecond: speed });
