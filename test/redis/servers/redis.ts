/** A real redis-server of one's own, on a free port, in a temporary folder. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Binary, binaryOf } from './binary.js';
import { type Argument, command, info } from './command.js';
import { makeFolder, removeFolder } from './folders.js';
import { Life, PortTakenError } from './life.js';
import { freePort, HOST } from './ports.js';

/** Lines of redis.conf: `{ appendonly: true, appendfsync: 'always', 'maxmemory-policy': 'noeviction' }`. */
export type RedisConfig = Readonly<Record<string, string | number | boolean>>;

export interface RedisOptions {
  /** Over these defaults: nothing is written to disk. */
  readonly config?: RedisConfig;
  /** A name on the PATH, or a path; as `valkey-server`. Default: REDIS_SERVER of the environment, else `redis-server`. */
  readonly binary?: string;
}

const DEFAULTS: RedisConfig = { bind: HOST, save: '', appendonly: false, 'repl-diskless-sync-delay': 0 };
/** DEBUG is how some faults are made; since 7.0 it has to be allowed. */
const SINCE_7: RedisConfig = { 'enable-debug-command': 'local' };

const PORTS_TRIED = 10;

/** Resolves once it answers. */
export async function startRedis({ config = {}, binary: name }: RedisOptions = {}): Promise<RedisServer> {
  const binary = await binaryOf(name);
  for (let tried = 1; ; tried++) {
    const server = new RedisServer(binary, config, await freePort());
    try {
      await server.start();
      return server;
    } catch (error) {
      await server.stop();
      if (!(error instanceof PortTakenError) || tried === PORTS_TRIED) throw error;
    }
  }
}

export interface StartOptions {
  /** Lines over those that it has. */
  readonly config?: RedisConfig;
  /** False: resolves as soon as it answers, be it that it still loads. Default: true. */
  readonly isLoaded?: boolean;
}

export class RedisServer {
  readonly host = HOST;
  readonly port: number;
  /** Where its files are; gone after `stop()`. */
  readonly folder = makeFolder();
  readonly #binary: Binary;
  #config: RedisConfig;
  #life: Life | undefined;

  constructor(binary: Binary, config: RedisConfig, port: number) {
    this.#binary = binary;
    this.#config = { ...DEFAULTS, ...(binary.version >= 7 ? SINCE_7 : {}), ...config };
    this.port = port;
  }

  get url(): string {
    return `redis://${this.host}:${this.port}`;
  }

  /** As 7.0. */
  get version(): number {
    return this.#binary.version;
  }

  get pid(): number | undefined {
    return this.isRunning ? this.#life?.pid : undefined;
  }

  get isRunning(): boolean {
    return this.#life !== undefined && !this.#life.hasEnded;
  }

  /** The last lines that it wrote, in this life. */
  get log(): string {
    return this.#life?.log ?? '';
  }

  /** On the port that it has; after `kill()` also on the files that it has. */
  async start({ config = {}, isLoaded = true }: StartOptions = {}): Promise<void> {
    if (this.isRunning) throw new Error(`The server on port ${this.port} runs already.`);
    this.#config = { ...this.#config, ...config };
    writeFileSync(join(this.folder, 'redis.conf'), linesOf(this.#config));
    this.#life = new Life(this.#binary.path, this.folder, this.port);
    await this.#life.ready(this.port, isLoaded);
  }

  /** Ends it in order, unless it is dead already, and starts it again: same folder, same port. */
  async restart(options: StartOptions = {}): Promise<void> {
    await this.#life?.end('SIGTERM');
    for (let tried = 1; ; tried++) {
      try {
        return await this.start(options);
      } catch (error) {
        // Whoever looks for a free port holds it for a moment.
        if (!(error instanceof PortTakenError) || tried === PORTS_TRIED) throw error;
        await sleep(100);
      }
    }
  }

  /** As a loss of power does for a process: SIGKILL. Resolves when it is gone. */
  async kill(): Promise<void> {
    await this.#life?.end('SIGKILL');
  }

  /** It keeps its connections, and answers nothing: SIGSTOP. */
  pause(): void {
    this.#life?.signal('SIGSTOP');
  }

  resume(): void {
    this.#life?.signal('SIGCONT');
  }

  /** For good: its folder goes too. May be called in any state, and again. */
  async stop(): Promise<void> {
    await this.#life?.end('SIGKILL');
    removeFolder(this.folder);
  }

  /** One command over a connection of its own: `cli('CONFIG', 'SET', 'maxmemory', '1mb')`. */
  cli(name: string, ...args: readonly Argument[]): Promise<unknown> {
    return command(this.port, [name, ...args]);
  }

  /** What INFO says, by its names. */
  info(section?: string): Promise<Readonly<Record<string, string>>> {
    return info(this.port, section);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

function linesOf(config: RedisConfig): string {
  const text = (value: string | number | boolean): string =>
    value === '' ? '""' : typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
  return Object.entries(config)
    .map(([name, value]) => `${name} ${text(value)}\n`)
    .join('');
}
