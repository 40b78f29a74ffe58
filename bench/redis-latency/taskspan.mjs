/** taskspan: one manager works; it enqueues too, or a manager in another process does. */
import { completions, input } from '../harness/contestant.mjs';
import { measureLatency } from '../harness/latency.mjs';
import { storeUrl, TaskManager, task } from '../harness/taskspan-redis.mjs';

await measureLatency(import.meta.url, openWorker, openProducer);

async function openWorker(redis, run) {
  const store = storeUrl(redis);
  const noop = task('noop', run);
  const manager = new TaskManager({ store, tasks: [noop] });
  await manager.start();
  return {
    place: store,
    enqueue: (i) => manager.enqueue(noop, input(i)),
    nextSettled: () => completions(manager, 1),
    close: () => manager.close(),
  };
}

async function openProducer(store) {
  const noop = task('noop', async () => {});
  const manager = new TaskManager({ store, tasks: [noop], work: false });
  await manager.start();
  return (i) => manager.enqueue(noop, input(i));
}
