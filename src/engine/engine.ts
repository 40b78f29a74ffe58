/**
 * The engine of one manager over one store: puts the parts together, starts and stops them in order.
 *
 * ```
 *   insert ─► producer ─► store ◄─ exchange ─ worker ─► attempts
 *                           ▲ ▲                  │
 *                 presence ─┘ └─ chores          └─► events, results
 * ```
 */

import { ClosedError } from '../core/errors.js';
import { type Host, longTimer } from '../core/host.js';
import { idGenerator } from '../core/id.js';
import type { NewJob } from '../core/job.js';
import type { ControlAction, ControlReply, Hint, InsertAnswer, Selector, Settings, Store } from '../store/index.js';
import { Agenda } from './agenda.js';
import { Chores } from './chores.js';
import type { Ended } from './ending.js';
import { Emitter } from './events.js';
import { Leases } from './leases.js';
import { patient } from './patience.js';
import { Presence } from './presence.js';
import { Producer } from './producer.js';
import { Progress } from './progress.js';
import { type EndedJob, Results, type WaitOptions } from './results.js';
import type { EngineOptions, Registry } from './runnable.js';
import { Worker } from './worker.js';

/** With notifications a lost one costs at most this; without, it is how late other processes' jobs may start. */
const POLL_NOTIFIED_MS = 5_000;
const POLL_MS = 500;
/** Between looks whether others have finished; each wait is twice the last. */
const IDLE_LOOK_FIRST_MS = 1;
const IDLE_LOOK_MOST_MS = 20;
/** On closing: how long what was asked to stop may take before it is given back without its consent. */
export const CLOSE_GRACE_MS = 500;

export interface EngineParts {
  readonly store: Store;
  readonly host: Host;
  readonly registry: Registry;
  readonly options: EngineOptions;
  /** Hears, while someone waits for a result, for how long. */
  readonly onWaiting: (waitedMs: number) => void;
}

export class Engine {
  readonly store: Store;
  readonly host: Host;
  /** Of its worker, and of the leader that it may be. */
  readonly id: string;
  readonly emitter: Emitter = new Emitter();
  readonly newId: (nowMs: number, partition: number) => string;
  readonly #options: EngineOptions;
  readonly #registry: Registry;
  readonly #agenda: Agenda;
  readonly #producer: Producer;
  readonly #worker: Worker;
  readonly #presence: Presence;
  readonly #chores: Chores;
  readonly #results: Results;
  #opening: Promise<void> | null = null;
  #unsubscribe: (() => void) | null = null;
  #isStarted = false;
  #closing: Promise<void> | null = null;
  #isDrained = false;

  constructor({ store: given, host, registry, options, onWaiting }: EngineParts) {
    const agenda = new Agenda(host);
    const store = patient(given, host, agenda);
    this.store = store;
    this.host = host;
    this.#options = options;
    this.#registry = registry;
    this.newId = idGenerator(host.random32);
    const id = this.newId(host.now(), 0);
    this.id = id;
    const leases = new Leases(host, agenda, options.leaseMs, (tokens) => this.#worker.lose(tokens));
    const { emitter } = this;
    const progress = new Progress(store, agenda, (error) =>
      emitter.emit('error', { error, during: 'writing progress' }),
    );
    const common = { id, store, host, agenda, registry, options, emitter, leases };
    this.#agenda = agenda;
    this.#results = new Results(store, host, agenda, onWaiting);
    this.#worker = new Worker({ ...common, progress, onSettled: (ended) => this.#settled(ended) });
    this.#presence = new Presence({ ...common, worker: this.#worker });
    this.#chores = new Chores(store, host, agenda, emitter, { id, leaseMs: options.leaseMs }, () =>
      this.#worker.wake(),
    );
    this.#producer = new Producer(store, host, (jobs, answers) => this.#inserted(jobs, answers));
  }

  get isStarted(): boolean {
    return this.#isStarted;
  }

  /** Closed, or about to be: nothing new is taken from users. */
  get isClosed(): boolean {
    return this.#closing !== null;
  }

  /** No job runs here any more, so none can ask for anything. */
  get isDrained(): boolean {
    return this.#isDrained;
  }

  /** Not a producer only. */
  get mayWork(): boolean {
    return this.#options.isWorking;
  }

  get isWorking(): boolean {
    return this.#isStarted && this.#options.isWorking;
  }

