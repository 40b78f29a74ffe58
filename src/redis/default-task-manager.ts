/** The documented task manager: any number of processes on one Redis, one of them the master. */

import { type Duration, durationMs } from '../core/duration.js';
import { ClosedError, MissingDriverError } from '../core/errors.js';
import type { Host } from '../core/host.js';
import { keyedId } from '../core/id.js';
import type { Logger } from '../core/logger.js';
import { checkOptions, wholeNumber } from '../core/options.js';
import { textOfThrown } from '../core/thrown.js';
import { timers } from '../hosts/index.js';
import { consoleLogger, TaskManager } from '../manager/index.js';
import type { IoredisLike } from '../stores/redis/index.js';
import { type EnqueueOptions, taskRef } from '../task/index.js';
import { Listeners } from './listeners.js';
import { type ManagerEvents, managerEventNames, Notices } from './notices.js';
import { DEFAULT_URL, QUEUE, storeAt, TASK, type Where } from './settings.js';
import { CreatedTask, type TaskHost } from './task.js';
import { OwnWorker, type TaskWorker, type WorkerFunction } from './worker.js';

const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 5_000;
const DEFAULT_SHUTDOWN_MS = 10_000;

/** What `new DefaultTaskManager` takes. */
export interface DefaultTaskManagerOptions {
  /**
   * The server, as a URL (`redis://[user:password@]host[:port][/db][?namespace=acme]`, `rediss://` with TLS) or as an
   * ioredis `Redis` or `Cluster`, which is not closed with the manager. Default `redis://127.0.0.1:6379`.
   */
  readonly redis?: string | IoredisLike | undefined;
  /** Managers of one namespace are one cluster. Default `default`. */
  readonly namespace?: string | undefined;
  /** Tasks that each worker runs at once, unless its `process` says otherwise. Default 1. */
  readonly concurrency?: number | undefined;
  /** How long the cluster waits for a sign of life, of a worker or of the master, before others take over; ms. Default 30 000; at least 50. */
  readonly leaseMs?: number | undefined;
  /** Default: warnings and errors to the console. */
  readonly logger?: Logger | undefined;
}

/** What `process` takes beside its function. */
export interface ProcessOptions {
  /** Tasks that this worker runs at once. Default: the manager's. */
  readonly concurrency?: number | undefined;
}

/** What `shutdown` takes. */
export interface ShutdownOptions {
  /** How long to wait for tasks that run. Default 10 s. */
  readonly timeout?: Duration | undefined;
}

/**
 * Takes part in a cluster from when it is made: it may become the master, creates tasks, and has workers that run them.
 * A server that can't be reached yet is tried again, in the background and with each call.
 *
 * @example
 * const manager = new DefaultTaskManager();
 * const worker = await manager.process(async (task) => `${worker.id} did ${task.id}`);
 * const task = await manager.create({ path: 'a.png' });
 * task.withTimeout(10_000).on('success', (result) => console.log(result));
 * await task.commit();
 */
export class DefaultTaskManager<TData = unknown, TResult = unknown> {
  readonly #where: Where;
  readonly #host: Host = timers();
  readonly #logger: Logger;
  readonly #concurrency: number;
  readonly #leaseMs: number | undefined;
  readonly #manager: TaskManager;
  readonly #workers: Set<OwnWorker> = new Set();
  readonly #listeners: Listeners<ManagerEvents<TResult>>;
  readonly #notices: Notices;
  readonly #taskHost: TaskHost<TResult>;
  #starting: Promise<void> | null = null;
  #cancelRetry: (() => void) | null = null;
  #shutdown: Promise<void> | null = null;

