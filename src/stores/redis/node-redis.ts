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

/** No answer for so long: the connection is dead, though nobody said so. What was called is called again on another. */
const COMMAND_TIMEOUT_MS = 8_000;
/** What a given client may take to answer for the first time. */
const FIRST_ANSWER_MS = 10_000;
/** So often a connection that only listens is asked whether it is still there, and so long its answer is waited for. */
const LISTENING_CHECK_MS = 3_000;
const SILENCE_MS = 5_000;

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
  readonly #lasting: Lasting;
  /** Ends the connections beside it. */
  readonly #others: Set<() => void> = new Set();

  constructor(redis: NodeRedisLike, isOwn: boolean) {
    this.#redis = redis;
    this.#lasting = new Lasting(redis, isOwn, (made) => void made.connect().catch(() => {}));
    if (isOwn) redis.on('error', () => {});
  }

  /** A client that isn't ours tries for as long as its owner wants: we don't. */
  async open(): Promise<void> {
    try {
      await within(FIRST_ANSWER_MS, this.#firstAnswer());
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
    this.#lasting.end();
  }

  command(name: string, args: readonly (string | number)[]): Promise<Reply> {
    return this.#lasting.ask([name, ...args.map(String)], COMMAND_TIMEOUT_MS);
  }

  fork(): Client {
    const other = new NodeRedisClient(this.#redis.duplicate(), true);
    this.#others.add(() => void other.close());
    return other;
  }

  listen(channels: readonly string[], listener: (message: Buffer | null, channel: string) => void): () => void {
    const start = (redis: NodeRedisLike): void => {
      // It subscribes anew by itself; what came before is lost.
      redis.on('ready', () => listener(null, ''));
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
    };
    const lasting = new Lasting(this.#redis, false, start);
    lasting.replace();
    // Who only listens would never notice that nobody is there any more; who asks does.
    const check = setInterval(() => void lasting.ask(['PING'], SILENCE_MS).catch(() => {}), LISTENING_CHECK_MS);
    check.unref();
    const end = (): void => {
      clearInterval(check);
      this.#others.delete(end);
      lasting.end();
    };
    this.#others.add(end);
    return end;
  }

  async #firstAnswer(): Promise<void> {
    if (!this.#redis.isOpen) await this.#redis.connect();
    await this.#redis.sendCommand(['PING']);
  }
}

/**
 * One connection, and another like it once it is silent for too long. Time-outs of node-redis' own don't do: the one of
 * its socket begins anew with each byte that is sent, and after it the client is closed for good.
 */
class Lasting {
  #redis: NodeRedisLike;
  #isOwn: boolean;
  /** Connects one that was made. */
  readonly #start: (redis: NodeRedisLike) => void;
  #hasEnded = false;

  constructor(redis: NodeRedisLike, isOwn: boolean, start: (redis: NodeRedisLike) => void) {
    this.#redis = redis;
    this.#isOwn = isOwn;
    this.#start = start;
  }

  async ask(args: readonly string[], patienceMs: number): Promise<Reply> {
    const asked = this.#redis;
    try {
      return (await within(patienceMs, asked.sendCommand(args, AS_BUFFERS))) as Reply;
    } catch (error) {
      if (error instanceof Silence && asked === this.#redis && !this.#hasEnded) this.replace();
      throw error;
    }
  }

  /** What was under way on a connection of ours is refused, and called again. One that is its owner's is left as it is. */
  replace(): void {
    const made = this.#redis.duplicate();
    this.end();
    this.#hasEnded = false;
    this.#redis = made;
    this.#isOwn = true;
    made.on('error', () => {});
    this.#start(made);
  }

  end(): void {
    this.#hasEnded = true;
    if (this.#isOwn && this.#redis.isOpen) this.#redis.destroy();
  }
}

class Silence extends Error {}

function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Silence(`Command timed out: no answer for ${ms / 1_000} s`)), ms);
    const ended = (): void => clearTimeout(timer);
    answer.then(resolve, reject).finally(ended);
  });
}
