/** BullMQ: its worker waits for jobs by a blocking command. */
import { once } from 'node:events';
import * as bullmq from '../harness/bullmq.mjs';
import { input } from '../harness/contestant.mjs';
import { measureLatency } from '../harness/latency.mjs';

await measureLatency(import.meta.url, openWorker, openProducer);

async function openWorker({ port }, run) {
  const place = { port };
  const queue = await bullmq.openQueue(place);
  const worker = await bullmq.openWorker(place, run, {});
  void worker.run();
  return {
    place,
    enqueue: (i) => queue.add('noop', input(i)),
    nextSettled: () => once(worker, 'completed'),
    close: async () => {
      await worker.close();
      await queue.close();
    },
  };
}

async function openProducer(place) {
  const queue = await bullmq.openQueue(place);
  return (i) => queue.add('noop', input(i));
}
