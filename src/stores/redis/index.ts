/** The Redis store: a server (or a Cluster) that any number of machines share. */

import { OptionError } from '../../core/errors.js';
import { checkOptions, nonEmptyString } from '../../core/options.js';
import type { Store } from '../../store/index.js';
import type { Client } from './client.js';
import { Connection } from './connection.js';
import { connectIoredis, type IoredisLike, useIoredis } from './ioredis.js';
import { isNodeRedis, type NodeRedisLike, useNodeRedis } from './node-redis.js';
import { agree, layoutOf } from './partitions/layout.js';
import { partitionedStore } from './partitions/store.js';
import { redisStore } from './store.js';

export type { IoredisLike } from './ioredis.js';
export type { NodeRedisLike } from './node-redis.js';

/** What the factory `redis` takes. */
export interface RedisOptions {
  /** The server: `redis://[user:password@]host[:port][/db]`, or `rediss://` with TLS. Default `redis://127.0.0.1:6379`. */
  readonly url?: string | undefined;
  /** An ioredis `Redis` or `Cluster`, or a client of node-redis 5 or later, to use instead. It is not closed with the store. */
  readonly client?: IoredisLike | NodeRedisLike | undefined;
  /** Whoever shares it shares the jobs. Default `default`. */
  readonly namespace?: string | undefined;
  /**
   * How many partitions its queues are spread over, 1 to 64: each is atomic by itself, and of a Redis Cluster each may be on
   * another node. All who share the namespace give the same; it keeps it for life. Default 1.
   */
  readonly partitions?: number | undefined;
  /** Queues whose partition is chosen, from 0: `{ emails: 2 }`. Others lie where their name leads. For life, too. */
  readonly places?: Readonly<Record<string, number>> | undefined;
  /** The store's clock, epoch ms. Default: the server's. For tests. */
  readonly clock?: (() => number) | undefined;
}

const known: readonly (keyof RedisOptions)[] = ['url', 'client', 'namespace', 'partitions', 'places', 'clock'];

/**
 * Jobs on Redis 6.2 or later, Valkey, or a Redis Cluster. Nothing is connected until `open()`, which rejects with a
 * StoreError or a MissingDriverError that says what to do.
 *
 * @throws OptionError for an unknown option or value
 */
export function redis(options: RedisOptions = {}): Store {
  checkOptions('redis', options, known);
  const { url = 'redis://127.0.0.1:6379', client, namespace = 'default', clock = null } = options;
  nonEmptyString(namespace, "redis's namespace", 256);
  if (/[{}]/.test(namespace)) {
    throw new OptionError(
      `redis's namespace is '${namespace}'; it must be without braces, which keep its keys together.`,
    );
  }
  const layout = layoutOf(options.partitions, options.places);
  const connection = new Connection(clientOf(url, client), prefixOf(namespace, 0), clock);
  const check = (): Promise<void> => agree(connection, layout, namespace);
  if (layout.partitions === 1) return redisStore(connection, { check });
  return partitionedStore(connection, layout, (partition) => prefixOf(namespace, partition), check);
}

function prefixOf(namespace: string, partition: number): string {
  return `{taskspan:${namespace}:${partition}}:`;
}

function clientOf(url: string, given: IoredisLike | NodeRedisLike | undefined): Client {
  if (given === undefined) return lazily(url);
  return isNodeRedis(given) ? useNodeRedis(given) : useIoredis(given);
}

/** The package is loaded when the store is opened. */
function lazily(url: string): Client {
  let client: Client | null = null;
  const opened = (): Client => {
    if (client === null) throw new Error('The store is not open.');
    return client;
  };
  const { protocol, host, pathname } = urlOf(url);
  return {
    location: `${protocol}//${host}${pathname}`,
    async open() {
      // One that could not be opened is of no more use.
      const made = client ?? (await connectIoredis(url));
      await made.open();
      client = made;
    },
    async close() {
      const made = client;
      client = null;
      await made?.close();
    },
    command: (name, args) => opened().command(name, args),
    fork: () => opened().fork(),
    listen: (channels, listener) => opened().listen(channels, listener),
  };
}

function urlOf(url: string): URL {
  let parsed: URL | null = null;
  try {
    parsed = new URL(url);
  } catch {
    // Said below, without the password that may be in it.
  }
  if (parsed === null || !/^rediss?:$/.test(parsed.protocol)) {
    throw new OptionError("redis's url is none; write redis://host:6379, or rediss:// with TLS.");
  }
  return parsed;
}
