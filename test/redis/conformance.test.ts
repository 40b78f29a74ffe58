import { Redis } from 'ioredis';
import { conformance } from '../../src/store/conformance/index.js';
import { redis } from '../../src/stores/redis/index.js';

let made = 0;
conformance('redis', async () => {
  made += 1;
  const url = 'redis://127.0.0.1:7399';
  const namespace = `conformance-${process.pid}-${made}`;
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
      const client = new Redis(url);
      const keys = await client.keys(`{taskspan:${namespace}:*`);
      if (keys.length > 0) await client.unlink(...keys);
      client.disconnect();
    },
  };
});
