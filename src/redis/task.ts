/** A task, for whoever creates it: told what to do, committed once, and listened to. */

import { ClosedError, JobFailedError, OptionError } from '../core/errors.js';
import type { Host } from '../core/host.js';
import type { JobRecord } from '../core/job.js';
import type { Logger } from '../core/logger.js';
import { wholeNumber } from '../core/options.js';
import { type ClusterEvent, instant, type JobHandle } from '../manager/index.js';
import { type EnqueueOptions, positiveMs } from '../task/index.js';
import { Listeners } from './listeners.js';
import { progressOf, type WatchedTask } from './notices.js';

/** The end is told after what came before it, if that is on its way for no longer than this. */
const ORDER_WITHIN_MS = 1_000;

/** What `task.on` can hear, by name; what its listener is called with. */
export interface CommittedEvents<TResult = unknown> {
  /** It succeeded: with what the worker's function returned. After the end too. */
  success: TResult;
  /** It failed for good: with what the worker's function threw, as an Error. After the end too. */
  failure: Error;
  /** It waits for a worker: anew, or again after a failure, a stall or a worker's end. */
  queued: undefined;
  /** A worker took it. */
  started: undefined;
  /** It told its progress, 0 to 100, by `ctx.progress`. */
  updated: number;
}

const names: readonly (keyof CommittedEvents)[] = ['success', 'failure', 'queued', 'started', 'updated'];

/** What a task needs of its manager. */
export interface TaskHost<TResult> {
  readonly host: Host;
  readonly logger: Logger;
  /** Resolves once what happens to the tasks that are watched is heard. */
  ready(): Promise<void>;
  enqueue(data: unknown, options: EnqueueOptions): Promise<void>;
  handle(id: string): JobHandle<TResult>;
  watch(task: WatchedTask): void;
  unwatch(task: WatchedTask): void;
}

type Outcome<TResult> =
  | { readonly type: 'success'; readonly value: TResult }
  | { readonly type: 'failure'; readonly value: Error };

/** What `manager.create` resolves with. Nothing of it is stored before `commit()`. */
export class CreatedTask<TData = unknown, TResult = unknown> {
  /** The id that its worker sees too. */
  readonly id: string;
  /** Its payload. It is stored as it is when it is committed. */
  readonly data: TData;
  readonly #key: string;
  readonly #host: TaskHost<TResult>;
  readonly #listeners: Listeners<CommittedEvents<TResult>>;
  readonly #watched: WatchedTask;
  #options: EnqueueOptions = { attempts: 1 };
  #committing: Promise<this> | null = null;
  #isCommitted = false;
  #isWatched = false;
  #isAwaited = false;
  #outcome: Outcome<TResult> | null = null;
  /** The latest change that was told. */
  #rev = 0;
  #isEndHeard = false;
  #onEndHeard: (() => void) | null = null;

