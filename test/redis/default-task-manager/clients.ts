/** Clients of each kind that a user may have made for a `DefaultTaskManager`. */

import { createClient } from '@redis/client';
import { Redis } from 'ioredis';
import type { DefaultTaskManagerOptions } from 'taskspan/redis';
import { onTestFinished } from 'vitest';

export type Given = NonNullable<DefaultTaskManagerOptions['redis']>;

/** By name: what is given for this server. It is ended with the test. */
export const clients: Readonly<Record<string, (url: string) => Given>> = {
  'a URL': (url) => url,
  ioredis: (url) => ofIoredis(new Redis(url, { socketTimeout: 3_000 })),
  'ioredis with RESP2': (url) => ofIoredis(new Redis(url, { protocol: 2 })),
  'node-redis': (url) => ofNodeRedis(url, 3),
  'node-redis with RESP2': (url) => ofNodeRedis(url, 2),
};

function ofIoredis(client: Redis): Redis {
  client.on('error', () => {});
  onTestFinished(() => client.disconnect());
  return client;
}

/** Not connected: that is done by whoever uses it. */
function ofNodeRedis(url: string, RESP: 2 | 3) {
  const client = createClient({ url, RESP });
  client.on('error', () => {});
  onTestFinished(() => {
    if (client.isOpen) client.destroy();
  });
  return client;
}
