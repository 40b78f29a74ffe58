/** For tests that need a server and no more: REDIS_URL's, or one for the file of tests. A namespace for each. */

import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll } from 'vitest';
import { type RedisServer, startRedis } from './redis.js';

const given = process.env.REDIS_URL;

const namespaces: string[] = [];
let own: Promise<RedisServer> | undefined;

/** A URL with a namespace that nobody else has. */
export async function redisForTest(): Promise<string> {
  const url = new URL(given ?? (await ownServer()).url);
  const namespace = `test-${randomUUID()}`;
  namespaces.push(namespace);
  url.searchParams.set('namespace', namespace);
  return url.href;
}

function ownServer(): Promise<RedisServer> {
  own ??= startRedis();
  return own;
}

afterAll(async () => {
  await (await own)?.stop();
  if (given !== undefined && namespaces.length > 0) await forgetAll(given);
});

/** A server that isn't ours is left as it was. */
async function forgetAll(url: string): Promise<void> {
  const client = new Redis(url);
  try {
    for await (const keys of client.scanStream({ match: '*test-*', count: 1_000 })) {
      const ours = (keys as string[]).filter((key) => namespaces.some((namespace) => key.includes(namespace)));
      if (ours.length > 0) await client.unlink(ours);
    }
  } finally {
    client.disconnect();
  }
}
