/** The same for taskbuffer, whose task has a name too. */
import { Task } from '@push.rocks/taskbuffer';
import { expectCount, input, perSecond, report, setting } from '../harness/contestant.mjs';

const { triggers, warmUp } = setting();
let ran = 0;
let widths = 0;
const noop = new Task({
  name: 'noop',
  taskFunction: async ({ width }) => {
    ran += 1;
    return width;
  },
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
