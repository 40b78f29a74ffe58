import { afterAll, beforeAll } from 'vitest';
import { conformance } from '../../src/store/conformance/index.js';
import { redis } from '../../src/stores/redis/index.js';
import { audit } from './audit.js';
import { type RedisServer, startRedis } from './servers/index.js';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

let made = 0;
conformance('redis', async () => {
  made += 1;
  const { url } = server;
  const namespace = `case-${made}`;
  let now = 1_800_000_000_000;
  const open = async () => {
    const store = redis({ url, namespace, clock: () => now });
    await store.open();
    return store;
  };
  let store = await open();
  return {
    store,
    now: () => now,
    advance(ms) {
      now += ms;
    },
    reopen: async () => {
      store = await open();
      return store;
    },
    async dispose() {
      await store.close();
      await audit(url, namespace);
      await server.cli('FLUSHALL');
    },
  };
});
