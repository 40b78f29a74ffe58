import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { TaskManager, task } from '../../src/index.js';
import { claimRequest, newJob } from '../../src/store/conformance/fixtures.js';
import type { ExchangeRequest, Store } from '../../src/store/index.js';
import { redis } from '../../src/stores/redis/index.js';
import { silent } from './faults/load.js';
import { type RedisServer, startRedis } from './servers/index.js';
import { until } from './servers/until.js';

const PREFIX = '{taskspan:default:0}:';
const noop = task('noop', () => {});

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());
beforeEach(() => server.cli('FLUSHALL'));

it('given three idle managers, when jobs are enqueued one by one, then each costs one exchange, of all workers together', async () => {
  const { managers, idle, calls } = await managersForTest(3);
  const before = calls.exchanges;
  for (let i = 0; i < 20; i++) {
    await managers[0]!.enqueue(noop, undefined);
    await idle();
  }
  expect(await managers[0]!.count()).toMatchObject({ completed: 20 });
  // It settles, and opens the next claim. Now and then a poll comes between.
  expect(calls.exchanges - before).toBeGreaterThanOrEqual(20);
  expect(calls.exchanges - before).toBeLessThan(30);
}, 30_000);

it('given workers whose listening connections are cut each time, when jobs come, then all run', async () => {
  const { managers, idle } = await managersForTest(2);
  for (let i = 0; i < 10; i++) {
    const [job] = await Promise.all([
      managers[i % 2]!.enqueue(noop, undefined),
      server.cli('CLIENT', 'KILL', 'TYPE', 'pubsub'),
    ]);
    await until('its end', async () => (await job.snapshot())?.state === 'completed');
    await idle();
  }
}, 60_000);

it('given a server that lost the news of a filled claim, when it fills it once more, then no token is given twice', async () => {
  let now = 1_800_000_000_000;
  const store = redis({ url: server.url, clock: () => now });
  await store.open();
  onTestFinished(() => store.close());
  let isListening = false;
  store.notify?.subscribe(() => {
    isListening = true;
  });
  await expect.poll(() => isListening).toBe(true);
  await store.exchange({ worker: 'w', settle: [], claim: claimRequest({ keepsOpen: true, queues: ['default'] }) });
  const entry = String(await server.cli('HGET', `${PREFIX}state`, 'open w'));
  const first = await inserted('first');
  await server.cli('HSET', `${PREFIX}state`, 'open w', entry);
  await server.cli('ZADD', `${PREFIX}idle:default`, now + 10_000, 'w');
  now += 1;
  const second = await inserted('second');
  expect(first).toEqual(expect.any(String));
  expect(second).toEqual(expect.any(String));
  expect(second).not.toBe(first);

  async function inserted(id: string): Promise<string | null | undefined> {
    const [answer] = await store.insert([newJob({ id, queue: 'default' })]);
    expect(answer?.isTaken).toBe(true);
    return (await store.get([id]))[0]?.token;
  }
});

async function managersForTest(n: number): Promise<{
  managers: readonly TaskManager[];
  /** Each has its claim open. */
  idle: () => Promise<void>;
  calls: { exchanges: number };
}> {
  const calls = { exchanges: 0 };
  const managers: TaskManager[] = [];
  for (let i = 0; i < n; i++) {
    const store = redis({ url: server.url });
    const counted: Store = Object.assign(Object.create(store) as Store, {
      exchange: (request: ExchangeRequest) => {
        calls.exchanges += 1;
        return store.exchange(request);
      },
    });
    const manager = new TaskManager({ store: counted, tasks: [noop], logger: silent });
    managers.push(manager);
    await manager.start();
    onTestFinished(() => manager.close());
  }
  const idle = (): Promise<void> =>
    until('all to be idle', async () => {
      const fields = (await server.cli('HVALS', `${PREFIX}state`)) as readonly unknown[];
      const [, hearers] = (await server.cli('PUBSUB', 'NUMSUB', `${PREFIX}news`)) as [unknown, number];
      return hearers === n && fields.filter((field) => String(field).startsWith('O ')).length === n;
    });
  await idle();
  return { managers, idle, calls };
}
