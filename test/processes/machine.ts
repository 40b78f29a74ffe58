/** One machine for a test: a folder with a store's file, the journal, and processes that can be killed. */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type JobSnapshot, TaskManager } from 'taskspan';
import { onTestFinished } from 'vitest';
import { Database } from '../../src/stores/sqlite/database.js';
import { openDriver } from '../../src/stores/sqlite/drivers/index.js';
import { Journal, type Line } from './journal.js';
import type { ProducerSettings, WorkerSettings } from './settings.js';

const dist = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
const programs = {
  worker: fileURLToPath(new URL('worker.mjs', import.meta.url)),
  producer: fileURLToPath(new URL('producer.mjs', import.meta.url)),
};

/** Nothing that these tests wait for takes as long, unless it never comes. */
const PATIENCE_MS = 20_000;

export const LEASE_MS = 700;

export interface Child {
  readonly pid: number;
  /** The signal that ended it, or its exit code. */
  readonly ended: Promise<NodeJS.Signals | number>;
  send(signal: NodeJS.Signals): void;
}

export class Machine {
  readonly journal: Journal;
  /** The file of the store. */
  readonly path: string;
  /** Enqueues and looks, from the process of the test. */
  readonly manager: TaskManager;
  readonly #folder: string;
  readonly #store: string;
  readonly #children: ChildProcess[] = [];
  readonly #connections: Database[] = [];
  /** What the processes wrote to stderr. */
  #complaints = '';
  #isOver = false;

  /**
   * @param disk a folder for the store's file; default: the test's own folder
   * @param store another store than that file
   */
  constructor(disk?: string, store?: string) {
    if (!existsSync(dist)) throw new Error('dist is missing: run `npm run build` first.');
    this.#folder = mkdtempSync(join(tmpdir(), 'taskspan-processes-'));
    this.path = join(disk ?? this.#folder, 'tasks.db');
    this.#store = store ?? `sqlite:${this.path}`;
    this.journal = new Journal(join(this.#folder, 'journal'));
    this.manager = new TaskManager({ store: this.#store, work: false });
    onTestFinished(() => this.#cleanUp());
  }

  /**
   * Starts a worker, and doesn't wait until it is there.
   *
   * @param command that runs it, as `ip netns exec NAME`
   */
  launch(
    name: string,
    settings: Pick<WorkerSettings, 'tasks'> & Partial<WorkerSettings>,
    command: readonly string[] = [],
  ): Child {
    const program = [...command, process.execPath, '--no-warnings', programs.worker] as const;
    return this.#spawn(program, {
      name,
      store: this.#store,
      journal: this.journal.path,
      release: this.#releasePath,
      leaseMs: LEASE_MS,
      concurrency: 10,
      workMs: 5,
      closeMs: 1_000,
      isKeyed: false,
      queues: {},
      schedule: null,
      clockAheadMs: 0,
      ...settings,
    } satisfies WorkerSettings);
  }

  /** Starts a worker that claims from now on. */
  async worker(...worker: Parameters<Machine['launch']>): Promise<Child> {
    const child = this.launch(...worker);
    await this.line({ what: 'ready', pid: child.pid });
    return child;
  }

  /** Starts a worker again whenever it died, until the test is over. @returns how many times it was started */
  supervise(...worker: Parameters<Machine['launch']>): () => number {
    let starts = 0;
    void (async () => {
      while (!this.#isOver) {
        starts += 1;
        await this.launch(...worker).ended;
      }
    })();
    return () => starts;
  }

  /** Starts a producer of so many jobs, which dies with the acknowledgement of the last. */
  producer(task: string, count: number): Child {
    return this.#spawn([process.execPath, '--no-warnings', programs.producer], {
      store: this.#store,
      journal: this.journal.path,
      task,
      count,
    } satisfies ProducerSettings);
  }

  /** Lets what `obeys` and what `blocks` return. */
  release(): void {
    writeFileSync(this.#releasePath, '');
  }

  /** Waits for a line with these fields. */
  line(fields: Partial<Line>): Promise<Line> {
    return this.until(JSON.stringify(fields), () => this.journal.of(fields)[0]);
  }

  /** The job once it has ended. */
  ended(id: string): Promise<JobSnapshot> {
    return this.until(`the end of job ${id}`, async () => {
      const job = await this.manager.get(id);
      return job?.endedAt !== undefined && job;
    });
  }

  async job(id: string): Promise<JobSnapshot> {
    const job = await this.manager.get(id);
    if (job === undefined) throw new Error(`Job ${id} is gone.`);
    return job;
  }

  async jobs(): Promise<JobSnapshot[]> {
    const jobs: JobSnapshot[] = [];
    for await (const job of this.manager.list()) jobs.push(job);
    return jobs;
  }

  /** Looks again and again until the answer is neither false nor undefined. @throws when it takes too long, with all that is known */
  async until<T>(
    what: string,
    look: () => T | Promise<T>,
    patienceMs: number = PATIENCE_MS,
  ): Promise<Exclude<T, undefined | false>> {
    const giveUpAt = performance.now() + patienceMs;
    for (;;) {
      const found = await look();
      if (found !== undefined && found !== false) return found as Exclude<T, undefined | false>;
      if (performance.now() > giveUpAt) throw new Error(`Waited in vain for ${what}.\n${await this.#report()}`);
      await sleep(5);
    }
  }

  /** A connection of its own to the file of the store, until the test is over. */
  async connect(): Promise<Database> {
    const db = new Database(await openDriver(this.path, undefined, undefined));
    this.#connections.push(db);
    return db;
  }

  get #releasePath(): string {
    return join(this.#folder, 'release');
  }

  #spawn([command, ...args]: readonly string[], settings: object): Child {
    const child = spawn(command as string, [...args, JSON.stringify(settings)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const { pid } = child;
    if (pid === undefined) throw new Error(`${command} could not be started.`);
    this.#children.push(child);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaints += text;
    });
    return {
      pid,
      ended: new Promise((resolve) => {
        child.once('close', (code, signal) => resolve(signal ?? code ?? 0));
      }),
      send: (signal) => void child.kill(signal),
    };
  }

  async #report(): Promise<string> {
    const lines = this.journal.read();
    return [
      `Counts: ${JSON.stringify(await this.manager.count())}`,
      `The last of ${lines.length} lines:`,
      ...lines.slice(-30).map((line) => JSON.stringify(line)),
      this.#complaints,
    ].join('\n');
  }

  async #cleanUp(): Promise<void> {
    this.#isOver = true;
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const isGone = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGKILL');
      await isGone;
    }
    for (const db of this.#connections) db.close(true);
    await this.manager.close();
    this.journal.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
