/** Runs a task's function as a job: its context, its progress on the way to the store. */

import { encode } from '../core/codec/index.js';
import type { ClaimedJob } from '../core/job.js';
import type { Logger } from '../core/logger.js';
import { type AttemptControl, PROGRESS_LIMIT } from '../engine/index.js';
import {
  type AnyTask,
  type ContextEnqueue,
  type EnqueueOptions,
  type JobInfo,
  Run,
  type TaskLike,
  type TaskRef,
} from '../task/index.js';

/** Enqueues a child of the given job. */
export type EnqueueChild = (
  parent: ClaimedJob,
  task: TaskLike | TaskRef,
  input: unknown,
  options: EnqueueOptions | undefined,
) => Promise<{ readonly id: string; readonly isNew: boolean }>;

export class Running {
  readonly logger: Logger;
  readonly enqueueChild: EnqueueChild;

  constructor(logger: Logger, enqueueChild: EnqueueChild) {
    this.logger = logger;
    this.enqueueChild = enqueueChild;
  }

  /** Tells the attempt how it ended, once; never throws. */
  run(task: AnyTask, input: unknown, attempt: AttemptControl): void {
    if (task.runs.coalescing === null) new JobRun(task, attempt, this).start(input);
    // Only what `addAndScheduleTask` scheduled comes here: `enqueue` refuses such tasks.
    else task.runs.triggerFor(attempt, input, [attempt.signal]);
  }
}

class JobRun extends Run {
  readonly #attempt: AttemptControl;
  readonly #running: Running;

  constructor(task: AnyTask, attempt: AttemptControl, running: Running) {
    super(task.runs, null);
    this.#attempt = attempt;
    this.#running = running;
  }

  get signal(): AbortSignal {
    return this.#attempt.signal;
  }

  get attempt(): number {
    return this.#attempt.job.attempt;
  }

  get job(): JobInfo {
    return jobInfo(this.#attempt.job);
  }

  get log(): Logger {
    return marked(this.#running.logger, this.#attempt.job);
  }

  get enqueue(): ContextEnqueue {
    return (task, ...[input, options]) => this.#running.enqueueChild(this.#attempt.job, task, input, options);
  }

  /** The engine has done that. */
  protected get parse(): null {
    return null;
  }

  protected reportProgress(percent: number, step: string | null): void {
    const text = encode({ percent, step }, 'progress', PROGRESS_LIMIT) as string;
    this.#attempt.progress(text, percent, step);
  }

  protected returned(value: unknown): void {
    const failure = this.#attempt.returned(value);
    if (failure === null) this.noteReturn();
    else this.noteThrow(failure.error);
  }

  protected threw(error: unknown): void {
    this.noteThrow(error);
    this.#attempt.threw(error);
  }
}

function jobInfo(job: ClaimedJob): JobInfo {
  const { scheduleId, scheduleSlot, parentId } = job.rare ?? {};
  return {
    id: job.id,
    queue: job.queue,
    priority: job.priority,
    labels: job.labels ?? {},
    createdAt: job.createdAt,
    dueAt: job.dueAt,
    maxAttempts: job.maxAttempts ?? Infinity,
    schedule: scheduleId === undefined ? undefined : { id: scheduleId, slot: scheduleSlot as number },
    parentId,
  };
}

/** Every line says whose it is. */
function marked(logger: Logger, job: ClaimedJob): Logger {
  const details = (own: object | undefined): object => ({ job: job.id, task: job.task, attempt: job.attempt, ...own });
  return {
    debug: (message, own) => logger.debug(message, details(own)),
    info: (message, own) => logger.info(message, details(own)),
    warn: (message, own) => logger.warn(message, details(own)),
    error: (message, own) => logger.error(message, details(own)),
  };
}
