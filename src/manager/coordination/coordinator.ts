/** What decides, of several processes that each fire their own schedules, which one runs. */

/** One attempt of a scheduled job, as its coordinator hears of it: `distributedCoordination.IDistributedTaskRequest`. */
export interface IDistributedTaskRequest {
  /** Of the manager that asks: another at each start of its process. */
  readonly submitterId: string;
  /** Of this attempt. All that is told of it has the same. */
  readonly requestResponseId: string;
  /** Whose job it is. */
  readonly taskName: string;
  /** Of the task when it was scheduled; empty if it has none. */
  readonly taskVersion: string;
  /** The slot, epoch ms: the same in all processes whose schedule has the same `cron` or `at`, and in every attempt. */
  readonly taskExecutionTime: number;
  /** How long the run may take, ms; 0 if it has no time-out. */
  readonly taskExecutionTimeout: number;
  /** How many processes may run it: 1. */
  readonly taskExecutionParallel: number;
  /** `failed`: it did not complete, whatever becomes of the job; if it is tried again, that is another request. */
  readonly status: 'requesting' | 'gotRejected' | 'failed' | 'succeeded';
}

/** What a coordinator answers: `distributedCoordination.IDistributedTaskRequestResult`. */
export interface IDistributedTaskRequestResult {
  /** The request's. */
  readonly submitterId: string;
  /** The request's. */
  readonly requestResponseId: string;
  /** Whether the coordinator could judge at all. For people. */
  readonly considered: boolean;
  /** The elected one has 1. For people. */
  readonly rank: number;
  /** For people. */
  readonly reason: string;
  /** Whether to run it here. If not, the job completes as skipped. */
  readonly shouldTrigger: boolean;
}

/**
 * Asked before each scheduled run; never for what was triggered or enqueued by hand.
 *
 * Managers that share one durable store need none: there a slot makes one job, however many processes run. It is for
 * processes with a store each, most often in memory, that all have the same schedules.
 *
 * @example
 * class RedisCoordinator extends distributedCoordination.AbstractDistributedCoordinator { … }
 * const manager = new TaskManager({ distributedCoordinator: new RedisCoordinator(), tasks });
 */
export abstract class AbstractDistributedCoordinator {
  /**
   * May this attempt run here? Asked right before it, before it waits for constraint groups of its process. Status
   * `requesting`.
   *
   * If it rejects, the attempt fails and is retried as its task says. The job waits for the answer, so give up in time.
   */
  abstract fireDistributedTaskRequest(request: IDistributedTaskRequest): Promise<IDistributedTaskRequestResult>;

  /**
   * What became of it: `gotRejected`, `succeeded` or `failed`. May be called after `stop()`, by runs that end later.
   *
   * If it rejects, that is an `error` event of the manager and harms nothing.
   */
  abstract updateDistributedTaskRequest(request: IDistributedTaskRequest): Promise<void>;

  /** Before any schedule fires. If it rejects, so does `manager.start()`. */
  abstract start(): Promise<void>;

  /** Once for each `start`, by `manager.stop()` and `manager.close()`. */
  abstract stop(): Promise<void>;
}
