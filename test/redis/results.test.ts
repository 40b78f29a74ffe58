import { afterAll, beforeAll, expect, it } from 'vitest';
import { TaskManager, task } from '../../src/index.js';
import { redis } from '../../src/stores/redis/index.js';
import { type RedisServer, startRedis } from './servers/index.js';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

it('given a job that runs on another manager, when it ends, then who waits for its result is told, and need not look for it', async () => {
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const wait = task('wait', async () => {
    await gate;
    return 7;
  });
  const producerStore = redis({ url: server.url });
  const producer = new TaskManager({ store: producerStore, tasks: [wait], work: false });
  const worker = new TaskManager({ store: redis({ url: server.url }), tasks: [wait] });
  await Promise.all([producer.start(), worker.start()]);
  const told: (readonly string[])[] = [];
  let isListening = false;
  const stop = producerStore.notify?.subscribe((hint) => {
    isListening = true;
    if (hint !== undefined && 'ended' in hint) told.push(hint.ended);
  });
  await expect.poll(() => isListening).toBe(true);
  const job = await producer.enqueue(wait, undefined);
  const result = job.result();
  await expect.poll(async () => (await job.snapshot())?.state).toBe('running');
  open();
  expect(await result).toBe(7);
  await expect.poll(() => told).toEqual([[job.id]]);
  stop?.();
  await Promise.all([producer.close(), worker.close()]);
});
