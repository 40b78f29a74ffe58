/**
 * Lets triggers take part in limits over the whole store.
 *
 * A trigger under a cluster-scope group is stood for by a job without input, its permit: of a queue that only this
 * process serves, under the group's keys. The store lets it in as it lets in any job with these keys; while the permit
 * runs, the trigger does, and they end together. If this process dies, the permit's lease ends, and its slots are free.
 */

import { ClosedError, JobCancelledError, JobGoneError } from '../../core/errors.js';
import type { Host } from '../../core/host.js';
import { partitionOf, withPartition } from '../../core/id.js';
import { type Keep, type NewJob, READER_VERSION, RECORD_VERSION } from '../../core/job.js';
import { type AttemptControl, Engine, type Registry, type Runnable } from '../../engine/index.js';
import type { Store, WorkerRecord } from '../../store/index.js';
import type { PermittedTurn } from './turns.js';

/** The task that permits name; nobody else's jobs are called so. */
const PERMIT = 'taskspan:permit';
/** Permits are kept as long as every record must be. */
const keep: Keep = { completedMs: 60_000, failedMs: 60_000, count: null };
/** Without triggers for so long, the process is no worker of the store any more. */
const LINGER_MS = 1_000;
/** A process has no more triggers running than this. */
const CONCURRENCY = 100_000;
/** What dead processes left is looked through in pieces. */
const SWEPT = 100;

export interface PermitParts {
  readonly store: Store;
  readonly host: Host;
  readonly leaseMs: number;
  /** For people. */
  readonly processName: string;
  /** The store is open, and knows the limits of all groups. */
  ready(): Promise<void>;
  onError(error: unknown): void;
}

/** Whether it only holds permits: such a worker runs no jobs. */
export function holdsPermitsOnly({ tasks }: WorkerRecord): boolean {
  return tasks.length === 1 && tasks[0] === PERMIT;
}

export class Permits implements Registry {
  readonly #parts: PermitParts;
  readonly #engine: Engine;
  /** By partition. They differ in the last digits, which say it. */
  readonly #queues: Map<number, string> = new Map();
  readonly #runnable: Runnable;
  readonly #waiting: Map<string, PermittedTurn> = new Map();
  /** Of those who wait, whose permits may be in the store. */
  readonly #asked: Set<string> = new Set();
  #held = 0;
  #starting: Promise<void> | null = null;
  #cancelRest: (() => void) | null = null;
  #cancelSweep: (() => void) | null = null;
  /** Where the next look at what dead processes left begins. */
  #sweptTo: string | null = null;
  #isClosed = false;

