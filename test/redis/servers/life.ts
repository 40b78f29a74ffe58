/**
 * One life of a server: a process from its start to its end.
 *
 * It can't outlive us, however we end: `setpriv` has the kernel kill it with its parent, also where it stands still by
 * SIGSTOP, and also where we are killed ourselves.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { info } from './command.js';

const READY_MS = 20_000;
/** Whoever else has the port may never answer. */
const ANSWER_MS = 500;
const STOP_MS = 10_000;
const LOG_LINES = 100;

/** Somebody else has the port. */
export class PortTakenError extends Error {}

export class Life {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #log: string[] = [];

  constructor(path: string, folder: string, port: number) {
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', path, 'redis.conf', '--port', String(port)], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#log = [...this.#log, ...text.trimEnd().split('\n')].slice(-LOG_LINES);
      });
    }
    this.#ended = new Promise((resolve) => {
      this.#child.once('close', resolve).once('error', (error) => {
        this.#log.push(`setpriv can't be started: ${error.message}`);
        resolve(error);
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The last lines that it wrote. */
  get log(): string {
    return this.#log.join('\n');
  }

  get hasEnded(): boolean {
    return this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Resolves once it answers: this process, and no other on its port; `isLoaded`: with all its data. */
  async ready(port: number, isLoaded: boolean): Promise<void> {
    const givenUpAt = Date.now() + READY_MS;
    while (!(await this.#answers(port, isLoaded))) {
      if (this.hasEnded || Date.now() > givenUpAt) {
        await this.end('SIGKILL');
        if (/Address already in use/i.test(this.log)) throw new PortTakenError(`Port ${port} is taken.`);
        throw new Error(`The server on port ${port} didn't get ready. It wrote:\n${this.log}`);
      }
      await sleep(5);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves when it is gone. One that stands still or doesn't obey is killed. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.hasEnded) return void (await this.#ended);
    this.signal(signal);
    this.signal('SIGCONT');
    const timer = setTimeout(() => this.signal('SIGKILL'), STOP_MS);
    await this.#ended;
    clearTimeout(timer);
  }

  async #answers(port: number, isLoaded: boolean): Promise<boolean> {
    try {
      const { process_id, loading } = await info(port, 'default', ANSWER_MS);
      return Number(process_id) === this.pid && !(isLoaded && loading !== '0');
    } catch {
      return false;
    }
  }
}
