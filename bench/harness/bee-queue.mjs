/**
 * bee-queue with all off that isn't asked for: it hears no events, sends none, and keeps no jobs in the process. Its
 * README advises just that for speed.
 */
import Queue from 'bee-queue';
import { input } from './contestant.mjs';

const open = (redis, options) =>
  new Queue('bench', {
    redis: { host: '127.0.0.1', port: redis.port },
    getEvents: false,
    sendEvents: false,
    storeJobs: false,
    ...options,
  });

/** Only adds jobs. */
export async function openQueue(redis) {
  const queue = open(redis, { isWorker: false });
  await queue.ready();
  return queue;
}

/** `process(concurrency, run)` lets it begin. Ended jobs stay, which is its default, unless `options` say otherwise. */
export async function openWorker(redis, options) {
  const worker = open(redis, options);
  worker.on('error', fail);
  worker.on('failed', (_, error) => fail(error));
  await worker.ready();
  return worker;
}

/** Resolves with the time at which so many jobs are settled: `succeeded` comes with Redis's answer. */
export function completions(worker, count) {
  return new Promise((resolve) => {
    let ended = 0;
    worker.on('succeeded', () => {
      ended += 1;
      if (ended === count) resolve(performance.now());
    });
  });
}

/** By `saveAll`, so many a call. */
export async function fill(queue, count, { bulk = 1_000, inputOf = input } = {}) {
  for (let from = 0; from < count; from += bulk) {
    const length = Math.min(bulk, count - from);
    const errors = await queue.saveAll(Array.from({ length }, (_, i) => queue.createJob(inputOf(from + i))));
    if (errors.size > 0) throw [...errors.values()][0];
  }
}

function fail(error) {
  console.error(error);
  process.exit(1);
}
