/** The same for p-queue: so many functions added to a queue that is paused, each with an input of its own. */
import PQueue from 'p-queue';
import { expectCount, input, report, setting } from '../harness/contestant.mjs';
import { usedBytes } from '../harness/heap.mjs';

const { jobs } = setting();
const noop = async () => {};
const queue = new PQueue({ concurrency: 10, autoStart: false });

function fill(count) {
  for (let i = 0; i < count; i++) {
    const given = input(i);
    void queue.add(() => noop(given));
  }
}

fill(1_000);
const before = await usedBytes();
fill(jobs);
const after = await usedBytes();

expectCount(queue.size, jobs + 1_000, 'waiting functions');
report({ bytesPerJob: (after - before) / jobs });
