/**
 * A TCP proxy that makes the faults of a network. Each mode holds until another is set.
 *
 *     pass        all bytes go through; connections that missed some in `halfOpen` stay dead
 *     delay       they do, this much later
 *     hold        they wait, and go through in the end
 *     halfOpen    they are swallowed: connections are taken, nothing comes back, and no end is told
 *     refuse      nobody listens, and who was connected is cut off
 */

import { createServer, type Server, type Socket } from 'node:net';
import { type Address, Connection, type Direction, type Mode } from './connection.js';
import { freePort, HOST } from './ports.js';

const PORTS_TRIED = 10;

/** Resolves when it listens. */
export async function startProxy(target: Address): Promise<FaultyProxy> {
  for (let tried = 1; ; tried++) {
    const proxy = new FaultyProxy(target, await freePort());
    try {
      await proxy.pass();
      return proxy;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || tried === PORTS_TRIED) throw error;
    }
  }
}

export class FaultyProxy {
  readonly host = HOST;
  readonly port: number;
  #target: Address;
  #mode: Mode = { kind: 'pass' };
  #server: Server | undefined;
  readonly #connections = new Set<Connection>();
  readonly #bytes = { request: 0, reply: 0 };
  #accepted = 0;
  #cutting: { readonly direction: Direction; left: number } | undefined;
  #onCut: (() => void) | undefined;

  constructor(target: Address, port: number) {
    this.#target = target;
    this.port = port;
  }

  get url(): string {
    return `redis://${this.host}:${this.port}`;
  }

  /** How many have gone through: requests to the target, replies from it. */
  get bytes(): Readonly<Record<Direction, number>> {
    return { ...this.#bytes };
  }

  /** How many are open, and how many there were in all. */
  get connections(): { readonly open: number; readonly accepted: number } {
    return { open: this.#connections.size, accepted: this.#accepted };
  }

  async pass(): Promise<void> {
    this.#set({ kind: 'pass' });
    await this.#listen();
  }

  delay(ms: number): void {
    this.#set({ kind: 'delay', ms });
  }

  hold(): void {
    this.#set({ kind: 'hold' });
  }

  halfOpen(): void {
    this.#set({ kind: 'halfOpen' });
  }

  /** Resets all connections, on both sides. The next ones are taken. */
  cut(): void {
    for (const connection of this.#connections) connection.reset();
  }

  /**
   * Lets so many bytes more through in this direction, of all connections together, and then resets the one that they
   * came on: in the middle of a command, or of a reply. 0 cuts at the first byte, so `cutAfter(0, 'reply')` loses the
   * reply to what was done. Resolves when that has happened; the next connections are taken.
   */
  cutAfter(bytes: number, direction: Direction): Promise<void> {
    this.#cutting = { direction, left: bytes };
    return new Promise((resolve) => {
      this.#onCut = resolve;
    });
  }

  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.cut();
    if (server !== undefined) await new Promise((resolve) => server.close(resolve));
  }

  /** Where the next connections go; those that are open stay where they are. */
  leadTo(target: Address): void {
    this.#target = target;
  }

  async stop(): Promise<void> {
    await this.refuse();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #set(mode: Mode): void {
    this.#mode = mode;
    for (const connection of this.#connections) connection.modeChanged();
  }

  async #listen(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, this.host, resolve);
    });
    this.#server = server;
  }

  #accept(client: Socket): void {
    this.#accepted += 1;
    const connection: Connection = new Connection(client, this.#target, {
      mode: () => this.#mode,
      allowed: (direction, length) => this.#allowed(direction, length),
      onPassed: (direction, length) => {
        this.#bytes[direction] += length;
      },
      onCut: () => this.#onCut?.(),
      onClosed: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
  }

  /** How many bytes of a piece may pass; fewer than it has if the connection is to be cut after them. */
  #allowed(direction: Direction, length: number): number {
    const cutting = this.#cutting;
    if (cutting === undefined || cutting.direction !== direction) return length;
    if (length <= cutting.left) {
      cutting.left -= length;
      return length;
    }
    this.#cutting = undefined;
    return cutting.left;
  }
}
