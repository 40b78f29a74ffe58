/**
 * From the call that enqueues a job on idle processes to the first line of its function. The producer is the worker's
 * own process, or another; which, is the setting `isApart`. A contestant says how to open both, and this measures.
 *
 * Between two jobs the last one is settled and all has been idle for some milliseconds.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expectCount, percentile, report, setting } from './contestant.mjs';
import { startRedis } from './redis.mjs';

const IDLE_MS = 5;
/** The first ones run code that nothing has compiled yet. */
const WARM_UP = 50;

/** The same in all processes of a machine. */
const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

/**
 * @typedef {(i: number) => Promise<unknown>} Enqueue
 * @typedef {object} Worker
 * @property {unknown} place what a producer in another process needs to find the queue
 * @property {Enqueue} enqueue by this process
 * @property {() => Promise<unknown>} nextSettled resolves when one job more is settled
 * @property {() => Promise<void>} close
 *
 * @param {string} script `import.meta.url` of the contestant
 * @param {(redis: { readonly port: number }, run: () => Promise<void>) => Promise<Worker>} openWorker
 * @param {(place: any) => Promise<Enqueue>} openProducer in another process
 */
export async function measureLatency(script, openWorker, openProducer) {
  const { jobs, isApart, place } = setting();
  if (process.send !== undefined) return produce(await openProducer(place));

  const redis = await startRedis();
  let ran = 0;
  let startedAt = 0;
  const worker = await openWorker(redis, async () => {
    startedAt = nowMs();
    ran += 1;
  });
  const producer = isApart ? await startProducer(script, worker.place) : { call: caller(worker.enqueue), stop() {} };
  const latencies = [];
  for (let i = 0; i < WARM_UP + jobs; i++) {
    const settled = worker.nextSettled();
    const calledAt = producer.call(i);
    await settled;
    if (i >= WARM_UP) latencies.push(startedAt - (await calledAt));
    else await calledAt;
  }
  expectCount(ran, WARM_UP + jobs, 'runs');
  report({ p50Ms: percentile(latencies, 50), p99Ms: percentile(latencies, 99), redis: redis.version });
  producer.stop();
  await worker.close();
  await redis.stop();
}

/** Resolves with the time of the call, and not before the rest is over: nothing else is done meanwhile. */
function caller(enqueue) {
  return async (i) => {
    const calledAt = nowMs();
    await enqueue(i);
    await sleep(IDLE_MS);
    return calledAt;
  };
}

async function startProducer(script, place) {
  const child = fork(fileURLToPath(script), [JSON.stringify({ place })]);
  await once(child, 'message');
  return {
    call: async (i) => {
      const answer = once(child, 'message');
      child.send(i);
      return (await answer)[0];
    },
    stop: () => child.disconnect(),
  };
}

function produce(enqueue) {
  const call = caller(enqueue);
  process.on('message', async (i) => process.send(await call(i)));
  process.on('disconnect', () => process.exit());
  process.send('ready');
}
