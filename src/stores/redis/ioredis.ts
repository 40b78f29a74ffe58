/** A client made of ioredis: its own connection, or one (or a Cluster) that the user made. */

import { MissingDriverError, StoreError } from '../../core/errors.js';
import type { Client, Reply } from './client.js';

/** What we call of ioredis' `Redis` and `Cluster`; both fit. */
export interface IoredisLike {
  /** Runs a command; texts of its reply are Buffers. */
  callBuffer(command: string, args: (string | number)[]): Promise<unknown>;
  /** Listens to a channel. */
  subscribe(channel: string): Promise<unknown>;
  /** Hears its events. */
  // biome-ignore lint/suspicious/noExplicitAny: so that both `Redis` and `Cluster` fit
  on(event: string, listener: (...args: any[]) => void): unknown;
  /** Another connection to the same server. */
  duplicate(): IoredisLike;
  /** Ends it at once. */
  disconnect(): void;
  /** Connects, where that waits to be asked for. */
  connect(): Promise<void>;
  /** How its connection is: `wait`, `ready`, `end`, … */
  readonly status: string;
}

type IoredisConstructor = new (url: string, options: object) => IoredisLike;

/** No data for so long after a command: the connection is dead, though nobody said so. */
const SOCKET_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 5_000;
const RECONNECT_MOST_MS = 1_000;

/** @throws MissingDriverError that says what to install */
export async function connectIoredis(url: string): Promise<Client> {
  const Redis = await importIoredis();
  const { host, pathname } = new URL(url);
  return new IoredisClient(
    new Redis(url, {
      lazyConnect: true,
      protocol: 2,
      connectTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SOCKET_TIMEOUT_MS,
      // Whatever was sent and not answered is sent again: every verb may be repeated.
      autoResendUnfulfilledCommands: true,
      maxRetriesPerRequest: null,
      retryStrategy: (times: number) => Math.min(times * 50, RECONNECT_MOST_MS),
      // A server that became a replica, or is a replica whose primary is gone: the name may lead to another by now.
      reconnectOnError: (error: Error) => (/^(READONLY|UNBLOCKED|MASTERDOWN)/.test(error.message) ? 2 : false),
    }),
    `redis://${host}${pathname}`,
    true,
  );
}

/** @param client is not closed with the store */
export function useIoredis(client: IoredisLike): Client {
  return new IoredisClient(client, 'redis (a given client)', false);
}

async function importIoredis(): Promise<IoredisConstructor> {
  try {
    const { Redis } = await import('ioredis');
    return Redis as unknown as IoredisConstructor;
  } catch (error) {
    throw new MissingDriverError('The Redis store needs the package ioredis: npm install ioredis', { cause: error });
  }
}

class IoredisClient implements Client {
  readonly location: string;
  readonly #redis: IoredisLike;
  readonly #isOwn: boolean;
  readonly #others: Set<{ disconnect(): void }> = new Set();

  constructor(redis: IoredisLike, location: string, isOwn: boolean) {
    this.#redis = redis;
    this.location = location;
    this.#isOwn = isOwn;
    // It reconnects by itself; what fails meanwhile is told to whoever called.
    if (isOwn) redis.on('error', () => {});
  }

  async open(): Promise<void> {
    if (!this.#isOwn || this.#redis.status !== 'wait') return;
    try {
      await this.#redis.connect();
    } catch (error) {
      this.#redis.disconnect();
      throw new StoreError(
        'STORE_FAILED',
        `${this.location} can't be reached: is the server running there, and does the URL have its password? (${String(error instanceof Error ? error.message : error)})`,
        { cause: error },
      );
    }
  }

  async close(): Promise<void> {
    for (const other of this.#others) other.disconnect();
    this.#others.clear();
    if (this.#isOwn) this.#redis.disconnect();
  }

  command(name: string, args: readonly (string | number)[]): Promise<Reply> {
    return this.#redis.callBuffer(name, args as (string | number)[]) as Promise<Reply>;
  }

  fork(): Client {
    const redis = this.#redis.duplicate();
    this.#others.add(redis);
    return new IoredisClient(redis, this.location, true);
  }

  listen(channel: string, listener: (message: string | null) => void): () => void {
    const redis = this.#redis.duplicate();
    this.#others.add(redis);
    redis.on('error', () => {});
    redis.on('message', (_: string, message: string) => listener(message));
    redis.on('ready', () => {
      redis.subscribe(channel).then(
        () => listener(null),
        // Away again already; it comes back, and so do we.
        () => {},
      );
    });
    if (redis.status === 'wait') redis.connect().catch(() => {});
    return () => {
      this.#others.delete(redis);
      redis.disconnect();
    };
  }
}