  constructor(parts: PermitParts) {
    const { store, host, leaseMs, processName } = parts;
    this.#parts = parts;
    this.#engine = new Engine({
      store,
      host,
      registry: this,
      options: {
        concurrency: CONCURRENCY,
        leaseMs,
        isWorking: true,
        hasPrefetch: false,
        isGuest: true,
        workerName: `${processName} (triggers)`,
      },
      onWaiting: () => {},
    });
    this.#engine.emitter.on('error', ({ error }) => parts.onError(error));
    this.#queues.set(0, `${PERMIT}:${this.#engine.newId(host.now(), 0)}`);
    this.#runnable = {
      name: PERMIT,
      queue: this.#queueIn(0),
      retry: { maxAttempts: null, delayMs: () => 0 },
      timeoutMs: null,
      graceMs: 5_000,
      keep,
      parse: null,
      run: (_input, control) => this.#granted(control),
    };
  }

  /** Calls `turn.granted` when the store lets it in, or `turn.refuse` if it never will. */
  async ask(turn: PermittedTurn, keys: readonly string[], priority: number): Promise<void> {
    const { host, store } = this.#parts;
    let id = this.#engine.newId(host.now(), 0);
    this.#waiting.set(id, turn);
    try {
      await this.#start();
      const partition = (await store.partitions?.home(turn.queue, keys)) ?? 0;
      // Refused while the store opened: it needs no permit.
      if (!this.#waiting.has(id)) return;
      if (partition > 0) {
        this.#waiting.delete(id);
        id = this.#engine.newId(host.now(), partition);
        this.#waiting.set(id, turn);
      }
      this.#asked.add(id);
      const { answers } = this.#engine.insert(permitJob(id, this.#queueIn(partition), turn.taskName, keys, priority));
      await answers;
      await this.#engine.result(id, {});
      // It ended before it was let in: somebody cancelled it.
      this.#refuse(id, new JobCancelledError(id, 'the permit that a trigger waited for was cancelled'));
    } catch (error) {
      // We stood still for so long that others took us for dead, and removed it.
      if (error instanceof JobGoneError && this.#waiting.delete(id)) return this.ask(turn, keys, priority);
      this.#refuse(id, error);
    } finally {
      this.#asked.delete(id);
    }
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** The permits that triggers of the task wait for, the oldest first. */
  waitingFor(taskName: string): readonly string[] {
    return [...this.#waiting].filter(([, turn]) => turn.taskName === taskName).map(([id]) => id);
  }

  /** Nobody waits any more. */
  refuseAll(error: unknown): void {
    const refused = [...this.#waiting.keys()];
    const ids = refused.filter((id) => this.#asked.has(id));
    for (const id of refused) this.#refuse(id, error);
    if (ids.length > 0) this.#engine.control('cancel', { ids }, ids.length).catch(this.#parts.onError);
  }

  async close(timeoutMs: number): Promise<void> {
    this.#isClosed = true;
    this.#cancelRest?.();
    this.#cancelSweep?.();
    await this.#starting?.catch(() => {});
    await this.#engine.close(timeoutMs);
  }

  // What its engine asks

  find(task: string): Runnable | undefined {
    return task === PERMIT ? this.#runnable : undefined;
  }

  queues(): readonly string[] {
    return [...this.#queues.values()];
  }

  names(): readonly string[] {
    return [PERMIT];
  }

  missingKeys(): null {
    return null;
  }

  needsLeave(): boolean {
    return false;
  }

  leave(): Promise<null> {
    return Promise.resolve(null);
  }

  #queueIn(partition: number): string {
    let queue = this.#queues.get(partition);
    if (queue === undefined) {
      queue = withPartition(this.#queueIn(0), partition);
      this.#queues.set(partition, queue);
    }
    return queue;
  }

  #granted(control: AttemptControl): void {
    const turn = this.#waiting.get(control.job.id);
    // Its trigger was refused meanwhile, or had run when the lease was lost.
    if (turn === undefined) return control.skipped();
    this.#waiting.delete(control.job.id);
    this.#held += 1;
    turn.granted({
      signal: control.signal,
      giveBack: (hasRun) => {
        this.#held -= 1;
        if (hasRun) control.returned(undefined);
        else control.skipped();
        this.#restLater();
      },
    });
  }

  #refuse(id: string, error: unknown): void {
    const turn = this.#waiting.get(id);
    if (turn === undefined) return;
    this.#waiting.delete(id);
    turn.refuse(error);
    this.#restLater();
  }

  #start(): Promise<void> {
    this.#cancelRest?.();
    this.#cancelRest = null;
    this.#starting ??= this.#startEngine();
    return this.#starting;
  }

  async #startEngine(): Promise<void> {
    try {
      await this.#parts.ready();
      if (this.#isClosed) throw new ClosedError('trigger a task');
      await this.#engine.start();
      this.#sweepRegularly();
    } catch (error) {
      this.#starting = null;
      throw error;
    }
  }

  /** An idle process is no worker, and may end. */
  #restLater(): void {
    if (this.#waiting.size > 0 || this.#held > 0 || this.#isClosed) return;
    this.#cancelRest?.();
    this.#cancelRest = this.#parts.host.timer(LINGER_MS, () => {
      this.#starting = null;
      this.#cancelSweep?.();
      this.#engine.stop().catch(this.#parts.onError);
    });
  }

  /** Frees what dead processes held, for there may be no leader: neither of us needs to be started for a trigger. */
  #sweepRegularly(): void {
    this.#cancelSweep = this.#parts.host.timer(this.#parts.leaseMs, () => {
      this.#sweep().catch(this.#parts.onError);
      this.#sweepRegularly();
    });
  }

  async #sweep(): Promise<void> {
    const { store } = this.#parts;
    await store.maintain({ term: null, limit: SWEPT });
    const { jobs, cursor } = await store.list({ task: PERMIT, states: ['pending'] }, this.#sweptTo, SWEPT);
    this.#sweptTo = cursor;
    // A queue in another partition may be newer than what its worker last said of itself.
    const whose = (queue: string): string => withPartition(queue, 0);
    const served = new Set((await store.workers()).flatMap(({ queues }) => queues.map(whose)));
    served.add(this.#queueIn(0));
    const ids = jobs.filter(({ queue }) => !served.has(whose(queue))).map(({ id }) => id);
    if (ids.length > 0) await store.control('delete', { ids }, ids.length);
  }
}

function permitJob(id: string, queue: string, task: string, keys: readonly string[], priority: number): NewJob {
  return {
    id,
    partition: partitionOf(id),
    recordVersion: RECORD_VERSION,
    minReader: READER_VERSION,
    task: PERMIT,
    queue,
    input: null,
    delayMs: 0,
    dueAt: null,
    priority,
    maxAttempts: null,
    labels: task === '' ? null : { task },
    keys,
    unique: null,
    digest: null,
    rare: { keep },
  };
}
