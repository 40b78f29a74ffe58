/// <reference lib="esnext.disposable" preserve="true" />
/** What a process holds: its tasks, its constraint groups, and the engine over one store. */

import type { Subject } from 'rxjs';
import { noLimits } from '../core/constraint.js';
import { type Duration, durationMs } from '../core/duration.js';
import { ClosedError, OptionError } from '../core/errors.js';
import { reportListener } from '../core/logger.js';
import { nonEmptyString, wholeNumber } from '../core/options.js';
import { textOfThrown } from '../core/thrown.js';
import { CLOSE_GRACE_MS, type EngineEvents } from '../engine/index.js';
import type { Counts, Store, WorkerRecord } from '../store/index.js';
import {
  type AnyTask,
  type EnqueueOptions,
  homeless,
  type InputArg,
  type InputArgs,
  type InputOf,
  type ITaskEvent,
  type ITaskMetadata,
  type OutputOf,
  Task,
  type TaskHome,
  type TaskRef,
} from '../task/index.js';
import type { Cause } from './cause.js';
import type { TaskConstraintGroup } from './constraints/group.js';
import type { KeySlots } from './constraints/key-slots.js';
import { type Diagnosis, diagnose } from './diagnose.js';
import type { EventStreamOptions, IEventsDropped } from './event-stream.js';
import { type Explanation, explain } from './explain.js';
import type { JobHandle } from './handle.js';
import { Jobs } from './jobs.js';
import { filterOf, listJobs } from './querying.js';
import type { IScheduledTaskInfo, NextScheduledRun } from './scheduled-tasks.js';
import { Schedules } from './schedules.js';
import type { ScheduleInfo } from './scheduling.js';
import { Session } from './session.js';
import type { JobSnapshot } from './snapshot.js';
import { unknownTask } from './source.js';
import { TaskEvents } from './task-events.js';
import { type TaskMap, taskMap } from './task-map.js';
import { explainTrigger, keyCauses, type TriggerExplanation } from './triggers/explain.js';
import { type ExecuteOptions, execute, type ITaskExecutionReport } from './triggers/report.js';
import type { JobQuery, ScheduleOptions, ScheduleQuery, TaskManagerOptions } from './types.js';

const DEFAULT_CLOSE_MS = 10_000;

/**
 * Enqueues jobs, runs them, and looks after them, over one store.
 *
 * @example
 * const manager = new TaskManager({ store: 'sqlite:./tasks.db', tasks: [resize] });
 * await manager.start();
 * const job = await manager.enqueue(resize, { path: 'a.png', width: 200 });
 */
export class TaskManager<in TTx = never> {
  /** Never there: keeps the type of the store's transactions, for stores that have them. */
  declare readonly transactionType?: (transaction: TTx) => void;
  readonly #session: Session;
  readonly #jobs: Jobs;
  readonly #schedules: Schedules;
  readonly #taskEvents: TaskEvents;
  readonly #home: TaskHome;
  /** The registered tasks, for reading. */
  readonly taskMap: TaskMap;
  /** How often it was stopped: a start that one overtook ends there. */
  #stops = 0;