  /** @internal */
  constructor(id: string, key: string, data: TData, host: TaskHost<TResult>) {
    this.id = id;
    this.data = data;
    this.#key = key;
    this.#host = host;
    this.#listeners = new Listeners(`task ${id}`, names, host.logger);
    this.#watched = {
      id,
      needsRecord: (type) => type === 'updated' && this.#listeners.has('updated'),
      heard: (event, record) => this.#heard(event, record),
      readBack: (record) => this.#readBack(record),
    };
  }

  /** It fails when an attempt takes longer. Default: it may take as long as it takes. @throws OptionError */
  withTimeout(ms: number): this {
    return this.#with({ timeout: positiveMs(numeric(ms, 'withTimeout'), 'withTimeout') });
  }

  /** No worker gets it before that: epoch ms, or a Date. One in the past is now. @throws OptionError */
  withDelayUntil(at: number | Date): this {
    return this.#with({ at: instant(at, 'withDelayUntil') });
  }

  /** How often it is tried again after a failure. Default 0. @throws OptionError */
  withRetries(retries: number): this {
    return this.#with({ attempts: wholeNumber(retries, 'withRetries', 0, 2 ** 31 - 2) + 1 });
  }

  /**
   * Hears of it wherever it runs; of its end also when it has ended already. A listener that throws harms nobody.
   *
   * @returns ends it
   * @throws OptionError for an event that there isn't
   */
  on<K extends keyof CommittedEvents>(event: K, listener: (value: CommittedEvents<TResult>[K]) => unknown): () => void {
    const outcome = this.#outcome;
    if (outcome !== null && outcome.type === event) {
      let isOn = true;
      this.#host.host.soon(() => {
        if (isOn) this.#listeners.tell(event, listener, outcome.value as CommittedEvents<TResult>[K]);
      });
      return () => {
        isOn = false;
      };
    }
    const off = this.#listeners.on(event, listener);
    if (this.#isCommitted) this.#watch();
    return off;
  }

  /**
   * Queues it. Resolves when it is stored; twice is one run, also if the first try failed.
   *
   * @throws ClosedError, StoreError, ValueError, TooLargeError: nothing may be stored then, and it may be committed again
   */
  commit(): Promise<this> {
    if (this.#committing === null) {
      const committing = this.#commit().catch((error: unknown) => {
        this.#committing = null;
        throw error;
      });
      this.#committing = committing;
      // Who listens for a failure hears of this one, and needn't also catch it.
      if (this.#listeners.has('failure'))
        committing.catch((error: unknown) => this.#listeners.emit('failure', asError(error)));
    }
    return this.#committing;
  }

  async #commit(): Promise<this> {
    if (!this.#listeners.isEmpty) {
      this.#startWatching();
      await this.#host.ready();
    }
    try {
      await this.#host.enqueue(this.data, { ...this.#options, idempotencyKey: this.#key });
    } catch (error) {
      this.#stopWatching();
      throw error;
    }
    this.#isCommitted = true;
    if (!this.#listeners.isEmpty) this.#watch();
    return this;
  }

  #with(options: EnqueueOptions): this {
    if (this.#committing !== null)
      throw new OptionError(`Task ${this.id} is committed already; say how it should run before commit().`);
    this.#options = { ...this.#options, ...options };
    return this;
  }

  /** From now on its end is waited for, once. */
  #watch(): void {
    if (this.#outcome !== null || this.#isAwaited) return;
    this.#isAwaited = true;
    this.#startWatching();
    this.#host
      .handle(this.id)
      .result()
      .then(
        (value) => this.#ended({ type: 'success', value }),
        (error: unknown) => {
          // Nobody hears it here any more; the task goes its way.
          if (error instanceof ClosedError) return this.#stopWatching();
          return this.#ended({ type: 'failure', value: failureOf(error) });
        },
      );
  }

  #startWatching(): void {
    if (this.#isWatched) return;
    this.#isWatched = true;
    this.#host.watch(this.#watched);
  }

  #stopWatching(): void {
    if (!this.#isWatched) return;
    this.#isWatched = false;
    this.#host.unwatch(this.#watched);
  }

  async #ended(outcome: Outcome<TResult>): Promise<void> {
    if (this.#listeners.has('queued', 'started', 'updated')) await this.#endHeard();
    this.#outcome = outcome;
    this.#stopWatching();
    if (outcome.type === 'success') this.#listeners.emit('success', outcome.value);
    else this.#listeners.emit('failure', outcome.value);
  }

  /** Resolves when all that came before the end has been told, or doesn't come. */
  #endHeard(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isEndHeard) return resolve();
      const cancelTimer = this.#host.host.timer(ORDER_WITHIN_MS, resolve);
      this.#onEndHeard = () => {
        cancelTimer();
        resolve();
      };
    });
  }

  #heard({ type, rev }: ClusterEvent, record: JobRecord | null): void {
    if (rev <= this.#rev) return;
    this.#rev = rev;
    this.#tell(type, record);
  }

  #readBack(record: JobRecord): void {
    if (record.rev === this.#rev) return;
    this.#rev = record.rev;
    if (record.state === 'pending') this.#tell('queued', record);
    else if (record.state === 'running') this.#tell(record.progress === null ? 'started' : 'updated', record);
    else this.#tell(record.state, record);
  }

  #tell(type: ClusterEvent['type'], record: JobRecord | null): void {
    if (this.#outcome !== null) return;
    if (type === 'queued') this.#listeners.emit('queued', undefined);
    else if (type === 'started') this.#listeners.emit('started', undefined);
    else if (type === 'updated') {
      if (this.#listeners.has('updated')) this.#listeners.emit('updated', progressOf(record));
    } else if (type !== 'suspended') {
      this.#isEndHeard = true;
      this.#onEndHeard?.();
    }
  }
}

function numeric(ms: unknown, what: string): number {
  if (typeof ms === 'number') return ms;
  throw new OptionError(`${what} is ${typeof ms}; give milliseconds as a number.`);
}

/** What the function threw, where it was that; else what says why there is no result. */
function failureOf(error: unknown): Error {
  return error instanceof JobFailedError && error.cause instanceof Error ? error.cause : asError(error);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
