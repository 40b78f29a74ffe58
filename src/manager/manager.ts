/** What a process holds: its tasks, its constraint groups, and the engine over one store. */

import { ClosedError, OptionError, StoreError, UnknownTaskError } from '../core/errors.js';
import { type Duration, durationMs } from '../core/duration.js';
import type { ClaimedJob, Rare } from '../core/job.js';
import { digest } from '../core/digest.js';
import { encode } from '../core/codec/index.js';
import type { Logger } from '../core/logger.js';
import { checkOptions, nearest, nonEmptyString, wholeNumber } from '../core/options.js';
import { noLimits } from '../core/constraint.js';
import { recurrence } from '../core/recurrence/index.js';
import { Engine, type EngineEvents, type Host, INPUT_LIMIT, timers } from '../engine/index.js';
import type { Counts, InsertAnswer, Store, WorkerRecord } from '../store/index.js';
import { type AnyTask, parseWith, Task } from '../task/index.js';
import { openStore, processName } from '#drivers';
import type { TaskConstraintGroup } from './constraint-group.js';
import { settleAnswer } from './conflicts.js';
import { type Explanation, explain } from './explain.js';
import { JobHandle } from './handle.js';
import { type JobSource, newJob } from './new-job.js';
import { actOnAll, actOnOne, filterOf, listJobs } from './querying.js';
import { TaskRegistry } from './registry.js';
import { Running } from './running.js';
import { type ScheduleInfo, scheduleDefinition, scheduleInfo, taskScheduleId, taskScheduleOptions } from './scheduling.js';
import type { JobSnapshot } from './snapshot.js';
import {
  type EnqueueOptions,
  type InputArgs,
  type InputOf,
  type JobQuery,
  enqueueManyOptionNames,
  managerOptionNames,
  type OutputOf,
  type ScheduleOptions,
  type TaskManagerOptions,
  type TaskRef,
} from './types.js';

const DEFAULT_CONCURRENCY = 10;
const DEFAULT_LEASE_MS = 30_000;
const DEFAULT_CLOSE_MS = 10_000;
/** A result that is waited for longer than this without any worker is worth a warning. */
const LONELY_AFTER_MS = 1_000;

/** Warnings and errors are for people even where no logger was given. */
const consoleLogger: Logger = {
  debug() {},
  info() {},
  warn: (message, details) => (details === undefined ? console.warn(message) : console.warn(message, details)),
  error: (message, details) => (details === undefined ? console.error(message) : console.error(message, details)),
};

/**
 * @example
 * const manager = new TaskManager({ store: 'sqlite:./tasks.db', tasks: [resize] });
 * await manager.start();
 * const job = await manager.enqueue(resize, { path: 'a.png', width: 200 });
 */
export class TaskManager<in TTx = never> {
  /** Never there: keeps the type of the store's transactions, for stores that have them. */
  declare readonly transactionType?: (transaction: TTx) => void;
  readonly #logger: Logger;
  readonly #host: Host;
  readonly #store: Store;
  readonly #engine: Engine;
  readonly #registry: TaskRegistry;
  readonly #pendingSchedules: Map<string, { readonly task: AnyTask; readonly options: ScheduleOptions }> = new Map();
  /** Groups whose limits the store has. */
  readonly #configured: Set<TaskConstraintGroup> = new Set();
  #isReady = false;
  #isLonelyWarned = false;

