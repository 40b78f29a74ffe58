/** The store's way to its server: scripts and commands under its prefix, on its clock. */

import { ClosedError } from '../../core/errors.js';
import type { Client, Reply } from './client.js';
import type { Script } from './script.js';

export class Connection {
  readonly client: Client;
  /** Of all keys; the part in braces keeps them together on one node of a Redis Cluster. */
  readonly prefix: string;
  /** Who we are, in the messages that we cause: they are no news to us. */
  readonly id: string = crypto.randomUUID();
  /** Stands for the server's clock in tests; null: the server's. */
  readonly #clock: (() => number) | null;
  #status: 'new' | 'open' | 'closed' = 'new';

  constructor(client: Client, prefix: string, clock: (() => number) | null) {
    this.client = client;
    this.prefix = prefix;
    this.#clock = clock;
  }

  async open(): Promise<void> {
    if (this.#status === 'closed') throw new ClosedError('open the store');
    await this.client.open();
    this.#status = 'open';
  }

  async close(): Promise<void> {
    if (this.#status === 'closed') return;
    this.#status = 'closed';
    await this.client.close();
  }

  async run(script: Script, args: object, values: readonly string[] = []): Promise<Reply> {
    this.checkOpen();
    return script.run(this.client, this.prefix, { ...args, from: this.id, now: this.#clock?.() }, values);
  }

  /** @throws ClosedError also where there is nothing to ask the server */
  checkOpen(): void {
    if (this.#status !== 'open') throw new ClosedError('use the store');
  }
}
