/**
 * The heap that a pending job of the memory store takes: what is used after garbage collection, with so many jobs and
 * without. Array buffers count, which lie outside of V8's heap. Handles are not kept; no worker runs.
 */
import { expectCount, input, report, setting } from '../harness/contestant.mjs';
import { usedBytes } from '../harness/heap.mjs';
import { fill, memory, TaskManager, task } from '../harness/taskspan.mjs';

const { jobs } = setting();
const noop = task('noop', async () => {});
const manager = new TaskManager({ store: memory(), tasks: [noop], work: false });
await manager.start();
await fill(manager, noop, 1_000, input);

const before = await usedBytes();
await fill(manager, noop, jobs, input);
const after = await usedBytes();

expectCount((await manager.count()).pending, jobs + 1_000, 'pending jobs');
report({ bytesPerJob: (after - before) / jobs });
await manager.close();
