/** The same for p-queue: so many functions added while ten others hold it, each with an input of its own. */
import PQueue from 'p-queue';
import { expectCount, input, report, setting } from '../harness/contestant.mjs';
import { usedBytes } from '../harness/heap.mjs';

const CONCURRENCY = 10;
const WARM_UP = 1_000;
const { triggers } = setting();
let release = () => {};
const held = new Promise((resolve) => {
  release = resolve;
});
let ran = 0;
const noop = async (_given) => {
  ran += 1;
  await held;
};
const queue = new PQueue({ concurrency: CONCURRENCY });

const total = CONCURRENCY + WARM_UP + triggers;
const kept = new Array(total).fill(null);
function fill(from, to) {
  for (let i = from; i < to; i++) {
    const given = input(i);
    kept[i] = queue.add(() => noop(given));
  }
}

fill(0, CONCURRENCY + WARM_UP);
const before = await usedBytes();
fill(CONCURRENCY + WARM_UP, total);
const after = await usedBytes();
expectCount(ran, CONCURRENCY, 'runs while the others wait');
report({ bytesPerTrigger: (after - before) / triggers });

release();
await Promise.all(kept);
expectCount(ran, total, 'runs');