  /** @throws OptionError; a server that can't be reached shows at the first call */
  constructor(options: DefaultTaskManagerOptions = {}) {
    checkOptions('DefaultTaskManager', options, optionNames);
    const { redis = DEFAULT_URL, namespace, concurrency = 1, leaseMs, logger = consoleLogger } = options;
    this.#where = { redis, namespace };
    this.#logger = logger;
    this.#concurrency = wholeNumber(concurrency, 'concurrency', 1, 100_000);
    this.#leaseMs = leaseMs;
    const store = storeAt(this.#where);
    const manager = new TaskManager({ store, host: this.#host, logger, leaseMs, work: false, lead: true });
    this.#manager = manager;
    this.#listeners = new Listeners('DefaultTaskManager', managerEventNames, logger);
    this.#notices = new Notices(manager, store, this.#listeners as unknown as Listeners<ManagerEvents>, (error) =>
      logger.warn(`taskspan: the records of tasks could not be read: ${textOfThrown(error)}`, { error }),
    );
    this.#taskHost = {
      host: this.#host,
      logger,
      ready: () => this.#notices.ready(),
      enqueue: (data, own) => this.#enqueue(data, own),
      handle: (id) => manager.handle(id) as ReturnType<TaskHost<TResult>['handle']>,
      watch: (task) => this.#notices.watch(task),
      unwatch: (task) => this.#notices.unwatch(task),
    };
    void this.#startInBackground(0);
  }

  /** Whether it is the master now: true on at most one manager of the cluster, and on none while one hands over. */
  isMaster(): boolean {
    return this.#manager.isLeader;
  }

  /**
   * Hears what happens to all tasks of the cluster, whichever process has them. What that costs begins when somebody
   * listens. What happens after a later `process` or `commit` of this manager has resolved is not missed, unless a
   * `gap` says so. A listener that throws harms nobody.
   *
   * @returns ends it
   * @throws OptionError for an event that there isn't
   */
  on<K extends keyof ManagerEvents>(event: K, listener: (event: ManagerEvents<TResult>[K]) => unknown): () => void {
    const off = this.#listeners.on(event, listener);
    this.#notices.listenersChanged();
    return () => {
      off();
      this.#notices.listenersChanged();
    };
  }

  /**
   * Makes a worker that calls the function with tasks, at most `concurrency` at once. Each call makes another worker
   * beside those that are there, and each task goes to one of them. The function is first called after this has resolved.
   *
   * @throws OptionError, ClosedError, StoreError if the server can't be reached
   */
  async process(fn: WorkerFunction<TData, TResult>, options: ProcessOptions = {}): Promise<TaskWorker> {
    checkOptions('process', options, ['concurrency']);
    const { concurrency = this.#concurrency } = options;
    await this.#ready('process tasks');
    const worker = new OwnWorker({
      fn: fn as WorkerFunction<never>,
      store: storeAt(this.#where),
      host: this.#host,
      logger: this.#logger,
      concurrency,
      leaseMs: this.#leaseMs,
      onClosed: (closed) => this.#workers.delete(closed),
    });
    this.#workers.add(worker);
    try {
      await worker.open();
      this.#checkOpen('process tasks');
    } catch (error) {
      await worker.close({ timeout: 0 });
      throw error;
    }
    worker.startSoon();
    return worker;
  }

  /** Makes a task of the payload. Nothing is stored before its `commit()`. @throws ClosedError */
  async create(data: TData): Promise<CreatedTask<TData, TResult>> {
    this.#checkOpen('create a task');
    const key = crypto.randomUUID();
    return new CreatedTask<TData, TResult>(keyedId(QUEUE, key, 0), key, data, this.#taskHost);
  }

  /**
   * Final, and twice is once: takes no more tasks, waits for what runs, at most `timeout` (default 10 s), then gives it
   * back to others at no attempt; and lets another lead. Tasks that were created here go their way unheard.
   */
  async shutdown(options: ShutdownOptions = {}): Promise<void> {
    checkOptions('shutdown', options, ['timeout']);
    const timeout = options.timeout === undefined ? DEFAULT_SHUTDOWN_MS : durationMs(options.timeout, 'timeout');
    this.#shutdown ??= this.#shutDown(timeout);
    await this.#shutdown;
  }

  /** As `shutdown()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  async #shutDown(timeout: number): Promise<void> {
    this.#cancelRetry?.();
    const closed = await Promise.allSettled([...this.#workers].map((worker) => worker.close({ timeout })));
    await this.#manager.close({ timeout });
    for (const one of closed) if (one.status === 'rejected') throw one.reason;
  }

  async #enqueue(data: unknown, options: EnqueueOptions): Promise<void> {
    await this.#ready('commit a task');
    await this.#manager.enqueue(ref, data, options);
  }

  async #ready(action: string): Promise<void> {
    this.#checkOpen(action);
    await this.#start();
    await this.#notices.ready();
    this.#checkOpen(action);
  }

  #start(): Promise<void> {
    this.#starting ??= this.#manager.start().catch((error: unknown) => {
      this.#starting = null;
      throw error;
    });
    return this.#starting;
  }

  async #startInBackground(failures: number): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      if (this.#shutdown !== null) return;
      if (error instanceof MissingDriverError) return this.#logger.error(`taskspan: ${error.message}`);
      if (failures === 0) this.#logger.warn(`taskspan: ${textOfThrown(error)} Trying on.`, { error });
      const delayMs = Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** failures);
      this.#cancelRetry = this.#host.timer(delayMs, () => void this.#startInBackground(failures + 1));
    }
  }

  #checkOpen(action: string): void {
    if (this.#shutdown !== null) throw new ClosedError(action);
  }
}

const optionNames: readonly (keyof DefaultTaskManagerOptions)[] = [
  'redis',
  'namespace',
  'concurrency',
  'leaseMs',
  'logger',
];

const ref = taskRef(TASK, { queue: QUEUE });
