/**
 * BullMQ as its documents have it, on ioredis. Every option that costs is off already: metrics, telemetry, rate limits.
 * It writes its events whether or not anybody reads them; there is no option for that.
 */
import { Queue, Worker } from 'bullmq';
import { input } from './contestant.mjs';

const NAME = 'bench';
const connectionTo = (redis) => ({ host: '127.0.0.1', port: redis.port });

export async function openQueue(redis) {
  const queue = new Queue(NAME, { connection: connectionTo(redis) });
  await queue.waitUntilReady();
  return queue;
}

/** `run()` lets it begin. Ended jobs stay, which is its default, unless `options` say otherwise. */
export async function openWorker(redis, run, options) {
  const worker = new Worker(NAME, run, { connection: connectionTo(redis), autorun: false, ...options });
  worker.on('error', fail);
  worker.on('failed', (_, error) => fail(error));
  await worker.waitUntilReady();
  return worker;
}

/** Resolves with the time at which so many jobs are settled: `completed` comes with Redis's answer. */
export function completions(worker, count) {
  return new Promise((resolve) => {
    let ended = 0;
    worker.on('completed', () => {
      ended += 1;
      if (ended === count) resolve(performance.now());
    });
  });
}

/**
 * By `addBulk`, so many a call.
 *
 * @param {{ readonly bulk?: number, readonly inputOf?: typeof input, readonly optionsOf?: () => object }} [options]
 */
export async function fill(queue, count, { bulk = 1_000, inputOf = input, optionsOf } = {}) {
  for (let from = 0; from < count; from += bulk) {
    const length = Math.min(bulk, count - from);
    await queue.addBulk(
      Array.from({ length }, (_, i) => ({
        name: 'noop',
        data: inputOf(from + i),
        ...(optionsOf === undefined ? {} : { opts: optionsOf() }),
      })),
    );
  }
}

/** A promise that nobody waits for would hide it. */
function fail(error) {
  console.error(error);
  process.exit(1);
}
