/// <reference lib="esnext.disposable" preserve="true" />
/** A manager on a virtual clock, and what a test asks of it. */

import { type Duration, durationMs } from '../core/duration.js';
import type { Host } from '../core/host.js';
import { isTerminal, type JobState } from '../core/job.js';
import { checkOptions } from '../core/options.js';
import type { JobHandle, JobSnapshot, TaskConstraintGroup, TaskManager, TaskManagerOptions } from '../manager/index.js';
import type { Store } from '../store/index.js';
import { memory } from '../stores/memory/index.js';
import type { AnyTask, InputOf, OutputOf, TaskRef } from '../task/index.js';
import { type ExpectOptions, expectEnqueued } from './expecting.js';
import { InlineManager } from './inline-manager.js';
import type { PartOf } from './matching.js';
import { MOST_RUNS, Runs } from './runs.js';
import { TestClock } from './test-clock.js';
import { VirtualTime } from './virtual-time.js';

/** The engine lets ends wait for company so long, by its own clock. */
const COMPANY_MS = 10;
/** Turns after which it looks whether there is an end. */
const TURNS = 500;
const DAY_MS = 86_400_000;

/** What `testing()` takes: what a manager does, but for clock and store, which it makes itself. */
export interface TestingOptions extends Omit<TaskManagerOptions, 'store' | 'host'> {
  /** Added as by `addConstraintGroup`. Default: none. */
  readonly groups?: Iterable<TaskConstraintGroup> | undefined;
  /** Epoch ms, or a Date, at which the clock begins. Default 2030-01-01T00:00:00Z. */
  readonly startAt?: Date | number | undefined;
  /** Of all chance, such as the jitter of a backoff. Default 1. */
  readonly seed?: number | undefined;
  /** Makes the store on the test's clock: `(clock) => sqlite({ path, clock })`. Default: a memory store. */
  readonly store?: ((clock: () => number) => Store) | undefined;
  /** Real time that `drain` and `waitFor` wait for functions that wait for something real. Default 1 s. */
  readonly patience?: Duration | undefined;
}

/** What `drain` takes. */
export interface DrainOptions {
  /** Also what is due later: the clock is moved as far as that needs. Default false. */
  readonly includeDelayed?: boolean | undefined;
  /** How far the clock may be moved. Default 1 day. */
  readonly limit?: Duration | undefined;
}

