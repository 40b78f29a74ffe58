/** Where claimed jobs are worked on: some run, a few wait beside them for a free slot. */

import type { Host } from '../core/host.js';
import { type ClaimedJob, defaultKeep, type Keep } from '../core/job.js';
import { cancelled, released, type Transition } from '../core/transitions.js';
import type { Agenda } from './agenda.js';
import { Attempt, type AttemptWatcher } from './attempt.js';
import type { Emitter } from './events.js';
import type { Leases } from './leases.js';
import { Pace } from './pace.js';
import type { Progress } from './progress.js';
import type { EngineOptions, Registry } from './runnable.js';
import { Slots } from './slots.js';

/** Twice what should wait here: by then, it was misjudged. */
const HOARD_MS = 100;

export interface BenchParts {
  readonly host: Host;
  readonly agenda: Agenda;
  readonly registry: Registry;
  readonly options: EngineOptions;
  readonly emitter: Emitter;
  readonly leases: Leases;
  readonly progress: Progress;
}

/** What the bench tells its worker. */
export interface BenchWatcher {
  /** A job is done with here, and is to be settled so. */
  done(job: ClaimedJob, transition: Transition, durationMs: number, endedAt: number): void;
  /** It is settled so without having been run here. */
  notRun(job: ClaimedJob, transition: Transition): void;
  /** A slot is free though nothing is to be settled. */
  freed(): void;
}

export class Bench implements AttemptWatcher {
  readonly #parts: BenchParts;
  readonly #watcher: BenchWatcher;
  readonly #pace: Pace;
  /** By attempt, not by job: a job that was lost and claimed again may run beside its old self for a moment. */
  readonly #running: Slots = new Slots();
  /** Those from `#next` on wait; the ones before have started. */
  #waiting: ClaimedJob[] = [];
  #next = 0;
  /** When jobs were put here last, by the monotonic clock. */
  #filledAt = 0;
  #isDispatching = false;

  constructor(parts: BenchParts, watcher: BenchWatcher) {
    this.#parts = parts;
    this.#watcher = watcher;
    this.#pace = new Pace(parts.options.concurrency, parts.options.hasPrefetch);
  }

  get runningCount(): number {
    return this.#running.count;
  }

  get isEmpty(): boolean {
    return this.count === 0;
  }

  get hasWaiting(): boolean {
    return this.#next < this.#waiting.length;
  }

  /** How many jobs are here. */
  get count(): number {
    return this.#running.count + this.#waiting.length - this.#next;
  }

  /** Slots that nobody runs in or waits for; below 0 where more wait than can start. */
  get free(): number {
    return this.#parts.options.concurrency - this.count;
  }

  /** How many jobs may wait here. */
  get prefetch(): number {
    return this.#pace.prefetch;
  }

  /** Starts them as slots are free; `dispatch` begins it. */
  put(job: ClaimedJob): void {
    // Where jobs always wait, those that have started must be let go all the same.
    if (this.#next > 0 && 2 * this.#next >= this.#waiting.length) this.#wait(this.#waiting.slice(this.#next));
    this.#waiting.push(job);
  }

  /** Jobs were put here. */
  filled(): void {
    this.#filledAt = this.#parts.host.monotonic();
  }

  /** @param now by the monotonic clock, if it is at hand */
  dispatch(now: number | null = null): void {
    if (this.#isDispatching) return;
    this.#isDispatching = true;
    let startsAt = now;
    try {
      while (this.hasWaiting && this.#running.count < this.#parts.options.concurrency) {
        this.#start(this.#waiting[this.#next++] as ClaimedJob, startsAt ?? this.#parts.host.monotonic());
        // It may have taken its time.
        startsAt = null;
      }
    } finally {
      this.#isDispatching = false;
    }
    if (!this.hasWaiting) this.#wait([]);
    // What waits longer than it was thought to is given back: others may be free.
    else if (!this.#parts.agenda.has('hoard')) this.#parts.agenda.set('hoard', HOARD_MS, () => this.#unhoard());
  }

  cancel(jobId: string): void {
    for (const attempt of this.#running.all()) if (attempt.job.id === jobId) attempt.stop('cancelled');
    for (const job of this.#takeBack((waiting) => waiting.id === jobId)) {
      this.#watcher.notRun(job, cancelled(this.keepOf(job)));
    }
  }

  /** Others hold this claim by now. */
  lose(token: string): void {
    for (const attempt of this.#running.all()) if (attempt.job.token === token) attempt.stop('lease-lost');
    this.#takeBack((job) => job.token === token);
  }

  /** Gives back what waits. */
  giveBack(isGiven: (job: ClaimedJob) => boolean): void {
    for (const job of this.#takeBack(isGiven)) this.#watcher.notRun(job, released());
  }

  /** Asks all that runs to stop; after `graceMs` it is given back without its consent. */
  abortAll(graceMs: number): void {
    for (const attempt of this.#running.all()) attempt.stop('shutdown', graceMs);
  }

  keepOf(job: ClaimedJob): Keep {
    return this.#parts.registry.find(job.task)?.keep ?? job.rare?.keep ?? defaultKeep;
  }

  isOurs({ job }: Attempt, now: number): boolean {
    return this.#parts.leases.isSure(job.token, now);
  }

  started({ job }: Attempt): void {
    if (this.#parts.emitter.has('started')) this.#parts.emitter.emit('started', { job });
  }

  progress({ job }: Attempt, text: string, percent: number, step: string | null): void {
    this.#parts.progress.record(job, text);
    if (this.#parts.emitter.has('progress')) this.#parts.emitter.emit('progress', { job, percent, step });
  }

  ended(attempt: Attempt, transition: Transition | null): void {
    const { job, startedAt } = attempt;
    this.#running.free(attempt);
    if (startedAt !== null && this.#parts.emitter.has('ended')) this.#parts.emitter.emit('ended', { job });
    const endedAt = this.#parts.host.monotonic();
    const durationMs = startedAt === null ? 0 : endedAt - startedAt;
    if (transition === null) {
      this.#parts.emitter.emit('lost', { job });
      this.#watcher.freed();
    } else {
      if (startedAt !== null) this.#pace.measured(durationMs);
      this.#watcher.done(job, transition, durationMs, endedAt);
    }
    this.dispatch(endedAt);
  }

  #start(job: ClaimedJob, now: number): void {
    const { registry, host, leases } = this.#parts;
    const runnable = registry.find(job.task);
    // After a pause longer than the lease another worker may have it: it is given back, if it is still ours to give.
    if (runnable === undefined || !leases.isSure(job.token, now)) return this.#watcher.notRun(job, released());
    const attempt = new Attempt(job, runnable, registry, host, this);
    this.#running.add(attempt);
    attempt.start(now);
  }

  /** Those of the waiting that fit wait no more. */
  #takeBack(fits: (job: ClaimedJob) => boolean): readonly ClaimedJob[] {
    if (!this.hasWaiting) return [];
    const waiting = this.#waiting.slice(this.#next);
    const taken = waiting.filter(fits);
    if (taken.length > 0) this.#wait(waiting.filter((job) => !fits(job)));
    return taken;
  }

  #wait(jobs: ClaimedJob[]): void {
    this.#waiting = jobs;
    this.#next = 0;
  }

  #unhoard(): void {
    if (!this.hasWaiting) return;
    if (this.#parts.host.monotonic() - this.#filledAt < HOARD_MS) {
      this.#parts.agenda.set('hoard', HOARD_MS, () => this.#unhoard());
      return;
    }
    this.#pace.slower(HOARD_MS);
    this.giveBack(() => true);
  }
}
