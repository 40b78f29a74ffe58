/**
 * How long others wait while very many jobs are cleared from Redis:
 *
 *     redis-server --port 6390 --save '' &
 *     npm run build && node scripts/measure-clear.mjs redis://127.0.0.1:6390 7000000
 *
 * All data of that server is deleted. It prints how long the clear took, how long its commands took on the server, and
 * how long a second connection waited for its PINGs meanwhile.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Redis } from 'ioredis';
import { TaskManager, taskRef } from 'taskspan';

const BATCH = 10_000;
const PING_EVERY_MS = 2;

if (isMainThread) await measure(process.argv[2] ?? 'redis://127.0.0.1:6390', Number(process.argv[3] ?? 100_000));
else await ping(workerData);

/**
 * @param {string} url
 * @param {number} total
 */
async function measure(url, total) {
  const redis = new Redis(url, { protocol: 2 });
  await redis.flushall();
  const manager = new TaskManager({ store: url, work: false });
  const inputs = Array.from({ length: BATCH }, (_, i) => ({ path: `${i}.png`, width: 200 }));
  for (let made = 0; made < total; made += BATCH) {
    await manager.enqueueMany(taskRef(made % (2 * BATCH) === 0 ? 'resize' : 'convert'), inputs);
  }
  const bytes = Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
  console.log(`${total} jobs, ${Math.round(bytes / total)} B each`);
  await redis.config('SET', 'slowlog-log-slower-than', '5000');
  await redis.config('SET', 'slowlog-max-len', '100000');
  for (const [what, clear] of /** @type {const} */ ([
    ['cancel half of them', () => manager.cancel({ task: 'resize' })],
    ['delete all', () => manager.delete({})],
  ])) {
    await redis.call('CONFIG', 'RESETSTAT');
    await redis.call('SLOWLOG', 'RESET');
    const { jobs, ms, waits } = await whilePinging(url, clear);
    const calls = /cmdstat_evalsha:calls=(\d+),.*usec_per_call=([\d.]+)/.exec(await redis.info('commandstats'));
    const log = /** @type {unknown[][]} */ (await redis.call('SLOWLOG', 'GET', '-1'));
    const slow = log.map(([, , usec]) => Number(usec));
    console.log(`${what}: ${jobs} jobs in ${(ms / 1_000).toFixed(0)} s`);
    console.log(
      `  others wait: p50 ${at(waits, 0.5)} ms, p99 ${at(waits, 0.99)} ms, p99.9 ${at(waits, 0.999)} ms, most ${at(waits, 1)} ms`,
    );
    console.log(
      `  commands: ${calls?.[1]}, ${Number(calls?.[2]) / 1_000} ms on average, most ${Math.max(5_000, ...slow) / 1_000} ms`,
    );
    console.log(`  over 5 ms: ${slow.length}, over 20 ms: ${slow.filter((usec) => usec > 20_000).length}`);
  }
  await manager.close();
  redis.disconnect();
}

/**
 * @param {string} url
 * @param {() => Promise<number>} clear
 * @returns {Promise<{ jobs: number, ms: number, waits: number[] }>}
 */
async function whilePinging(url, clear) {
  const second = new Worker(new URL(import.meta.url), { workerData: url });
  await new Promise((resolve) => second.once('message', resolve));
  const since = performance.now();
  const jobs = await clear();
  const ms = performance.now() - since;
  second.postMessage('end');
  const waits = await new Promise((resolve) => second.once('message', resolve));
  return { jobs, ms, waits };
}

/** A thread of its own, whose waits are the server's alone. @param {string} url */
async function ping(url) {
  const redis = new Redis(url);
  const waits = /** @type {number[]} */ ([]);
  let isOver = false;
  parentPort?.once('message', () => {
    isOver = true;
  });
  await redis.ping();
  parentPort?.postMessage('ready');
  while (!isOver) {
    const since = performance.now();
    await redis.ping();
    waits.push(performance.now() - since);
    await sleep(PING_EVERY_MS);
  }
  redis.disconnect();
  parentPort?.postMessage(waits.sort((a, b) => a - b));
}

/**
 * @param {readonly number[]} sorted
 * @param {number} share
 */
function at(sorted, share) {
  return (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1);
}