  /** Elected, for sure: no other leads at this moment. Where a store holds no elections, whoever does the chores. */
  get isLeader(): boolean {
    return this.store.leader === undefined ? this.#isStarted && this.#mayLead : this.#chores.isLeader;
  }

  get #mayLead(): boolean {
    const { isGuest = false, isWorking, mayLead = isWorking } = this.#options;
    return mayLead && !isGuest;
  }

  /** The store is open once this resolved; a failed try may be repeated. */
  open(action: string): Promise<void> {
    if (this.#closing !== null) return Promise.reject(new ClosedError(action));
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async start(): Promise<void> {
    await this.open('start the manager');
    if (this.#isStarted || this.#closing !== null) return;
    this.#isStarted = true;
    if (this.#mayLead) this.#chores.start();
    if (!this.#options.isWorking) return;
    this.#worker.start();
    this.#presence.start();
    this.#poll();
  }

  /** Stops claiming, chores and schedules. What runs goes on and is settled. Can start again. */
  async stop(): Promise<void> {
    if (!this.#isStarted) return;
    this.#isStarted = false;
    this.#agenda.clear('poll');
    this.#worker.stop();
    await this.#chores.stop();
    this.#restWhenIdle();
  }

  /**
   * Final. What still runs after `timeoutMs` is asked to stop, then given back at no attempt.
   *
   * @param others what else needs the store until it has ended
   */
  close(timeoutMs: number, others: Promise<void> = Promise.resolve()): Promise<void> {
    this.#closing ??= this.#close(timeoutMs, others);
    return this.#closing;
  }

  /** The answer, from a store that has it at once; null: `insert` it. */
  insertNow(job: NewJob): InsertAnswer | null {
    return this.#producer.insertNow(job);
  }

  /** The store's answers to the call that the job goes with, and its place among them. */
  insert(job: NewJob): { readonly answers: Promise<readonly InsertAnswer[]>; readonly at: number } {
    return this.#producer.insert(job);
  }

  insertMany(jobs: readonly NewJob[]): Promise<readonly InsertAnswer[]> {
    return this.#producer.insertMany(jobs);
  }

  async control(action: ControlAction, selector: Selector, limit: number): Promise<ControlReply> {
    const reply = await this.store.control(action, selector, limit);
    for (const answer of reply.answers) if (answer.outcome === 'requested') this.#worker.cancel(answer.id);
    for (const answer of reply.answers) this.#results.ended(answer.id);
    this.#worker.wake();
    return reply;
  }

  async configure(settings: Settings): Promise<readonly ('applied' | 'stale')[]> {
    const answers = await this.store.configure(settings);
    this.#worker.purge((settings.queues ?? []).filter((queue) => queue.paused === true).map((queue) => queue.name));
    this.#worker.wake();
    return answers;
  }

  /** How the job ended, once it has. */
  result(id: string, options: WaitOptions): Promise<EndedJob> {
    return this.#results.wait(id, options);
  }

  /** It ended, wherever that was: whoever waits for its result is told soon. */
  jobEnded(id: string): void {
    this.#results.ended(id);
  }

  /** Jobs may have ended without our having heard of it. */
  jobsMissed(): void {
    this.#results.changed();
  }

  /** Schedules changed: they are fired anew from what the store has. */
  schedulesChanged(): void {
    this.#chores.sweepSoon();
  }

  /** The registry changed: there may be jobs that we can run now, and others should know. */
  tasksChanged(): void {
    this.#worker.wake();
    if (this.isWorking) void this.#presence.beat();
  }

  /** One turn: the chores, then settle and claim. Starts what it claims. */
  async tick(): Promise<void> {
    await this.open('tick');
    await this.#chores.runOnce();
    this.#presence.start();
    await this.#worker.tick();
    this.#restWhenIdle();
  }

  /** Resolves when nothing is due or running: here, and in the store as far as any worker could go on with it. */
  async whenIdle(includeDelayed: boolean): Promise<void> {
    await this.open('wait until idle');
    for (let waitMs = IDLE_LOOK_FIRST_MS; ; waitMs = Math.min(IDLE_LOOK_MOST_MS, 2 * waitMs)) {
      await this.#producer.whenIdle();
      await this.#worker.whenIdle();
      if ((await this.#unfinished(includeDelayed)) === 0 && this.#worker.isIdle) return;
      await new Promise<void>((resolve) => this.host.timer(waitMs, resolve));
    }
  }

  /** Jobs due or running in the queues that we or any live worker serve. */
  async #unfinished(includeDelayed: boolean): Promise<number> {
    const workers = await this.store.workers();
    const queues = new Set([...this.#registry.queues(), ...workers.flatMap((worker) => worker.queues)]);
    let unfinished = 0;
    for (const queue of queues) {
      const { pending, delayed, orphaned, running } = await this.store.count({ queue });
      unfinished += running + pending - orphaned - (includeDelayed ? 0 : delayed);
    }
    return unfinished;
  }

  /** What runs keeps its leases; after that the heartbeat must not keep the process alive. */
  #restWhenIdle(): void {
    void this.#worker.whenIdle().then(() => {
      // A turn may have claimed again since.
      if (!this.#isStarted && this.#worker.isIdle) return this.#presence.stop();
    });
  }

  async #open(): Promise<void> {
    try {
      if (this.#options.isGuest !== true) await this.store.open();
    } catch (error) {
      this.#opening = null;
      throw error;
    }
    const needs = this.#options.isWorking || this.#mayLead ? 'all' : 'ends';
    const endNotify = this.store.notify?.subscribe((hint) => this.#notified(hint), needs);
    const endLosses = this.store.losses?.subscribe((error) =>
      this.emitter.emit('error', { error, during: 'keeping what was acknowledged' }),
    );
    this.#unsubscribe = () => {
      endNotify?.();
      endLosses?.();
    };
  }

  async #close(timeoutMs: number, others: Promise<void>): Promise<void> {
    if (this.#opening === null) return;
    await this.#opening.catch(() => {});
    // A store that doesn't answer must not keep us from closing.
    const patienceMs = Math.max(timeoutMs, CLOSE_GRACE_MS);
    await this.#within(patienceMs, this.stop());
    // A host of turns never started, but may lead.
    await this.#within(patienceMs, this.#chores.stop());
    await this.#within(patienceMs, this.#producer.whenIdle());
    if (!(await this.#worker.whenIdle(timeoutMs))) {
      this.#worker.abortAll(CLOSE_GRACE_MS);
      await this.#worker.whenIdle(4 * CLOSE_GRACE_MS);
    }
    await others;
    this.#isDrained = true;
    await this.#within(patienceMs, this.#presence.stop());
    // What ended elsewhere just now is told; the rest can't be any more.
    await this.#within(patienceMs, this.#results.look());
    this.#results.rejectAll(new ClosedError('wait for a result'));
    this.#unsubscribe?.();
    this.#agenda.close();
    if (this.#options.isGuest !== true) await this.#within(patienceMs, this.store.close());
  }

  /** Waits no longer than that; what fails in time fails here. */
  #within(ms: number, work: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancelTimer = longTimer(this.host, ms, resolve);
      work.then(resolve, reject).finally(cancelTimer);
    });
  }

  #poll(): void {
    this.#agenda.set('poll', this.store.notify === undefined ? POLL_MS : POLL_NOTIFIED_MS, () => {
      this.#worker.wake();
      this.#poll();
    });
  }

  #notified(hint?: Hint): void {
    if (hint !== undefined) {
      if ('filled' in hint) return this.#worker.filled(hint.filled, hint.jobs);
      if ('isLeaderless' in hint) return this.#chores.sweepSoon();
      for (const id of hint.ended) this.#results.ended(id);
      return;
    }
    this.#results.changed();
    if (this.isWorking) {
      this.#worker.wake();
      this.#presence.beatSoon();
    }
    if (this.#isStarted && this.isLeader) this.#agenda.setSooner('chores', 50, () => this.#chores.sweepSoon());
  }

  #inserted(jobs: readonly NewJob[], answers: readonly InsertAnswer[]): void {
    if (!this.isWorking) return;
    let soonest = Infinity;
    for (let i = 0; i < jobs.length; i++) {
      if (answers[i]?.isTaken === true) continue;
      const { dueAt, delayMs } = jobs[i] as NewJob;
      soonest = Math.min(soonest, dueAt === null ? delayMs : dueAt - this.host.now());
    }
    if (soonest === Infinity) return;
    if (soonest <= 0) this.#worker.wakeForOwn();
    else this.#worker.wakeIn(soonest);
  }

  #settled({ job: { id, task }, transition }: Ended): void {
    if (!this.#results.isAwaited(id)) return;
    const { to, reason, result, error } = transition;
    if (to !== 'pending') {
      this.#results.told({ id, task, state: to, reason, result, errors: error === null ? [] : [error] });
    }
    // One that was to be tried again may have ended too: by a cancel.
    else if (error !== null) this.#results.ended(id);
  }
}
