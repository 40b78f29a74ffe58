/** What is heard of partitions: news over one connection, events, losses, health. */

import { createClient } from '@redis/client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { StoreError } from '../../../src/core/errors.js';
import { completed } from '../../../src/core/transitions.js';
import { claimRequest, keep, newToken, settleOf } from '../../../src/store/conformance/fixtures.js';
import type { Hint, Store, StoreEvent } from '../../../src/store/index.js';
import type { RedisOptions } from '../../../src/stores/redis/index.js';
import { type RedisServer, startRedis } from '../servers/index.js';
import { until } from '../servers/until.js';
import { jobIn, openStore, PARTITIONS, type Queue } from './fixtures.js';

const QUEUES: readonly Queue[] = ['zero', 'one', 'two'];

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

async function storeOn(namespace: string, given: RedisOptions = {}): Promise<Store> {
  const store = await openStore(server.url, namespace, given);
  onTestFinished(() => store.close());
  return store;
}

async function listening(): Promise<number> {
  const list = String(await server.cli('CLIENT', 'LIST', 'TYPE', 'PUBSUB'));
  return list.split('\n').filter((line) => line !== '').length;
}

describe('news of partitions', () => {
  const clients: Readonly<Record<string, () => RedisOptions>> = {
    'the own client': () => ({}),
    'a node-redis client': () => {
      const client = createClient({ url: server.url });
      client.on('error', () => {});
      onTestFinished(() => client.destroy());
      return { url: undefined, client };
    },
  };
  it.each(Object.keys(clients))(
    'given %s, when jobs come and end elsewhere, then it hears of each partition over one connection, until it ends',
    async (kind) => {
      const before = await listening();
      const store = await storeOn(`news ${kind}`, clients[kind]!());
      const other = await storeOn(`news ${kind}`);
      const hints: (Hint | undefined)[] = [];
      const end = store.notify!.subscribe((hint) => hints.push(hint));
      await until('the subscription', () => hints.length > 0);
      expect((await listening()) - before).toBe(1);
      await store.notify!.awaitEnds?.(10_000);
      for (const queue of QUEUES) {
        const heard = hints.length;
        const job = jobIn(queue);
        await other.insert([job]);
        await until('the news', () => hints.length > heard);
        const { jobs } = await other.exchange({
          worker: 'w',
          settle: [],
          claim: claimRequest({ queues: [queue], token: newToken() }),
        });
        await other.exchange({ worker: 'w', settle: [settleOf(jobs[0]!, completed(null, keep))], claim: null });
        await until('the end', () =>
          hints.some((hint) => hint !== undefined && 'ended' in hint && hint.ended.includes(job.id)),
        );
      }
      end();
      await until('the connection to be gone', async () => (await listening()) === before);
    },
  );
});

it('given a follower, when jobs of all partitions come and end, then it hears each in its order; once ended, nothing more', async () => {
  const store = await storeOn('events');
  const heard: StoreEvent[] = [];
  let gaps = 0;
  const end = await store.events!.follow({ events: (some) => heard.push(...some), gap: () => (gaps += 1) });
  const jobs = QUEUES.map((queue) => jobIn(queue));
  await store.insert(jobs);
  for (let i = 0; i < 3; i++) {
    const { jobs: held } = await store.exchange({
      worker: 'w',
      settle: [],
      claim: claimRequest({ queues: QUEUES, token: newToken() }),
    });
    const settle = held.map((job) => settleOf(job, completed(null, keep)));
    await store.exchange({ worker: 'w', settle, claim: null });
  }
  await until('all events', () => heard.length >= 9);
  for (const { id, queue } of jobs)
    expect(heard.filter((event) => event.id === id).map((event) => [event.queue, event.rev])).toEqual([
      [queue, 1],
      [queue, 2],
      [queue, 3],
    ]);
  expect(gaps).toBe(0);
  end();
  await store.insert([jobIn('two')]);
  expect(heard).toHaveLength(9);
});

it('given a partition that has lost its newest writes, when it is written to again, then the loss is told once, and names it', async () => {
  const store = await storeOn('losses');
  const losses: StoreError[] = [];
  store.losses!.subscribe((loss) => losses.push(loss));
  for (let i = 0; i < 3; i++) await store.insert(QUEUES.map((queue) => jobIn(queue)));
  await server.cli('HSET', '{taskspan:losses:2}:state', 'writes', 1);
  for (let i = 0; i < 2; i++) await store.insert(QUEUES.map((queue) => jobIn(queue)));
  expect(losses.map(({ code }) => code)).toEqual(['WRITES_LOST']);
  expect(losses[0]!.message).toContain(`${store.location} (partition 2) has lost writes`);
});

it('given findings of the server and of one partition, when the store is checked, then each is told once, and the facts are of all', async () => {
  const store = await storeOn('health');
  await store.insert(QUEUES.map((queue) => jobIn(queue)));
  await server.cli('HSET', '{taskspan:health:1}:damaged', 'x', 'y');
  const { facts, findings } = await store.health!.check(0);
  expect(facts).toMatchObject({ partitions: PARTITIONS, writes: 3 });
  expect(findings.map(({ code }) => code).sort()).toEqual(['damaged-records', 'redis-not-durable']);
  expect(findings.find(({ code }) => code === 'damaged-records')?.fix).toContain('{taskspan:health:1}:damaged');
});