/** A manager on a virtual clock, and what a test asks of it. Its functions may be taken out of it. */
export interface Testing {
  /**
   * Enqueues as always, and runs nothing until the test drains, advances, waits, or asks a handle for its `result()`,
   * which lets run what is due. It is started by then.
   */
  readonly manager: TaskManager;
  /** Time, which stands still until the test moves it. */
  readonly clock: TestClock;
  /** The manager's, for a second manager beside it. */
  readonly store: Store;
  /** The manager's, for a second manager beside it. */
  readonly host: Host;
  /**
   * Runs all that is due, and what that makes due, without moving the clock (but for a few ms that the engine itself
   * may need). A function that sleeps by `clock.sleep` is left sleeping; for one that waits for something real, such
   * as a file, it waits. Jobs whose task no manager has are left, as are jobs that wait for time.
   *
   * With `includeDelayed` it moves the clock, and ends when no job waits or runs any more.
   *
   * @throws Error that names what is left, if a function doesn't end, the limit is reached, or there is no end of jobs
   */
  readonly drain: (options?: DrainOptions) => Promise<void>;
  /**
   * From now on `enqueue` and `enqueueMany` resolve when what is due has run, as if `drain()` followed. Within a job
   * they don't wait; the job's children run after it.
   */
  readonly runInline: () => void;
  /**
   * The jobs of the task whose input contains `match` (or for which it answers true), whatever became of them, oldest
   * first. Runs nothing.
   *
   * @throws Error that lists the task's jobs, or what was enqueued instead, if there is none, or if there are not `times`
   */
  readonly expectEnqueued: ExpectEnqueued;
  /**
   * Moves the clock until the job is in that state, and answers it as it is then. `within` (default 1 day) says how far.
   *
   * @throws Error that says why the job isn't: how it ended instead, or what it waits for
   */
  readonly waitFor: WaitFor;
  /** Closes manager and store. What still runs is asked to stop by its signal, without waiting. */
  readonly close: () => Promise<void>;
  /** Closes it, as `close` does. */
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** What `expectEnqueued` is. */
export interface ExpectEnqueued {
  /** At least one, so the first is there. */
  <TTask extends AnyTask | TaskRef>(
    task: TTask,
    match?: PartOf<InputOf<TTask>> | ((input: InputOf<TTask>) => boolean),
  ): Promise<JobsFound<TTask>>;
  /** Exactly so many; 0 for none. */
  <TTask extends AnyTask | TaskRef>(
    task: TTask,
    match: PartOf<InputOf<TTask>> | ((input: InputOf<TTask>) => boolean) | undefined,
    options: ExpectOptions,
  ): Promise<JobSnapshot<InputOf<TTask>, OutputOf<TTask>>[]>;
}

/** Jobs of a task: one, and others that there may be. */
export type JobsFound<TTask extends AnyTask | TaskRef> = [
  JobSnapshot<InputOf<TTask>, OutputOf<TTask>>,
  ...JobSnapshot<InputOf<TTask>, OutputOf<TTask>>[],
];

/** What `waitFor` is. */
export type WaitFor = <TOutput = unknown>(
  job: string | JobHandle<TOutput>,
  state: JobState,
  options?: { readonly within?: Duration | undefined },
) => Promise<JobSnapshot<unknown, TOutput>>;

/**
 * A manager on a virtual clock, for tests. Nothing runs until the test says so, and hours take milliseconds.
 *
 * @example
 * await using t = testing({ tasks: [mail] });
 * const job = await t.manager.enqueue(mail, { to: 'ada@example.com' }, { in: '1h' });
 * await t.clock.advance('1h');
 * @throws OptionError
 */
export function testing(options: TestingOptions = {}): Testing {
  const bed = new TestBed(options);
  const { manager, clock, store } = bed;
  const close = (): Promise<void> => bed.close();
  return {
    manager,
    clock,
    store,
    host: bed.time.host,
    drain: (own) => bed.drain(own),
    runInline: () => bed.runInline(),
    expectEnqueued: ((task, match, own) => expectEnqueued(manager, task, match, own)) as ExpectEnqueued,
    waitFor: ((job, state, own) => bed.waitFor(job, state, own)) as WaitFor,
    close,
    [Symbol.asyncDispose]: close,
  };
}

class TestBed {
  readonly manager: InlineManager;
  readonly clock: TestClock;
  readonly store: Store;
  readonly time: VirtualTime;
  readonly #runs: Runs;
  readonly #patienceMs: number;
  #isDraining = false;

  constructor({ groups, startAt, seed, store, patience, ...own }: TestingOptions) {
    this.#patienceMs = durationMs(patience ?? 1_000, 'patience');
    this.time = new VirtualTime({ startAt: startAt === undefined ? undefined : Number(startAt), seed });
    this.store = store?.(this.time.clock) ?? memory({ clock: this.time.clock });
    this.manager = new InlineManager({ ...own, store: this.store, host: this.time.host });
    for (const group of groups ?? []) this.manager.addConstraintGroup(group);
    this.clock = new TestClock(this.time, () => this.manager.start());
    this.manager.onResultAsked = async () => {
      await this.manager.start();
      await this.time.settle();
    };
    this.#runs = new Runs(this.manager, () => this.clock.sleepers);
  }

