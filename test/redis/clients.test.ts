import { createClient } from '@redis/client';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TaskManager, task } from '../../src/index.js';
import type { StoreEvent } from '../../src/store/index.js';
import { type RedisOptions, redis } from '../../src/stores/redis/index.js';
import { type RedisServer, startRedis } from './servers/index.js';
import { until } from './servers/until.js';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

type Given = { readonly client: NonNullable<RedisOptions['client']>; end(): Promise<unknown> | unknown };

const clients: Readonly<Record<string, () => Given>> = {
  ioredis: () => {
    const client = new Redis(server.url);
    return { client, end: () => client.disconnect() };
  },
  'ioredis with RESP2': () => {
    const client = new Redis(server.url, { protocol: 2 });
    return { client, end: () => client.disconnect() };
  },
  'node-redis': () => {
    const client = createClient({ url: server.url });
    client.on('error', () => {});
    return { client, end: () => client.destroy() };
  },
};

const double = task('double', async (input: { text: string; n: number }) => ({ text: input.text, n: input.n * 2 }));

for (const [name, make] of Object.entries(clients)) {
  describe(`given a client of ${name}`, () => {
    it('when jobs are enqueued by one manager and run by another, then results, pages and counts are whole', async () => {
      const given = make();
      const namespace = `clients ${name}`;
      const worker = new TaskManager({ store: redis({ client: given.client, namespace }), tasks: [double] });
      const producer = new TaskManager({
        store: redis({ url: server.url, namespace }),
        tasks: [double],
        work: false,
      });
      await Promise.all([worker.start(), producer.start()]);
      const job = await producer.enqueue(double, { text: 'é😀', n: 21 }, { labels: { of: 'ü' } });
      expect(await job.result()).toEqual({ text: 'é😀', n: 42 });
      expect((await worker.count({})).completed).toBe(1);
      const found = [];
      for await (const one of worker.list({ labels: { of: 'ü' } })) found.push(one.id);
      expect(found).toEqual([job.id]);
      await Promise.all([worker.close(), producer.close()]);
      await given.end();
    });

    it('when events are followed, then they come, and closing the store leaves the client open', async () => {
      const given = make();
      const namespace = `events ${name}`;
      const store = redis({ client: given.client, namespace });
      await store.open();
      const heard: StoreEvent[] = [];
      await store.events?.follow({ events: (events) => heard.push(...events), gap: () => {} });
      const producer = new TaskManager({ store: redis({ url: server.url, namespace }), tasks: [double], work: false });
      await producer.enqueue(double, { text: 'x', n: 1 });
      await until('the event of an enqueued job', () => heard.length > 0);
      expect(heard.map(({ task: of, state, rev }) => [of, state, rev])).toEqual([['double', 'pending', 1]]);
      await Promise.all([producer.close(), store.close()]);
      const again = redis({ client: given.client, namespace });
      await again.open();
      expect((await again.count({})).pending).toBe(1);
      await again.close();
      await given.end();
    });
  });
}
