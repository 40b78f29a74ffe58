/** A worker of a `DefaultTaskManager`: takes tasks, and calls its function with them. */

import type { Duration } from '../core/duration.js';
import { ClosedError, OptionError } from '../core/errors.js';
import type { Host } from '../core/host.js';
import type { Logger } from '../core/logger.js';
import { TaskManager } from '../manager/index.js';
import type { Store } from '../store/index.js';
import { type TaskContext, task } from '../task/index.js';
import { QUEUE, TASK } from './settings.js';

/** A task, as the worker's function gets it. */
export interface ReceivedTask<TData = unknown> {
  /** The id that it has for whoever created it. */
  readonly id: string;
  /** Its payload. */
  readonly data: TData;
}

/** What it returns is the task's result; what it throws, its failure. */
export type WorkerFunction<TData = unknown, TResult = unknown> = (
  task: ReceivedTask<TData>,
  ctx: TaskContext,
) => TResult | PromiseLike<TResult>;

/** What `process` resolves with. */
export interface TaskWorker {
  /** Nobody else's in the cluster. */
  readonly id: string;
  /**
   * Takes no more tasks and waits for what runs, at most `timeout` (default 10 s); then gives it back, at no attempt.
   * The manager and its other workers go on. Twice is once.
   */
  close(options?: { readonly timeout?: Duration | undefined }): Promise<void>;
}

export interface WorkerParts {
  readonly fn: WorkerFunction<never>;
  readonly store: Store;
  readonly host: Host;
  readonly logger: Logger;
  readonly concurrency: number;
  readonly leaseMs: number | undefined;
  readonly onClosed: (worker: OwnWorker) => void;
}

/** A manager of its own that does nothing else, so that it claims, counts and dies by itself. */
export class OwnWorker implements TaskWorker {
  readonly id: string;
  readonly #manager: TaskManager;
  readonly #parts: WorkerParts;
  #closing: Promise<void> | null = null;

  /** @throws OptionError */
  constructor(parts: WorkerParts) {
    const { fn, store, host, logger, concurrency, leaseMs } = parts;
    if (typeof fn !== 'function') throw new OptionError(`process was given ${typeof fn}; give it a function.`);
    const received = task(TASK, (data: unknown, ctx) => fn({ id: ctx.job?.id as string, data: data as never }, ctx), {
      queue: QUEUE,
      // The document has the task fail when its time is up; its functions can't know that they should stop.
      grace: 0,
    });
    this.#parts = parts;
    this.#manager = new TaskManager({ store, host, logger, concurrency, leaseMs, tasks: [received], lead: false });
    this.id = this.#manager.id;
  }

  /** @throws StoreError if the server can't be reached */
  async open(): Promise<void> {
    await this.#manager.workers();
  }

  /**
   * The function isn't called before whoever awaits the worker has it: the document's own does `worker.id`, which
   * would be an error before that.
   */
  startSoon(): void {
    const { host, logger } = this.#parts;
    host.soon(() => {
      this.#manager.start().catch((error: unknown) => {
        if (!(error instanceof ClosedError)) logger.error('taskspan: a worker could not be started', { error });
      });
    });
  }

  close(options: { readonly timeout?: Duration | undefined } = {}): Promise<void> {
    this.#closing ??= this.#manager.close(options).finally(() => this.#parts.onClosed(this));
    return this.#closing;
  }
}