  runInline(): void {
    this.manager.afterEnqueue = async () => {
      if (!this.#isDraining) await this.drain();
    };
  }

  async drain(options: DrainOptions = {}): Promise<void> {
    checkOptions('drain', options, ['includeDelayed', 'limit']);
    const until = this.time.now + durationMs(options.limit ?? DAY_MS, 'limit');
    this.#isDraining = true;
    this.#runs.forgive();
    try {
      await this.manager.start();
      await this.#drainDue();
      if (options.includeDelayed !== true) return this.#checkNoneStuck();
      const before = this.#runs.total;
      while ((await this.#unfinished()) > 0) {
        if (!(await this.#step(until))) throw await this.#leftError(options.limit ?? '1d');
        if (this.#runs.total - before > MOST_RUNS) throw this.#endlessError();
        await this.#waitForReal();
      }
    } finally {
      this.#isDraining = false;
    }
  }

  async waitFor(
    job: string | JobHandle,
    state: JobState,
    options: { readonly within?: Duration | undefined } = {},
  ): Promise<JobSnapshot> {
    const id = typeof job === 'string' ? job : job.id;
    const within = options.within ?? '1d';
    const until = this.time.now + durationMs(within, 'within');
    await this.manager.start();
    for (;;) {
      await this.time.settle();
      const found = await this.manager.get(id);
      if (found === undefined) throw new Error(`Job ${id} is not ${state}: it is not in the store.`);
      if (found.state === state) return found;
      if (isTerminal(found.state)) throw new Error(`It can't become ${state}. ${await this.#why(id)}`);
      if (this.#runs.isBusy) await this.#waitForReal();
      else if (!(await this.#step(until)))
        throw new Error(`The clock was moved by ${shown(within)}, and the job isn't ${state}. ${await this.#why(id)}`);
    }
  }

  async close(): Promise<void> {
    let isClosed = false;
    const closing = this.manager.close({ timeout: 0 }).finally(() => {
      isClosed = true;
    });
    closing.catch(() => {});
    // What it waits for is virtual, too.
    for (let i = 0; i < 100 && !isClosed; i++) await this.time.advance(100);
    await closing;
  }

  /** All that needs no time. */
  async #drainDue(): Promise<void> {
    const before = this.#runs.total;
    for (let seen = -1; seen !== this.#runs.total; ) {
      seen = this.#runs.total;
      await this.#waitForReal();
      const { running } = await this.manager.count({ state: 'running' });
      if (running > this.#runs.running.length && seen === this.#runs.total) await this.time.advance(COMPANY_MS);
      if (this.#runs.total - before > MOST_RUNS) throw this.#endlessError();
    }
  }

  async #waitForReal(): Promise<void> {
    await this.#runs.waitForReal(this.#patienceMs, () => this.time.settle(TURNS));
  }

  /** To the next timer. False if there is none until then. */
  async #step(until: number): Promise<boolean> {
    const ms = this.time.nextTimerIn;
    if (ms === undefined || this.time.now + ms > until) return false;
    await this.time.advance(ms);
    return true;
  }

  /** Jobs that wait or run, those apart that nobody here can run. */
  async #unfinished(): Promise<number> {
    const queues = new Set((await this.store.workers()).flatMap((worker) => worker.queues));
    let unfinished = 0;
    for (const queue of queues) {
      const { pending, orphaned, running } = await this.manager.count({ queue });
      unfinished += pending - orphaned + running;
    }
    return unfinished;
  }

  #checkNoneStuck(): void {
    const { stuck } = this.#runs;
    if (stuck.length === 0) return;
    const names = stuck.map(({ id, task }) => `'${task}' (job ${id})`).join(', ');
    throw new Error(
      `drain: still running after ${this.#patienceMs} ms of real time: ${names}. What should take virtual time waits with clock.sleep(); what hangs until its time-out needs drain({ includeDelayed: true }) or clock.advance(); what is slow needs testing({ patience }).`,
    );
  }

  async #leftError(limit: Duration): Promise<Error> {
    const left: string[] = [];
    for await (const { id } of this.manager.list({ state: ['pending', 'running'] })) {
      if (left.length === 10) {
        left.push('… and more.');
        break;
      }
      left.push(`- ${await this.#why(id)}`);
    }
    return new Error(
      `drain moved the clock by ${shown(limit)}, and these jobs have not ended:\n${left.join('\n')}\nGive it a longer limit: drain({ includeDelayed: true, limit: '30d' }).`,
    );
  }

  #endlessError(): Error {
    const most = [...this.#runs.started].sort(([, a], [, b]) => b - a).slice(0, 3);
    const tasks = most.map(([task, times]) => `'${task}' ${times} times`).join(', ');
    return new Error(
      `drain has run more than ${MOST_RUNS} jobs, and there are still more (${tasks}). A task that enqueues itself again and again has no end: move the clock by hand.`,
    );
  }

  async #why(id: string): Promise<string> {
    return (await this.manager.explain(id)).summary;
  }
}

function shown(duration: Duration): string {
  return typeof duration === 'number' ? `${duration} ms` : duration;
}
