/** Calls a task's function as a job: makes its context, waits for its setup. */

import { encode } from '../core/codec/index.js';
import type { ClaimedJob } from '../core/job.js';
import type { Logger } from '../core/logger.js';
import { type AttemptControl, PROGRESS_LIMIT } from '../engine/index.js';
import {
  type AnyTask,
  type ContextEnqueue,
  type EnqueueOptions,
  type JobInfo,
  RunProgress,
  type TaskContext,
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
  readonly #logger: Logger;
  readonly #enqueueChild: EnqueueChild;

  constructor(logger: Logger, enqueueChild: EnqueueChild) {
    this.#logger = logger;
    this.#enqueueChild = enqueueChild;
  }

  run(task: AnyTask, input: unknown, control: AttemptControl): unknown {
    const setup: unknown = task.setupValue();
    return setup instanceof Promise
      ? setup.then((value) => this.#call(task, input, control, value))
      : this.#call(task, input, control, setup);
  }

  #call(task: AnyTask, input: unknown, control: AttemptControl, setup: unknown): unknown {
    return task.run(input, new Context(task, control, setup, this.#logger, this.#enqueueChild) as TaskContext);
  }
}

/** Its parts are made when first asked for: most functions look at none of them. */
class Context implements TaskContext<string> {
  readonly setup: unknown;
  readonly #task: AnyTask;
  readonly #control: AttemptControl;
  readonly #logger: Logger;
  readonly #enqueueChild: EnqueueChild;
  #runProgress: RunProgress | undefined;

  constructor(task: AnyTask, control: AttemptControl, setup: unknown, logger: Logger, enqueueChild: EnqueueChild) {
    this.setup = setup;
    this.#task = task;
    this.#control = control;
    this.#logger = logger;
    this.#enqueueChild = enqueueChild;
  }

  get signal(): AbortSignal {
    return this.#control.signal;
  }

  get attempt(): number {
    return this.#control.job.attempt;
  }

  get job(): JobInfo {
    return jobInfo(this.#control.job);
  }

  get log(): Logger {
    return marked(this.#logger, this.#control.job);
  }

  // Functions that are got, not methods, so that `const { progress } = ctx` works.
  get progress(): (percent: number) => void {
    return (percent) => {
      this.#steps().set(percent);
      this.#report();
    };
  }

  get notifyStep(): (name: string) => void {
    return (name) => {
      this.#steps().begin(name);
      this.#report();
    };
  }

  get enqueue(): ContextEnqueue {
    return (task, ...[input, options]) => this.#enqueueChild(this.#control.job, task, input, options);
  }

  #steps(): RunProgress {
    this.#runProgress ??= new RunProgress(this.#task.name, this.#task.steps);
    return this.#runProgress;
  }

  #report(): void {
    const { percent, step } = this.#steps();
    const text = encode({ percent, step }, 'progress', PROGRESS_LIMIT) as string;
    this.#control.progress(text, percent, step);
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