  /** @throws OptionError, DuplicateTaskError; a store that can't be opened shows at `start()` or the first call */
  constructor(options: TaskManagerOptions = {}) {
    this.#session = new Session(options, (parent, task, input, own) =>
      this.#jobs.enqueueChild(parent, task, input, own),
    );
    this.#jobs = new Jobs(this.#session);
    this.#schedules = new Schedules(this.#session);
    const { registry, host, logger } = this.#session;
    this.#taskEvents = new TaskEvents((error) =>
      reportListener(logger, `taskspan: a listener of taskSubject threw: ${textOfThrown(error)}`, error),
    );
    this.#home = { host, logger, enqueue: (task, ...[input, own]) => this.#jobs.enqueueFromTrigger(task, input, own) };
    this.taskMap = taskMap(
      () => registry.tasks(),
      (name) => registry.task(name),
    );
    for (const task of options.tasks ?? []) this.addTask(task);
  }

  /** For people: what the store is. */
  get store(): Pick<Store, 'kind' | 'location' | 'durability'> {
    return this.#session.store;
  }

  // Tasks and constraint groups

  /** Registers a task; its jobs are claimed from now on, and its events are heard. @throws DuplicateTaskError, OptionError */
  addTask(task: AnyTask): void {
    if (!(task instanceof Task))
      throw new OptionError('addTask was given something that is no Task; make one with task(name, fn).');
    if (task.name === '')
      throw new OptionError('addTask was given a task without a name; a manager knows its tasks by name.');
    this.#session.registry.add(task);
    this.#taskEvents.add(task);
    task.runs.home = this.#home;
    this.#session.engine.tasksChanged();
  }

  /** Its jobs are left to workers that have it; its events are heard no more. What runs goes on. */
  removeTask(task: AnyTask): void {
    const { registry } = this.#session;
    if (registry.task(task.name) !== task) return;
    registry.remove(task.name);
    this.#taskEvents.remove(task);
    if (task.runs.home === this.#home) task.runs.home = homeless;
  }

  /** The registered task of this name. */
  getTaskByName(name: string): AnyTask | undefined {
    return this.#session.registry.task(name);
  }

  /** All registered tasks. */
  get tasks(): readonly AnyTask[] {
    return this.#session.registry.tasks();
  }

  /** Those whose label has this value. */
  getTasksByLabel(key: string, value: string): AnyTask[] {
    return this.tasks.filter((task) => task.hasLabel(key, value));
  }

  /** What can be seen here of those whose label has this value. */
  getTasksMetadataByLabel(key: string, value: string): ITaskMetadata[] {
    return this.getTasksByLabel(key, value).map((task) => this.#metadata(task));
  }

  /** What can be seen here of the task of this name; null if there is none. */
  getTaskMetadata(name: string): ITaskMetadata | null {
    const task = this.getTaskByName(name);
    return task === undefined ? null : this.#metadata(task);
  }

  /** What can be seen here of all registered tasks. */
  getAllTasksMetadata(): ITaskMetadata[] {
    return this.tasks.map((task) => this.#metadata(task));
  }

  /** Registers a group: it governs jobs of the whole store from now on. @throws OptionError if another group has its name */
  addConstraintGroup(group: TaskConstraintGroup): void {
    const session = this.#session;
    session.registry.addGroup(group);
    session.groupAdded();
    if (session.engine.isStarted)
      session.background(session.ready('register a constraint group'), `constraint group '${group.name}'`);
  }

  /** All registered groups. */
  get constraintGroups(): TaskConstraintGroup[] {
    return [...this.#session.registry.groups()];
  }

  /** Its limits end for the whole store; what waited for it alone may run. */
  removeConstraintGroup(name: string): void {
    const session = this.#session;
    const group = session.registry.removeGroup(name);
    if (group === undefined) return;
    session.groupRemoved(group);
    const { definitionVersion } = group;
    const opened = session.engine.open('remove a constraint group');
    const ended = opened.then(() =>
      session.engine.configure({ groups: [{ name, definitionVersion, limits: noLimits }] }),
    );
    session.background(ended, `the end of constraint group '${name}'`);
  }

  // Life

  /** Opens the store, writes schedules and groups, starts the coordinator, and begins to claim. Twice is once. */
  async start(): Promise<void> {
    const { engine } = this.#session;
    const wasClosed = engine.isClosed;
    try {
      await this.#start();
    } catch (error) {
      // A close that overtook it has taken its store away; as with a stop, that is no failure of the start.
      if (wasClosed || !engine.isClosed || !(error instanceof ClosedError)) throw error;
    }
  }

  async #start(): Promise<void> {
    const stops = this.#stops;
    this.#taskEvents.start();
    await this.#session.ready('start the manager');
    await this.#schedules.writePending();
    if (stops !== this.#stops) return;
    await this.#session.startCoordinator();
    if (stops !== this.#stops) return;
    await this.#session.engine.start();
    void this.#session.warnOfStore();
    await this.#schedules.writePending();
  }

  /** Stops claiming, firing schedules, and `taskSubject`. What runs or was triggered is finished. Can start again. */
  async stop(): Promise<void> {
    this.#stops += 1;
    this.#taskEvents.stop();
    await this.#session.engine.stop();
    await this.#session.coordination?.stop();
  }

  /**
   * Final: stops, waits for what runs, at most `timeout` (default 10 s); then asks the rest to stop by its signal and
   * gives it back at no attempt; closes the store. A trigger that waits rejects with ClosedError at once, one that
   * ignores its signal with ShuttingDownError in the end.
   */
  async close(options: { readonly timeout?: Duration | undefined } = {}): Promise<void> {
    const timeoutMs = options.timeout === undefined ? DEFAULT_CLOSE_MS : durationMs(options.timeout, 'timeout');
    const { engine, triggers, coordination } = this.#session;
    const triggered = triggers.close(timeoutMs, CLOSE_GRACE_MS);
    try {
      await Promise.all([engine.close(timeoutMs, triggered), triggered]);
      this.#taskEvents.close();
    } finally {
      // It hears first how the last runs ended.
      await coordination?.close(Math.max(timeoutMs, CLOSE_GRACE_MS));
    }
  }

  /** Closes it, as `close` does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Resolves when nothing is due or running in the store, jobs apart that no live code can run, and no trigger either. */
  async whenIdle(options: { readonly includeDelayed?: boolean | undefined } = {}): Promise<void> {
    const { engine, triggers } = this.#session;
    do {
      await triggers.whenIdle();
      await engine.whenIdle(options.includeDelayed ?? false);
    } while (!triggers.isIdle);
  }

  /** One turn, for hosts without a loop: housekeeping, then settle and claim. */
  async tick(): Promise<void> {
    await this.#session.ready('tick');
    await this.#session.coordination?.start();
    await this.#session.engine.tick();
  }

  /**
   * Hears what happens to jobs in this process. A listener that throws harms nobody.
   *
   * @returns ends the subscription
   */
  on<K extends keyof EngineEvents>(event: K, listener: (event: EngineEvents[K]) => void): () => void {
    return this.#session.engine.emitter.on(event, listener);
  }

  // Triggers: here and now, without the store

  /**
   * Runs it in this process once all constraint groups let it. Works before `start()` too. Not retried.
   *
   * @returns its result; `undefined` if a group's `shouldExecute` skipped it. Rejects with what it throws;
   *   ConstraintDeadlockError; ClosedError
   */
  triggerTask<TTask extends AnyTask>(task: TTask, ...[input]: InputArg<InputOf<TTask>>): Promise<OutputOf<TTask>> {
    if (!(task instanceof Task))
      return Promise.reject(
        new OptionError('triggerTask was given something that is no Task; make one with task(name, fn).'),
      );
    if (task.runs.home === homeless) task.runs.home = this.#home;
    return this.#session.triggers.trigger(task, input) as Promise<OutputOf<TTask>>;
  }

  /** The same. */
  triggerTaskConstrained<TTask extends AnyTask>(
    task: TTask,
    ...[input]: InputArg<InputOf<TTask>>
  ): Promise<OutputOf<TTask>> {
    return this.triggerTask(task, ...([input] as InputArg<InputOf<TTask>>));
  }

  /** The same for a registered task. Rejects with UnknownTaskError if there is none of that name. */
  // biome-ignore lint/suspicious/noExplicitAny: a name doesn't tell what its task gives
  triggerTaskByName(name: string, input?: unknown): Promise<any> {
    const task = this.getTaskByName(name);
    if (task === undefined) return Promise.reject(unknownTask(name, this.#session.registry));
    return this.triggerTask(task, input);
  }

  /** Adds it, triggers it once, removes it, and tells how it went. Rejects with what it throws; it is removed then too. */
  async addExecuteRemoveTask<TTask extends AnyTask>(
    task: TTask,
    options: ExecuteOptions = {},
  ): Promise<ITaskExecutionReport<OutputOf<TTask>>> {
    this.addTask(task);
    try {
      const report = await execute(
        task,
        options,
        () => this.#session.host.now(),
        (added, input) => this.triggerTask(added, input),
      );
      return report as ITaskExecutionReport<OutputOf<TTask>>;
    } finally {
      this.removeTask(task);
    }
  }

  /** Hears of all runs of all added tasks, from `stop()` to `start()` of none. A subscriber that throws harms nobody. */
  get taskSubject(): Subject<ITaskEvent> {
    return this.#taskEvents.subject;
  }

  /**
   * The same for `for await`, from now until the loop is left, the signal aborted, or the manager closed. Who is too
   * slow loses the oldest events, and is told how many: `{ type: 'dropped', count }`.
   *
   * @throws OptionError
   */
  events(options: EventStreamOptions = {}): AsyncIterableIterator<ITaskEvent | IEventsDropped> {
    return this.#taskEvents.stream(options);
  }

  // Jobs

  /**
   * A durable request to run the task. Resolves when the store has it.
   *
   * @throws OptionError, ValueError, TooLargeError, InvalidInputError, IdempotencyConflictError: nothing is written then
   */
  enqueue<TTask extends AnyTask | TaskRef>(
    task: TTask,
    ...[input, options]: InputArgs<InputOf<TTask>, EnqueueOptions>
  ): Promise<JobHandle<OutputOf<TTask>>> {
    return this.#jobs.enqueue(task, input, options);
  }

  /** Many at once, each with the same options. Not all-or-none: a failure may leave the first ones enqueued. */
  async enqueueMany<TTask extends AnyTask | TaskRef>(
    task: TTask,
    inputs: Iterable<InputOf<TTask>>,
    options: Omit<EnqueueOptions, 'idempotencyKey' | 'unique'> = {},
  ): Promise<JobHandle<OutputOf<TTask>>[]> {
    return this.#jobs.enqueueMany(task, inputs, options);
  }

  /** The job, as it is now; undefined if it isn't in the store. */
  async get(id: string): Promise<JobSnapshot | undefined> {
    return this.handle(id).snapshot();
  }

  /** A handle on a job by its id, without looking whether it is there. */
  handle(id: string): JobHandle {
    return this.#jobs.handle(id, false);
  }

  /** All that match, newest first, a page at a time. */
  async *list(query: JobQuery = {}): AsyncGenerator<JobSnapshot, void, undefined> {
    const filter = filterOf(query);
    await this.#session.readyToLook('list jobs');
    yield* listJobs(this.#session.engine, filter);
  }

  /** How many in each state; where `exact` is false, at least so many. */
  async count(query: JobQuery = {}): Promise<Counts> {
    const filter = filterOf(query);
    await this.#session.readyToLook('count jobs');
    return this.#session.store.count(filter);
  }

  /** Cancels one by id, or all that match. What runs is asked by its signal. @returns how many */
  cancel(idOrQuery: string | JobQuery): Promise<number> {
    return this.#jobs.act('cancel', idOrQuery);
  }

  /** Runs ended jobs again, with all their attempts. @returns how many */
  retry(idOrQuery: string | JobQuery): Promise<number> {
    return this.#jobs.act('retry', idOrQuery);
  }

  /** Makes delayed jobs due now. @returns how many */
  promote(idOrQuery: string | JobQuery): Promise<number> {
    return this.#jobs.act('promote', idOrQuery);
  }

  /** Sets waiting jobs aside until they are resumed. @returns how many */
  suspend(idOrQuery: string | JobQuery): Promise<number> {
    return this.#jobs.act('suspend', idOrQuery);
  }

  /** Lets suspended jobs wait again. @returns how many */
  resume(idOrQuery: string | JobQuery): Promise<number> {
    return this.#jobs.act('resume', idOrQuery);
  }

  /** Deletes jobs that don't run. @returns how many */
  delete(idOrQuery: string | JobQuery): Promise<number> {
    return this.#jobs.act('delete', idOrQuery);
  }

  /** Why isn't the job running? @throws JobGoneError */
  async explain(id: string): Promise<Explanation>;
  /** Why does a trigger of the task, with this input, wait; or would it? Looks at this process. */
  async explain<TTask extends AnyTask>(task: TTask, ...[input]: InputArg<InputOf<TTask>>): Promise<TriggerExplanation>;
  async explain(what: string | AnyTask, input?: unknown): Promise<Explanation | TriggerExplanation> {
    const { triggers, host, store } = this.#session;
    const causes = (slots: KeySlots): readonly Cause[] =>
      keyCauses(slots, triggers.holders(slots), host.monotonic(), host.now());
    if (typeof what === 'string') {
      await this.#session.ready('explain a job');
      return explain(store, what, () => triggers.keysOfWaitingJob(what).flatMap(causes));
    }
    const own = triggers.keysOf(what, input).flatMap(causes);
    const [permit] = triggers.permitsFor(what);
    return explainTrigger(what, own, permit === undefined ? [] : (await explain(store, permit)).causes);
  }

  // Queues

  /** No job of the queue is claimed, on any worker, until `resumeQueue`. */
  async pause(queue: string): Promise<void> {
    await this.#configureQueue(queue, { paused: true });
  }

  /** Ends a `pause`. */
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
  async schedule<TTask extends AnyTask | TaskRef>(
    task: TTask,
    input: InputOf<TTask>,
    options: ScheduleOptions,
  ): Promise<ScheduleInfo> {
    return this.#schedules.schedule(task, input, options);
  }

  /** By next slot, those without one last. @throws OptionError */
  async schedules(query: ScheduleQuery = {}): Promise<ScheduleInfo[]> {
    return this.#schedules.list(query);
  }

  /**
   * Makes a job of a schedule now, whatever its rule says. Its slots stay as they are: this job is none of them, no
   * overlap policy holds it back, and it holds back no slot.
   *
   * @throws UnknownScheduleError
   */
  async triggerSchedule(id: string): Promise<JobHandle> {
    return this.#jobs.handle(await this.#schedules.trigger(id), true);
  }

  /** The next slots of a schedule, epoch ms: at most `count` (to 1000), fewer if it ends. @throws UnknownScheduleError */
  async nextSlots(id: string, count = 5): Promise<readonly number[]> {
    return this.#schedules.nextSlots(id, count);
  }

  /** Ends a schedule and removes its jobs that wait. @returns false if there was none */
  async unschedule(id: string): Promise<boolean> {
    return this.#schedules.remove(id);
  }

  /** Registers and schedules; the schedule has id `task:<name>` and is written when the manager starts. @throws ScheduleError at once */
  addAndScheduleTask(task: AnyTask, cron: string): void {
    this.#schedules.checkPattern(cron);
    this.addTask(task);
    this.#schedules.putByName(task.name, cron);
  }

  /** Schedules a registered task; else as `addAndScheduleTask`. @throws UnknownTaskError, ScheduleError at once */
  scheduleTaskByName(name: string, cron: string): void {
    this.#schedules.putByName(name, cron);
  }

  /** Ends the schedule `task:<name>`, as `unschedule` does. */
  descheduleTaskByName(name: string): void {
    this.#schedules.removeByName(name);
  }

  /** The registered tasks that this manager has a cron pattern for, the next to run first. */
  getScheduledTasks(): IScheduledTaskInfo[] {
    return this.#schedules.byName.list((name) => this.getTaskByName(name), this.#session.host.now());
  }

  /** At most `limit` (default 10) runs to come, one for each of these tasks, the next first. */
  getNextScheduledRuns(limit = 10): NextScheduledRun[] {
    const most = wholeNumber(limit, 'the limit of getNextScheduledRuns', 0);
    return this.getScheduledTasks()
      .slice(0, most)
      .map(({ name, nextRun, schedule }) => ({ taskName: name, nextRun, schedule }));
  }

  /** The live workers of the store. */
  async workers(): Promise<readonly WorkerRecord[]> {
    await this.#session.ready('list workers');
    return this.#session.store.workers();
  }

  /** What is wrong with the store and its workers, and what to do about it. Looks at a bounded number of records. */
  async diagnose(): Promise<Diagnosis> {
    await this.#session.ready('diagnose the store');
    return diagnose(this.#session.store, () => this.#session.host.now());
  }

  #metadata(task: AnyTask): ITaskMetadata {
    return { ...task.getMetadata(), ...this.#schedules.byName.of(task.name, this.#session.host.now()) };
  }

  async #configureQueue(
    queue: string,
    settings: { readonly paused?: boolean; readonly concurrency?: number | null },
  ): Promise<void> {
    const name = nonEmptyString(queue, 'the name of a queue', 255);
    await this.#session.ready('configure a queue');
    await this.#session.engine.configure({ queues: [{ name, definitionVersion: 0, ...settings }] });
  }
}