  /** @throws OptionError, DuplicateTaskError; a store that can't be opened shows at `start()` or the first call */
  constructor(options: TaskManagerOptions = {}) {
    checkOptions('TaskManager', options, managerOptionNames);
    this.#logger = options.logger ?? consoleLogger;
    this.#host = options.host ?? timers();
    this.#store = storeOf(options.store);
    const isWorking = flag(options.work, 'work');
    this.#registry = new TaskRegistry(new Running(this.#logger, (parent, ...call) => this.#enqueueChild(parent, call)));
    for (const task of options.tasks ?? []) this.addTask(task);
    this.#engine = new Engine({
      store: this.#store,
      host: this.#host,
      registry: this.#registry,
      options: {
        concurrency: wholeNumber(options.concurrency ?? DEFAULT_CONCURRENCY, 'concurrency', 1, 100_000),
        leaseMs: wholeNumber(options.leaseMs ?? DEFAULT_LEASE_MS, 'leaseMs', 50, 86_400_000),
        isWorking,
        hasPrefetch: flag(options.prefetch, 'prefetch'),
        workerName: processName(),
      },
      onWaiting: (waitedMs) => this.#warnIfLonely(waitedMs),
    });
    this.#engine.emitter.on('error', (event) => this.#logError(event));
  }

  /** For people: what the store is. */
  get store(): Pick<Store, 'kind' | 'location' | 'durability'> {
    return this.#store;
  }

  // Tasks and constraint groups

  /** Registers a task; its jobs are claimed from now on. @throws DuplicateTaskError */
  addTask(task: AnyTask): void {
    if (!(task instanceof Task)) throw new OptionError('addTask was given something that is no Task; make one with task(name, fn).');
    this.#registry.add(task);
    // The constructor registers before there is an engine.
    this.#engine?.tasksChanged();
  }

  /** Its jobs are left to workers that have it. */
  removeTask(task: AnyTask): void {
    if (this.#registry.task(task.name) === task) this.#registry.remove(task.name);
  }

  getTaskByName(name: string): AnyTask | undefined {
    return this.#registry.task(name);
  }

  /** @throws OptionError if another group has its name */
  addConstraintGroup(group: TaskConstraintGroup): void {
    this.#registry.addGroup(group);
    this.#isReady = false;
    if (this.#engine.isStarted) this.#background(this.ready('register a constraint group'), `constraint group '${group.name}'`);
  }

  get constraintGroups(): TaskConstraintGroup[] {
    return [...this.#registry.groups()];
  }

  /** Its limits end for the whole store; what waited for it alone may run. */
  removeConstraintGroup(name: string): void {
    const group = this.#registry.removeGroup(name);
    if (group === undefined) return;
    this.#configured.delete(group);
    const { definitionVersion } = group;
    this.#background(
      this.#open('remove a constraint group').then(() => this.#engine.configure({ groups: [{ name, definitionVersion, limits: noLimits }] })),
      `constraint group '${name}'`,
    );
  }

  // Life

  /** Opens the store, writes schedules and groups, and begins to claim. Twice is once. */
  async start(): Promise<void> {
    await this.ready('start the manager');
    for (const [id, { task, options }] of [...this.#pendingSchedules]) {
      await this.#putSchedule(this.#source(task), undefined, options);
      if (this.#pendingSchedules.get(id)?.options === options) this.#pendingSchedules.delete(id);
    }
    await this.#engine.start();
  }

  /** Stops claiming and firing schedules. What runs is finished. Can start again. */
  async stop(): Promise<void> {
    await this.#engine.stop();
  }

  /**
   * Final: stops, waits for what runs, at most `timeout` (default 10 s); then asks the rest to stop by its signal and
   * gives it back at no attempt; closes the store.
   */
  async close(options: { readonly timeout?: Duration | undefined } = {}): Promise<void> {
    const timeoutMs = options.timeout === undefined ? DEFAULT_CLOSE_MS : durationMs(options.timeout, 'timeout');
    await this.#engine.close(timeoutMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Resolves when nothing is due or running in the store, jobs apart that no live code can run. */
  async whenIdle(options: { readonly includeDelayed?: boolean | undefined } = {}): Promise<void> {
    await this.#engine.whenIdle(options.includeDelayed ?? false);
  }

  /** One turn, for hosts without a loop: housekeeping, then settle and claim. */
  async tick(): Promise<void> {
    await this.ready('tick');
    await this.#engine.tick();
  }

  /**
   * Hears what happens to jobs in this process. A listener that throws harms nobody.
   *
   * @returns ends the subscription
   */
  on<K extends keyof EngineEvents>(event: K, listener: (event: EngineEvents[K]) => void): () => void {
    return this.#engine.emitter.on(event, listener);
  }

  // Jobs

  /**
   * A durable request to run the task. Resolves when the store has it.
   *
   * @throws OptionError, ValueError, TooLargeError, InvalidInputError, IdempotencyConflictError: nothing is written then
   */
  async enqueue<TTask extends AnyTask | TaskRef>(
    task: TTask,
    ...[input, options]: InputArgs<InputOf<TTask>, EnqueueOptions>
  ): Promise<JobHandle<OutputOf<TTask>>> {
    return this.#enqueue(this.#source(task), input, options, null);
  }

  /** Many at once, each with the same options. Not all-or-none: a failure may leave the first ones enqueued. */
  async enqueueMany<TTask extends AnyTask | TaskRef>(
    task: TTask,
    inputs: Iterable<InputOf<TTask>>,
    options: Omit<EnqueueOptions, 'idempotencyKey' | 'unique'> = {},
  ): Promise<JobHandle<OutputOf<TTask>>[]> {
    if (!this.#isReady || this.#engine.isClosed) await this.ready('enqueue jobs');
    const source = this.#source(task);
    checkOptions('enqueueMany', options, enqueueManyOptionNames);
    const jobs = [];
    for (const input of inputs) {
      await this.#validate(source, input);
      jobs.push(newJob(this.#maker, source, input, options));
    }
    const answers = await this.#engine.insertMany(jobs);
    return answers.map((answer) => new JobHandle(answer.id, answer.status === 'inserted', this.#handleHost));
  }

  /** The job, as it is now; undefined if it isn't in the store. */
  async get(id: string): Promise<JobSnapshot | undefined> {
    return this.handle(id).snapshot();
  }

  /** A handle on a job by its id, without looking whether it is there. */
  handle(id: string): JobHandle {
    return new JobHandle(id, false, this.#handleHost);
  }

  /** All that match, newest first, a page at a time. */
  async *list(query: JobQuery = {}): AsyncGenerator<JobSnapshot, void, undefined> {
    const filter = filterOf(query);
    await this.ready('list jobs');
    yield* listJobs(this.#engine, filter);
  }

  /** How many in each state; where `exact` is false, at least so many. */
  async count(query: JobQuery = {}): Promise<Counts> {
    const filter = filterOf(query);
    await this.ready('count jobs');
    return this.#store.count(filter);
  }

  /** Cancels one by id, or all that match. What runs is asked by its signal. @returns how many */
  cancel(idOrQuery: string | JobQuery): Promise<number> {
    return this.#act('cancel', idOrQuery);
  }

  /** Runs ended jobs again, with all their attempts. @returns how many */
  retry(idOrQuery: string | JobQuery): Promise<number> {
    return this.#act('retry', idOrQuery);
  }

  /** Makes delayed jobs due now. @returns how many */
  promote(idOrQuery: string | JobQuery): Promise<number> {
    return this.#act('promote', idOrQuery);
  }

  /** Sets waiting jobs aside until they are resumed. @returns how many */
  suspend(idOrQuery: string | JobQuery): Promise<number> {
    return this.#act('suspend', idOrQuery);
  }

  /** @returns how many */
  resume(idOrQuery: string | JobQuery): Promise<number> {
    return this.#act('resume', idOrQuery);
  }

  /** Deletes jobs that don't run. @returns how many */
  delete(idOrQuery: string | JobQuery): Promise<number> {
    return this.#act('delete', idOrQuery);
  }

  /** Why isn't it running? @throws JobGoneError */
  async explain(id: string): Promise<Explanation> {
    await this.ready('explain a job');
    return explain(this.#store, id);
  }

  // Queues

  /** No job of the queue is claimed, on any worker, until `resumeQueue`. */
  async pause(queue: string): Promise<void> {
    await this.#configureQueue(queue, { paused: true });
  }

  async resumeQueue(queue: string): Promise<void> {
    await this.#configureQueue(queue, { paused: false });
  }

  /** How many of the queue's jobs run at once over all workers; `Infinity` = no limit. */
  async setQueueConcurrency(queue: string, concurrency: number): Promise<void> {
    const limit = concurrency === Infinity ? null : wholeNumber(concurrency, 'the concurrency of a queue', 1);
    await this.#configureQueue(queue, { concurrency: limit });
  }

  // Schedules

  /**
   * Makes jobs by a rule: `at`, `every` or `cron`. Outlives the process; scheduling the same again changes nothing.
   *
   * @throws OptionError, ScheduleError, ValueError
   */
  async schedule<TTask extends AnyTask | TaskRef>(task: TTask, input: InputOf<TTask>, options: ScheduleOptions): Promise<ScheduleInfo> {
    return this.#putSchedule(this.#source(task), input, options);
  }

  /** By next slot. */
  async schedules(): Promise<ScheduleInfo[]> {
    await this.ready('list schedules');
    const records = await this.#store.listSchedules({}, 10_000);
    return records.map((record) => scheduleInfo(record, this.#registry.task(record.task) !== undefined));
  }

  /** Ends a schedule and removes its jobs that wait. @returns false if there was none */
  async unschedule(id: string): Promise<boolean> {
    this.#pendingSchedules.delete(id);
    await this.ready('remove a schedule');
    const wasThere = await this.#store.removeSchedule(id);
    this.#engine.schedulesChanged();
    return wasThere;
  }

  /** Registers and schedules; the schedule has id `task:<name>` and is written when the manager starts. @throws ScheduleError at once */
  addAndScheduleTask(task: AnyTask, cron: string): void {
    recurrence({ cron }, this.#host.now());
    this.addTask(task);
    this.scheduleTaskByName(task.name, cron);
  }

  /** @throws UnknownTaskError, ScheduleError at once */
  scheduleTaskByName(name: string, cron: string): void {
    const task = this.#registry.task(name);
    if (task === undefined) throw this.#unknownTask(name);
    const options = taskScheduleOptions(name, cron);
    recurrence({ cron }, this.#host.now());
    if (!this.#engine.isStarted) this.#pendingSchedules.set(options.id, { task, options });
    else this.#background(this.#putSchedule(this.#source(task), undefined, options), `the schedule of task '${name}'`);
  }

  descheduleTaskByName(name: string): void {
    const id = taskScheduleId(name);
    this.#pendingSchedules.delete(id);
    this.#background(this.unschedule(id), `the schedule of task '${name}'`);
  }

  /** The live workers of the store. */
  async workers(): Promise<readonly WorkerRecord[]> {
    await this.ready('list workers');
    return this.#store.workers();
  }

  /** @internal The store is open, and knows our constraint groups. */
  async ready(action: string): Promise<void> {
    if (this.#engine.isClosed) throw new ClosedError(action);
    if (this.#isReady) return;
    await this.#open(action);
    const missing = this.#registry.groups().filter((group) => !this.#configured.has(group));
    if (missing.length > 0) {
      const groups = missing.map(({ name, definitionVersion, limits }) => ({ name, definitionVersion, limits }));
      await this.#engine.configure({ groups });
      for (const group of missing) this.#configured.add(group);
    }
    this.#isReady = this.#registry.groups().every((group) => this.#configured.has(group));
  }

  get #maker(): Parameters<typeof newJob>[0] {
    return {
      newId: this.#engine.newId,
      now: () => this.#host.now(),
      keysFor: (task, input) => this.#registry.keysFor(task, input),
    };
  }

  readonly #handleHost: ConstructorParameters<typeof JobHandle>[2] = {
    result: async (id, options) => {
      await this.ready('wait for a result');
      return this.#engine.result(id, options);
    },
    record: async (id) => {
      await this.ready('look at a job');
      const [job] = await this.#store.get([id]);
      return job ?? null;
    },
    cancel: async (id) => {
      await this.ready('cancel a job');
      return actOnOne(this.#engine, 'cancel', id);
    },
  };

  async #enqueue(source: JobSource, input: unknown, options: EnqueueOptions | undefined, rare: Rare | null): Promise<JobHandle<never>> {
    if (!this.#isReady || this.#engine.isClosed) await this.ready('enqueue a job');
    const checked = this.#validate(source, input);
    if (checked !== null) await checked;
    const job = newJob(this.#maker, source, input, options, rare);
    const answer: InsertAnswer = await this.#engine.insert(job);
    const { id, isNew } = settleAnswer(answer, job, options?.idempotencyKey);
    return new JobHandle(id, isNew, this.#handleHost);
  }

  async #enqueueChild(parent: ClaimedJob, [task, input, options]: [unknown, unknown?, EnqueueOptions?]): Promise<JobHandle<never>> {
    const source = this.#source(task as AnyTask | TaskRef);
    const rare: Rare = { parentId: parent.id, rootId: parent.rare?.rootId ?? parent.id };
    if (options?.idempotencyKey !== undefined || options?.unique !== undefined) return this.#enqueue(source, input, options, rare);
    const idempotencyKey = `child:${parent.id}:${digest(source.name, encode(input, 'input', INPUT_LIMIT))}`;
    return this.#enqueue(source, input, { ...options, idempotencyKey }, rare);
  }

  /** A promise only where the task's schema is asynchronous. @throws InvalidInputError */
  #validate(source: JobSource, input: unknown): Promise<unknown> | null {
    const { schema, name } = source.task ?? {};
    if (schema === undefined || name === undefined) return null;
    const parsed = parseWith(schema, input, name);
    return parsed instanceof Promise ? parsed : null;
  }

  #source(task: AnyTask | TaskRef): JobSource {
    if (task instanceof Task) return { name: task.name, queue: task.queue, task };
    if (typeof task !== 'object' || task === null || task.isTaskRef !== true) {
      throw new OptionError('enqueue and schedule take a Task, or a taskRef(name) where only its name is known.');
    }
    const registered = this.#registry.task(task.name);
    return { name: nonEmptyString(task.name, "A task's name", 255), queue: registered?.queue ?? task.queue, task: registered };
  }

  async #putSchedule(source: JobSource, input: unknown, options: ScheduleOptions): Promise<ScheduleInfo> {
    await this.ready('schedule a task');
    const checked = this.#validate(source, input);
    if (checked !== null) await checked;
    const definition = scheduleDefinition(source, input, options, this.#registry.keysFor(source.name, input), this.#host.now());
    await this.#store.putSchedule(definition);
    this.#engine.schedulesChanged();
    const [record] = await this.#store.listSchedules({ ids: [definition.id] }, 1);
    if (record === undefined) throw new StoreError('STORE_FAILED', `Schedule '${definition.id}' was removed while it was written.`);
    return scheduleInfo(record, source.task !== undefined);
  }

  async #act(action: Parameters<typeof actOnAll>[1], idOrQuery: string | JobQuery): Promise<number> {
    const filter = typeof idOrQuery === 'string' ? null : filterOf(idOrQuery);
    await this.ready(`${action} jobs`);
    if (filter === null) return Number(await actOnOne(this.#engine, action, idOrQuery as string));
    return actOnAll(this.#engine, action, filter);
  }

  async #configureQueue(queue: string, settings: { readonly paused?: boolean; readonly concurrency?: number | null }): Promise<void> {
    const name = nonEmptyString(queue, 'the name of a queue', 255);
    await this.ready('configure a queue');
    await this.#engine.configure({ queues: [{ name, definitionVersion: 0, ...settings }] });
  }

  #open(action: string): Promise<void> {
    return this.#engine.open(action);
  }

  #unknownTask(name: string): UnknownTaskError {
    const names = this.#registry.names();
    const near = nearest(name, names);
    const hint = near !== null ? `Did you mean '${near}'?` : names.length === 0 ? 'None is registered.' : `Registered: ${names.join(', ')}.`;
    return new UnknownTaskError(`No task named '${name}' is registered in this manager. ${hint}`);
  }

  /** For documented methods that return nothing: what fails is heard as an `error` event. */
  #background(work: Promise<unknown>, what: string): void {
    work.catch((error: unknown) => this.#engine.emitter.emit('error', { error, during: `registering ${what}` }));
  }

  #logError({ error, during }: EngineEvents['error']): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#logger.error(`taskspan: ${during} failed: ${message}`, { error });
  }

  /** Who waits for a result that nobody can make should know why. */
  #warnIfLonely(waitedMs: number): void {
    if (this.#isLonelyWarned || waitedMs < LONELY_AFTER_MS || this.#engine.isWorking) return;
    this.#isLonelyWarned = true;
    this.#store.workers().then(
      (workers) => {
        if (workers.length > 0) {
          this.#isLonelyWarned = false;
          return;
        }
        this.#logger.warn('taskspan: a result is awaited, but no worker is alive on this store. Start one: `await manager.start()`, or `taskspan worker FILE`.');
      },
    ).catch(() => {
      this.#isLonelyWarned = false;
    });
  }
}

function storeOf(store: TaskManagerOptions['store']): Store {
  if (store === undefined) return openStore('memory:');
  if (typeof store === 'string') return openStore(store);
  if (typeof store === 'object' && store !== null && typeof store.exchange === 'function') return store;
  throw new OptionError(`store is ${String(store)}; give a URL such as 'sqlite:./tasks.db', or a store from a factory.`);
}

function flag(value: boolean | undefined, name: string): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? true;
  throw new OptionError(`${name} is ${String(value)}; it is true or false.`);
}
