/** A client made of ioredis: its own connection, or one (or a Cluster) that the user made. */

import { MissingDriverError, StoreError } from '../../core/errors.js';
import type { Client, Reply } from './client.js';
import { codeOf, explained, messageOf } from './faults.js';

/** What we call of ioredis' `Redis` and `Cluster`; both fit. */
export interface IoredisLike {
  /** Runs a command; texts of its reply are Buffers. */
  callBuffer(command: string, args: (string | number)[]): Promise<unknown>;
  /** Listens to channels. */
  subscribe(...channels: string[]): Promise<unknown>;
  /** Hears its events. */
  // biome-ignore lint/suspicious/noExplicitAny: so that both `Redis` and `Cluster` fit
  on(event: string, listener: (...args: any[]) => void): unknown;
  /** Another connection to the same server. */
  duplicate(): IoredisLike;
  /** Ends it at once. */
  disconnect(): void;
  /** Connects, where that waits to be asked for. */
  connect(): Promise<void>;
  /** Rejects if the server doesn't answer. */
  ping(): Promise<unknown>;
  /** How its connection is: `wait`, `ready`, `end`, … */
  readonly status: string;
}

type IoredisConstructor = new (url: string, options: object) => IoredisLike;

/** No data for so long after a command: the connection is dead, though nobody said so. */
const SOCKET_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** No answer for so long, over all connections that were made meanwhile: the command was lost on the way. It is sent again. */
const COMMAND_TIMEOUT_MS = 8_000;
const RECONNECT_MOST_MS = 1_000;
/** A server that loads its data is asked so often whether it has. */
const LOADING_MOST_MS = 500;
/** So often a connection that only listens is asked whether it is still there. */
const LISTENING_CHECK_MS = 3_000;
/** What a given client may take to answer for the first time. */
const FIRST_ANSWER_MS = 10_000;

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
      commandTimeout: COMMAND_TIMEOUT_MS,
      // Whatever was sent and not answered is sent again: every verb may be repeated.
      autoResendUnfulfilledCommands: true,
      maxRetriesPerRequest: null,
      retryStrategy: (times: number) => Math.min(times * 50, RECONNECT_MOST_MS),
      maxLoadingRetryTime: LOADING_MOST_MS,
      // A server that became a replica, or is a replica whose primary is gone: the name may lead to another by now.
      reconnectOnError: (error: Error) => ['READONLY', 'UNBLOCKED', 'MASTERDOWN'].includes(codeOf(error)),
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
  /** Ends the connections beside it. */
  readonly #others: Set<() => void> = new Set();
  /** What the connection said last: more than the rejection of `connect()` tells. */
  #lastError: unknown = null;

  constructor(redis: IoredisLike, location: string, isOwn: boolean) {
    this.#redis = redis;
    this.location = location;
    this.#isOwn = isOwn;
    if (!isOwn) return;
    // It reconnects by itself; what fails meanwhile is told to whoever called.
    redis.on('error', (error: unknown) => {
      this.#lastError = error;
    });
  }

  async open(): Promise<void> {
    if (!this.#isOwn) return this.#firstAnswer();
    if (this.#redis.status !== 'wait') return;
    try {
      await this.#redis.connect();
    } catch (error) {
      this.#redis.disconnect();
      throw unreachable(this.location, this.#lastError ?? error);
    }
  }

  /** A client that isn't ours tries for as long as its owner wants: we don't. */
  async #firstAnswer(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer for ${FIRST_ANSWER_MS / 1_000} s`)), FIRST_ANSWER_MS);
    });
    try {
      await Promise.race([this.#redis.ping(), silence]);
    } catch (error) {
      throw unreachable(this.location, error);
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    for (const end of this.#others) end();
    if (this.#isOwn) this.#redis.disconnect();
  }

  command(name: string, args: readonly (string | number)[]): Promise<Reply> {
    return this.#redis.callBuffer(name, args as (string | number)[]) as Promise<Reply>;
  }

  fork(): Client {
    const redis = this.#redis.duplicate();
    this.#others.add(() => redis.disconnect());
    return new IoredisClient(redis, this.location, true);
  }

  listen(channels: readonly string[], listener: (message: Buffer | null, channel: string) => void): () => void {
    const redis = this.#redis.duplicate();
    redis.on('error', () => {});
    redis.on('messageBuffer', (channel: Buffer, message: Buffer) => listener(message, channel.toString('utf8')));
    redis.on('ready', () => {
      redis.subscribe(...channels).then(
        () => listener(null, ''),
        // Away again already; it comes back, and so do we.
        () => {},
      );
    });
    if (redis.status === 'wait') redis.connect().catch(() => {});
    // Who only listens would never notice that nobody is there any more; who asks runs into the time-out.
    const check = setInterval(() => void redis.ping().catch(() => {}), LISTENING_CHECK_MS);
    check.unref();
    const end = (): void => {
      clearInterval(check);
      this.#others.delete(end);
      redis.disconnect();
    };
    this.#others.add(end);
    return end;
  }
}

function unreachable(location: string, error: unknown): StoreError {
  if (codeOf(error) !== '') return explained(error, location);
  return new StoreError(
    'STORE_FAILED',
    `${location} can't be reached: is the server running there, and is the URL right? (${messageOf(error)})`,
    { cause: error },
  );
}
