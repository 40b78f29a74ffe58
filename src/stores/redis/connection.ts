/** The store's way to its server: scripts and commands under its prefix, on its clock. */

import { ClosedError, TaskspanError } from '../../core/errors.js';
import { type Client, type Reply, textOf } from './client.js';
import { explained, isPassing } from './faults.js';
import { JUMP, Losses } from './losses.js';
import type { Script } from './script.js';
import { scripts } from './scripts.js';
import { checkVersion, type ServerFacts, serverFacts } from './server.js';

/** For so long what passes by itself is waited for; less than the engine waits for an answer. */
const PATIENCE_MS = 50_000;
const PAUSE_FIRST_MS = 25;
const PAUSE_MOST_MS = 1_000;
/** What is under way when the store is closed may take so long to be answered. */
const CLOSING_MS = 500;

export class Connection {
  readonly client: Client;
  /** Of all keys; the part in braces keeps them together on one node of a Redis Cluster. */
  readonly prefix: string;
  /** Who we are, in the messages that we cause: they are no news to us. */
  readonly id: string = crypto.randomUUID();
  readonly losses: Losses;
  /** For people: the server, and of several partitions which. */
  readonly location: string;
  /** Stands for the server's clock in tests; null: the server's. */
  readonly #clock: (() => number) | null;
  /** Whose client it shares, and what is known of the server; null: it is its own. */
  readonly #parent: Connection | null;
  #status: 'new' | 'open' | 'closed' = 'new';
  /** As it was when the store was opened, or last looked at. */
  #facts: ServerFacts | null = null;
  readonly #underWay: Set<Promise<Reply>> = new Set();

  constructor(
    client: Client,
    prefix: string,
    clock: (() => number) | null,
    parent: Connection | null = null,
    location: string = client.location,
  ) {
    this.client = client;
    this.prefix = prefix;
    this.location = location;
    this.#clock = clock;
    this.#parent = parent;
    this.losses = new Losses(location, async (seen) =>
      Number(textOf(await this.run(scripts.recover, { seen, jump: JUMP }))),
    );
  }

  get facts(): ServerFacts | null {
    return this.#parent === null ? this.#facts : this.#parent.facts;
  }

  /** To another partition on the same client. Opened after this one, and closed before it. */
  beside(prefix: string, location: string): Connection {
    return new Connection(this.client, prefix, this.#clock, this, location);
  }

  /** @param check what must be so before it counts as open */
  async open(check?: () => Promise<void>): Promise<void> {
    if (this.#status === 'closed') throw new ClosedError('open the store');
    if (this.#status === 'open') return;
    if (this.#parent === null) await this.#connect(check);
    this.#status = 'open';
  }

  async #connect(check: (() => Promise<void>) | undefined): Promise<void> {
    await this.client.open();
    try {
      this.#facts = await serverFacts(this.client);
      checkVersion(this.#facts, this.location);
      this.#status = 'open';
      await check?.();
    } catch (error) {
      this.#status = 'new';
      await this.client.close();
      throw error instanceof TaskspanError ? error : explained(error, this.location);
    }
  }

  async close(): Promise<void> {
    if (this.#status === 'closed') return;
    this.#status = 'closed';
    if (this.#underWay.size > 0) await this.#lastAnswers();
    if (this.#parent === null) await this.client.close();
  }

  /** What the server says of itself now. */
  async look(): Promise<ServerFacts> {
    this.checkOpen();
    this.#facts = await serverFacts(this.client);
    return this.#facts;
  }

  /**
   * Again and again while the server says that it can't just now: every verb may be repeated.
   *
   * @throws StoreError that says what to do
   */
  async run(script: Script, args: object, values: readonly string[] = []): Promise<Reply> {
    this.checkOpen();
    const call = this.#run(script, args, values);
    this.#underWay.add(call);
    try {
      return await call;
    } finally {
      this.#underWay.delete(call);
    }
  }

  /** @throws ClosedError also where there is nothing to ask the server */
  checkOpen(): void {
    if (this.#status !== 'open') throw new ClosedError('use the store');
  }

  #lastAnswers(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, CLOSING_MS);
      void Promise.allSettled(this.#underWay).then(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  async #run(script: Script, args: object, values: readonly string[]): Promise<Reply> {
    const named = { ...args, from: this.id, now: this.#clock?.() };
    const since = performance.now();
    for (let pauseMs = PAUSE_FIRST_MS; ; pauseMs = Math.min(2 * pauseMs, PAUSE_MOST_MS)) {
      try {
        return await script.run(this.client, this.prefix, named, values, this.#heard);
      } catch (error) {
        this.checkOpen();
        if (!isPassing(error) || performance.now() - since > PATIENCE_MS) throw explained(error, this.location);
      }
      await pause(pauseMs);
      this.checkOpen();
    }
  }

  readonly #heard = (script: Script, reply: Reply): void => this.losses.heard(script, reply);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
