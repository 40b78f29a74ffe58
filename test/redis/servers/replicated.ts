/**
 * A primary and its replica, with a proxy between the two and one in front of the primary.
 *
 *     clients ──► front ──► primary ◄── link ◄── replica
 *
 * A failover step by step: `lag()`, writes that the replica doesn't get, `promote()`, `rejoin()`.
 */

import { type FaultyProxy, startProxy } from './proxy.js';
import { type RedisOptions, type RedisServer, startRedis } from './redis.js';
import { until } from './until.js';

export async function startReplicated(options: RedisOptions = {}): Promise<ReplicatedRedis> {
  const started: { stop(): Promise<void> }[] = [];
  const keep = <T extends { stop(): Promise<void> }>(one: T): T => {
    started.push(one);
    return one;
  };
  try {
    const primary = keep(await startRedis(options));
    const replica = keep(await startRedis(options));
    const front = keep(await startProxy(primary));
    const link = keep(await startProxy(primary));
    const replicated = new ReplicatedRedis(primary, replica, front, link);
    await replicated.follow();
    return replicated;
  } catch (error) {
    await Promise.all(started.map((one) => one.stop()));
    throw error;
  }
}

export class ReplicatedRedis {
  /** What clients connect to; it leads to the primary. */
  readonly front: FaultyProxy;
  /** What the replica reads the primary's writes through. */
  readonly link: FaultyProxy;
  #primary: RedisServer;
  #replica: RedisServer;

  constructor(primary: RedisServer, replica: RedisServer, front: FaultyProxy, link: FaultyProxy) {
    this.#primary = primary;
    this.#replica = replica;
    this.front = front;
    this.link = link;
  }

  get primary(): RedisServer {
    return this.#primary;
  }

  get replica(): RedisServer {
    return this.#replica;
  }

  /** Of the front. */
  get url(): string {
    return this.front.url;
  }

  /** From now on the replica gets no write. */
  lag(): void {
    this.link.hold();
  }

  /** Resolves when the replica has all that the primary has written. */
  async catchUp(): Promise<void> {
    await this.link.pass();
    const { master_repl_offset } = await this.#primary.info('replication');
    await until('the replica to catch up', async () => {
      const { slave_repl_offset } = await this.#replica.info('replication');
      return Number(slave_repl_offset) >= Number(master_repl_offset);
    });
  }

  /**
   * The replica becomes the primary, with what it has, and the front leads new connections to it. The old primary isn't
   * told: as in a split it still takes writes of whoever is connected to it, until `rejoin()` or `front.cut()`.
   */
  async promote(): Promise<void> {
    await this.#replica.cli('REPLICAOF', 'NO', 'ONE');
    [this.#primary, this.#replica] = [this.#replica, this.#primary];
    this.front.leadTo(this.#primary);
  }

  /** The old primary becomes the new one's replica: what only it had is gone, and writes to it are refused as READONLY. */
  async rejoin(): Promise<void> {
    this.link.leadTo(this.#primary);
    this.link.cut();
    await this.link.pass();
    await this.follow();
  }

  /** Makes the replica follow, and waits until it does. */
  async follow(): Promise<void> {
    await this.#replica.cli('REPLICAOF', this.link.host, this.link.port);
    await until('the replica to follow its primary', async () => {
      return (await this.#replica.info('replication')).master_link_status === 'up';
    });
  }

  async stop(): Promise<void> {
    await Promise.all([this.front, this.link, this.#primary, this.#replica].map((one) => one.stop()));
  }
}
