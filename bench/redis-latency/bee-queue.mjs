/** bee-queue: its worker waits for jobs by a blocking command. */
import { once } from 'node:events';
import * as bee from '../harness/bee-queue.mjs';
import { input } from '../harness/contestant.mjs';
import { measureLatency } from '../harness/latency.mjs';

await measureLatency(import.meta.url, openWorker, openProducer);

async function openWorker({ port }, run) {
  const place = { port };
  const queue = await bee.openQueue(place);
  const worker = await bee.openWorker(place, {});
  worker.process(1, run);
  return {
    place,
    enqueue: (i) => queue.createJob(input(i)).save(),
    nextSettled: () => once(worker, 'succeeded'),
    close: async () => {
      await worker.close();
      await queue.close();
    },
  };
}

async function openProducer(place) {
  const queue = await bee.openQueue(place);
  return (i) => queue.createJob(input(i)).save();
}
