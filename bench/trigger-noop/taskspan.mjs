/** Triggers a no-op task again and again, each when the one before has ended: what a call of `trigger` costs. */
import { expectCount, input, perSecond, report, setting } from '../harness/contestant.mjs';
import { task } from '../harness/taskspan.mjs';

const { triggers, warmUp } = setting();
let ran = 0;
let widths = 0;
const noop = task('noop', async ({ width }) => {
  ran += 1;
  return width;
});

async function run(count) {
  for (let i = 0; i < count; i++) widths += await noop.trigger(input(i));
}

await run(warmUp);
const begunAt = performance.now();
await run(triggers);
const speed = perSecond(triggers, begunAt);

expectCount(ran, warmUp + triggers, 'runs');
expectCount(widths, ran * input(0).width, 'as the sum of the results');
report({ perSecond: speed });
