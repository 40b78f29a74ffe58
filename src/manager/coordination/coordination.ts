/** Between a manager and its coordinator: asks before scheduled runs, and tells what became of them. */

import { OptionError, TimeoutError } from '../../core/errors.js';
import { type Host, longTimer } from '../../core/host.js';
import { idGenerator } from '../../core/id.js';
import type { ClaimedJob } from '../../core/job.js';
import type { Leave, Runnable } from '../../engine/index.js';
import type {
  AbstractDistributedCoordinator,
  IDistributedTaskRequest,
  IDistributedTaskRequestResult,
} from './coordinator.js';
import { Switch } from './switch.js';

const verbs: readonly (keyof AbstractDistributedCoordinator)[] = [
  'fireDistributedTaskRequest',
  'updateDistributedTaskRequest',
  'start',
  'stop',
];

export class Coordination {
  readonly #coordinator: AbstractDistributedCoordinator;
  readonly #host: Host;
  readonly #onError: (error: unknown, during: string) => void;
  readonly #newId: () => string;
  readonly #submitterId: string;
  readonly #switch: Switch;
  /** Updates under way. */
  readonly #telling: Set<Promise<void>> = new Set();
  #isClosed = false;

  /** @throws OptionError */
  constructor(
    coordinator: AbstractDistributedCoordinator,
    host: Host,
    onError: (error: unknown, during: string) => void,
  ) {
    check(coordinator);
    const newId = idGenerator(host.random32);
    this.#coordinator = coordinator;
    this.#host = host;
    this.#onError = onError;
    this.#newId = () => newId(host.now(), 0);
    this.#submitterId = this.#newId();
    this.#switch = new Switch(
      async () => coordinator.start(),
      async () => {
        // It may close its connection, and these need it.
        await Promise.all(this.#telling);
        await coordinator.stop();
      },
    );
  }

  /** Starts the coordinator, unless it is started. */
  async start(): Promise<void> {
    if (!this.#isClosed) await this.#switch.on();
  }

  stop(): Promise<void> {
    return this.#switch.off();
  }

  /** Final; waits for the coordinator no longer than this. */
  close(timeoutMs: number): Promise<void> {
    this.#isClosed = true;
    return new Promise((resolve, reject) => {
      const cancelTimer = longTimer(this.#host, timeoutMs, () => {
        const error = new TimeoutError(
          `The distributedCoordinator was not stopped within ${timeoutMs} ms; left behind.`,
        );
        this.#onError(error, 'stopping the coordinator');
        resolve();
      });
      this.#switch.off().then(resolve, reject).finally(cancelTimer);
    });
  }

  /** Whether a slot of a schedule made it, rather than somebody by hand. */
  concerns(job: ClaimedJob): boolean {
    return job.rare?.scheduleVersion !== undefined;
  }

  /**
   * Asks for one attempt; null if it is to be skipped. Rejects with what the coordinator throws, and what `enter` does.
   *
   * @param enter lets it wait for its turn in this process, once it may run here
   */
  async leave(runnable: Runnable, job: ClaimedJob, enter: () => Promise<Leave | null>): Promise<Leave | null> {
    const request = this.#request(runnable, job);
    const answer = await this.#coordinator.fireDistributedTaskRequest(request);
    if (!mayRun(answer, runnable.name)) {
      this.#tell(request, 'gotRejected');
      return null;
    }
    let leave: Leave | null;
    try {
      leave = await enter();
    } catch (error) {
      this.#tell(request, 'failed');
      throw error;
    }
    if (leave === null) {
      this.#tell(request, 'succeeded');
      return null;
    }
    const entered = leave;
    return {
      run: (call) => entered.run(call),
      end: (hasRun, transition) => {
        entered.end(hasRun, transition);
        this.#tell(request, transition?.to === 'completed' ? 'succeeded' : 'failed');
      },
    };
  }

  #request({ name, timeoutMs }: Runnable, { rare, dueAt }: ClaimedJob): IDistributedTaskRequest {
    return {
      submitterId: this.#submitterId,
      requestResponseId: this.#newId(),
      taskName: name,
      taskVersion: String(rare?.taskVersion ?? ''),
      taskExecutionTime: rare?.scheduleSlot ?? dueAt,
      taskExecutionTimeout: timeoutMs ?? 0,
      taskExecutionParallel: 1,
      status: 'requesting',
    };
  }

  /** Nobody waits for it but `stop`. */
  #tell(request: IDistributedTaskRequest, status: IDistributedTaskRequest['status']): void {
    const told: Promise<void> = this.#update({ ...request, status }).finally(() => this.#telling.delete(told));
    this.#telling.add(told);
  }

  async #update(request: IDistributedTaskRequest): Promise<void> {
    try {
      await this.#coordinator.updateDistributedTaskRequest(request);
    } catch (error) {
      this.#onError(error, `telling the coordinator that task '${request.taskName}' ${saidOf[request.status]}`);
    }
  }
}

const saidOf: Readonly<Record<IDistributedTaskRequest['status'], string>> = {
  requesting: 'asks',
  gotRejected: 'was skipped',
  succeeded: 'succeeded',
  failed: 'failed',
};

/** @throws OptionError */
function check(coordinator: unknown): void {
  const given = coordinator as Partial<Record<string, unknown>> | null;
  if (typeof given !== 'object' || given === null)
    throw new OptionError(
      `distributedCoordinator is ${String(given)}; give an object of a class that extends distributedCoordination.AbstractDistributedCoordinator.`,
    );
  const missing = verbs.filter((verb) => typeof given[verb] !== 'function');
  if (missing.length > 0)
    throw new OptionError(
      `distributedCoordinator lacks ${missing.map((verb) => `${verb}()`).join(', ')}; it has to have all that distributedCoordination.AbstractDistributedCoordinator declares.`,
    );
}

/** @throws OptionError for an answer that is none: to skip a run by mistake would be worse than to fail it */
function mayRun(answer: IDistributedTaskRequestResult | undefined, task: string): boolean {
  const shouldTrigger: unknown = answer?.shouldTrigger;
  if (typeof shouldTrigger === 'boolean') return shouldTrigger;
  throw new OptionError(
    `The distributedCoordinator answered ${String(shouldTrigger)} as shouldTrigger for task '${task}'; it has to be true or false.`,
  );
}
