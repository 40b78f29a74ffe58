/**
 * The heap that a waiting trigger takes: what is used after garbage collection, with so many and without. Ten runs hold
 * the group meanwhile. The promises are kept, in an array that is there before; the inputs are those of the triggers.
 */
import { TaskConstraintGroup } from '../../dist/index.js';
import { expectCount, input, report, setting } from '../harness/contestant.mjs';
import { usedBytes } from '../harness/heap.mjs';
import { TaskManager, task } from '../harness/taskspan.mjs';

const CONCURRENCY = 10;
const WARM_UP = 1_000;
const { triggers } = setting();
let release = () => {};
const held = new Promise((resolve) => {
  release = resolve;
});
let ran = 0;
const noop = task('noop', async () => {
  ran += 1;
  await held;
});
const manager = new TaskManager({ tasks: [noop] });
manager.addConstraintGroup(
  new TaskConstraintGroup({ name: 'ten', maxConcurrent: CONCURRENCY, constraintKeyForExecution: () => 'all' }),
);

const total = CONCURRENCY + WARM_UP + triggers;
const kept = new Array(total).fill(null);
function fill(from, to) {
  for (let i = from; i < to; i++) kept[i] = manager.triggerTask(noop, input(i));
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
await manager.close();
