/** A client made of node-redis: one that the user made with `createClient` of `redis` 5 or later, or of `@redis/client`. */

import { StoreError } from '../../core/errors.js';
import type { Client, Reply } from './client.js';
import { codeOf, explained, messageOf } from './faults.js';

/** What we call of node-redis' client. */
export interface NodeRedisLike {
  /** Runs a command. */
  sendCommand(args: readonly string[], options?: object): Promise<unknown>;
  /** Listens to channels. */
  subscribe(
    channels: string[],
    listener: (message: Buffer, channel: Buffer) => void,
    hasBuffers: true,
  ): Promise<unknown>;
  /** Hears its events. */
  // biome-ignore lint/suspicious/noExplicitAny: what node-redis itself says of its listeners
  on(event: string, listener: (...args: any[]) => void): unknown;
  /** Another client of the same server, not connected. */
  duplicate(): NodeRedisLike;
  /** Connects. */
  connect(): Promise<unknown>;
  /** Ends it at once. */
  destroy(): void;
  /** Whether it is connected, or tries to be. */
  readonly isOpen: boolean;
}

/** Bulk strings as they are: records are no text. */
const AS_BUFFERS: object = { typeMapping: { 36: Buffer } };

export function isNodeRedis(client: object): client is NodeRedisLike {
  return 'sendCommand' in client && !('callBuffer' in client);
}

/** @param redis is connected if need be, and not closed with the store */
export function useNodeRedis(redis: NodeRedisLike): Client {
  return new NodeRedisClient(redis, false);
}

class NodeRedisClient implements Client {
  readonly location: string = 'redis (a given client)';
  readonly #redis: NodeRedisLike;
  readonly #isOwn: boolean;
  /** Ends the connections beside it. */
  readonly #others: Set<() => void> = new Set();

  constructor(redis: NodeRedisLike, isOwn: boolean) {
    this.#redis = redis;
    this.#isOwn = isOwn;
    if (isOwn) redis.on('error', () => {});
  }

  async open(): Promise<void> {
    try {
      if (!this.#redis.isOpen) await this.#redis.connect();
      await this.#redis.sendCommand(['PING']);
    } catch (error) {
      if (codeOf(error) !== '') throw explained(error, this.location);
      throw new StoreError(
        'STORE_FAILED',
        `${this.location} can't be reached: is the server running, and are the client's options right? (${messageOf(error)})`,
        { cause: error },
      );
    }
  }

  async close(): Promise<void> {
    for (const end of [...this.#others]) end();
    if (this.#isOwn && this.#redis.isOpen) this.#redis.destroy();
  }

  command(name: string, args: readonly (string | number)[]): Promise<Reply> {
    return this.#redis.sendCommand([name, ...args.map(String)], AS_BUFFERS) as Promise<Reply>;
  }

  fork(): Client {
    const other = new NodeRedisClient(this.#redis.duplicate(), true);
    this.#others.add(() => void other.close());
    return other;
  }

  listen(channels: readonly string[], listener: (message: Buffer | null, channel: string) => void): () => void {
    const redis = this.#redis.duplicate();
    redis.on('error', () => {});
    // It subscribes anew by itself; what came before is lost.
    redis.on('ready', () => listener(null, ''));
    const end = (): void => {
      this.#others.delete(end);
      if (redis.isOpen) redis.destroy();
    };
    this.#others.add(end);
    redis
      .connect()
      .then(() =>
        redis.subscribe([...channels], (message, channel) => listener(message, channel.toString('utf8')), true),
      )
      .then(
        () => listener(null, ''),
        // Closed again already.
        () => {},
      );
    return end;
  }
}
