/**
 * The tick: settle what ended, claim what is due, run it; sleep until there is more to do.
 *
 * ```
 *   exchange ──► buffer ──► attempts (≤ concurrency) ──► settle buffer ──► exchange
 * ```
 *
 * One exchange is under way at a time. One whose reply was lost is made again as it was, so its claim is
 * answered again and its settles are recognised.
 */

import { token } from '../core/id.js';
import type { ClaimedJob } from '../core/job.js';
import { defaultKeep, type Keep, READER_VERSION } from '../core/job.js';
import {
  cancelled,
  orphaned,
  readerOrphans,
  released,
  type Transition,
  taskOrphans,
  tooNew,
} from '../core/transitions.js';
import type { ClaimRequest, ExchangeReply, ExchangeRequest, Settle, SettleAnswer, Store } from '../store/index.js';
import type { Agenda } from './agenda.js';
import { Attempt, type AttemptWatcher, isReadable } from './attempt.js';
import { type Ended, reportEnd } from './ending.js';
import type { Emitter } from './events.js';
import { type Host, longTimer } from './host.js';
import type { Leases } from './leases.js';
import { Pace } from './pace.js';
import type { Progress } from './progress.js';
import type { EngineOptions, Registry } from './runnable.js';

/** A settle waits at most this long for others to share its call. */
const SETTLE_WITHIN_MS = 5;
/** Nor do more than so many wait. */
const SETTLE_BATCH = 500;
/** Twice what the buffer should hold: by then, what waits in it was misjudged. */
const HOARD_MS = 100;
/** A reply lists no more names of orphans than this. */
const ORPHANS_NAMED = 32;
/** Between tries while the store fails. */
const RETRY_FIRST_MS = 100;
const RETRY_MOST_MS = 5_000;

interface Exchange {
  readonly request: ExchangeRequest;
  /** What its settles are about, in their order. */
  readonly ended: readonly Ended[];
  /** When it was made first, by the monotonic clock: leases count from there, however often it is repeated. */
  readonly calledAt: number;
}

export interface WorkerParts {
  readonly id: string;
  readonly store: Store;
  readonly host: Host;
  readonly agenda: Agenda;
  readonly registry: Registry;
  readonly options: EngineOptions;
  readonly emitter: Emitter;
  readonly leases: Leases;
  readonly progress: Progress;
  /** The store took the end of an attempt. */
  readonly onSettled: (ended: Ended) => void;
}

export class Worker implements AttemptWatcher {
  readonly #parts: WorkerParts;
  readonly #pace: Pace;
  /** By attempt, not by job: a job that was lost and claimed again may run beside its old self for a moment. */
  readonly #running: Set<Attempt> = new Set();
  #buffer: ClaimedJob[] = [];
  /** When the buffer was filled last, by the monotonic clock. */
  #filledAt = 0;
  #ended: Ended[] = [];
  #isClaiming = false;
  /** Turns under way: they claim without the worker having been started. */
  #tickers = 0;
  /** Something may be there to claim. */
  #mayHaveWork = false;
  /** Counts the times that we were told so: a reply says nothing of what came after its call. */
  #wakes = 0;
  #isExchanging = false;
  /** The one under way, or the last. */
  #exchanging: Promise<void> = Promise.resolve();
  #isTickAsked = false;
  #isDispatching = false;
  /** Sent, and not answered: the store failed, or the reply was lost. */
  #unanswered: Exchange | null = null;
  #failures = 0;
  #adopt: readonly string[] = [];
  #idleWaiters: (() => void)[] = [];

  constructor(parts: WorkerParts) {
    this.#parts = parts;
    this.#pace = new Pace(parts.options.concurrency, parts.options.hasPrefetch);
  }

  get runningCount(): number {
    return this.#running.size;
  }

  /** Nothing runs, waits to run, or waits to be settled here. */
  get isIdle(): boolean {
    return (
      this.#running.size === 0 &&
      this.#buffer.length === 0 &&
      this.#ended.length === 0 &&
      !this.#isExchanging &&
      this.#unanswered === null
    );
  }

  start(): void {
    this.#isClaiming = true;
    this.wake();
  }

  /** Claims no more, and gives back what hasn't started. */
  stop(): void {
    this.#isClaiming = false;
    this.#parts.agenda.clear('due');
    this.#giveBack(() => true);
  }

  /** There may be something to claim. */
  wake(): void {
    this.#mayHaveWork = true;
    this.#wakes += 1;
    this.#ask();
  }

  /** The earliest that something may become due, from now. */
  wakeIn(delayMs: number): void {
    if (this.#isClaiming) this.#parts.agenda.setSooner('due', delayMs, () => this.wake());
  }

  /** Resolves when all that runs here has ended and is settled, or after `timeoutMs`. */
  async whenIdle(timeoutMs: number = Infinity): Promise<boolean> {
    if (this.isIdle) return true;
    return new Promise((resolve) => {
      const cancelTimer = timeoutMs === Infinity ? null : longTimer(this.#parts.host, timeoutMs, () => resolve(false));
      this.#idleWaiters.push(() => {
        cancelTimer?.();
        resolve(true);
      });
      this.#ask();
    });
  }

  /** One turn, for hosts without a loop. Resolves when what it claimed was started. */
  async tick(): Promise<void> {
    this.#tickers += 1;
    while (this.#isExchanging) await this.#exchanging;
    // What must be repeated comes first, as it was; only then can this turn claim.
    if (this.#unanswered !== null) await this.#exchange();
    this.#mayHaveWork = true;
    await this.#exchange();
    this.#tickers -= 1;
  }

  cancel(jobId: string): void {
    for (const attempt of this.#running) if (attempt.job.id === jobId) attempt.stop('cancelled');
    const index = this.#buffer.findIndex((job) => job.id === jobId);
    const [job] = index < 0 ? [] : this.#buffer.splice(index, 1);
    if (job !== undefined) this.#settle(job, cancelled(this.#keepOf(job)), 0);
  }

  /** Claims that others hold by now. */
  lose(tokens: readonly string[]): void {
    for (const lost of tokens) {
      for (const attempt of this.#running) if (attempt.job.token === lost) attempt.stop('lease-lost');
      this.#buffer = this.#buffer.filter((job) => job.token !== lost);
      this.#parts.leases.drop(lost);
    }
  }

  /** Gives back what waits here for its turn and belongs to a paused queue. */
  purge(queues: readonly string[]): void {
    if (queues.length > 0) this.#giveBack((job) => queues.includes(job.queue));
  }

  /** Asks all that runs to stop; after `graceMs` it is given back without its consent. */
  abortAll(graceMs: number): void {
    for (const attempt of this.#running) attempt.stop('shutdown', graceMs);
  }

  started(attempt: Attempt): void {
    if (this.#parts.emitter.has('started')) this.#parts.emitter.emit('started', { job: attempt.job });
  }

  progress(attempt: Attempt, text: string, percent: number, step: string | null): void {
    this.#parts.progress.record(attempt.job, text);
    if (this.#parts.emitter.has('progress')) this.#parts.emitter.emit('progress', { job: attempt.job, percent, step });
  }

  ended(attempt: Attempt, transition: Transition | null): void {
    const { job, startedAt } = attempt;
    this.#running.delete(attempt);
    const durationMs = startedAt === null ? 0 : this.#parts.host.monotonic() - startedAt;
    if (transition === null) {
      this.#parts.emitter.emit('lost', { job });
      // No settle follows that would claim for the free slot.
      this.wake();
    } else {
      if (startedAt !== null) this.#pace.measured(durationMs);
      this.#settle(job, transition, durationMs);
    }
    this.#dispatch();
    this.#afterChange();
  }

  #settle(job: ClaimedJob, transition: Transition, durationMs: number): void {
    // How far it came is of interest only where it went no further.
    if (transition.to !== 'failed' && transition.to !== 'cancelled') this.#parts.progress.forget(job.id);
    this.#ended.push({ job, transition, endedAt: this.#parts.host.monotonic(), durationMs });
    this.#afterChange();
  }

  /** Decides whether the next exchange is worth making now, or whether it can wait for company. */
  #afterChange(): void {
    if (this.#ended.length === 0) {
      if (this.isIdle) this.#announceIdle();
      return;
    }
    if (this.#ended.length >= SETTLE_BATCH || this.#buffer.length === 0) this.#ask();
    else if (!this.#parts.agenda.has('settle')) this.#parts.agenda.set('settle', SETTLE_WITHIN_MS, () => this.#ask());
  }

  #ask(): void {
    if (this.#isTickAsked || this.#parts.agenda.has('retry')) return;
    this.#isTickAsked = true;
    this.#parts.host.soon(() => {
      this.#isTickAsked = false;
      void this.#exchange();
    });
  }

  /** Resolves at once where one is under way. */
  #exchange(): Promise<void> {
    if (this.#isExchanging) return Promise.resolve();
    this.#exchanging = this.#exchangeOnce();
    return this.#exchanging;
  }

  async #exchangeOnce(): Promise<void> {
    const work = this.#unanswered ?? this.#nextRequest();
    if (work === null) return this.#afterChange();
    this.#isExchanging = true;
    this.#unanswered = work;
    this.#parts.agenda.clear('settle');
    const wakes = this.#wakes;
    try {
      if (work.ended.some(({ job }) => this.#parts.progress.has(job.id))) await this.#parts.progress.flush();
      const reply = await this.#parts.store.exchange(work.request);
      this.#unanswered = null;
      this.#failures = 0;
      this.#isExchanging = false;
      this.#take(reply, work, wakes !== this.#wakes);
    } catch (error) {
      this.#isExchanging = false;
      this.#retryLater(error);
    }
  }

  #nextRequest(): Exchange | null {
    const { host, options, registry, leases, id } = this.#parts;
    const free = options.concurrency - this.#running.size - this.#buffer.length;
    const prefetch = this.#pace.prefetch;
    const slots = Math.max(0, free);
    const wanted = Math.max(0, free + prefetch);
    const isClaiming =
      (this.#isClaiming || this.#tickers > 0) && wanted > 0 && (this.#mayHaveWork || this.#ended.length > 0);
    if (this.#ended.length === 0 && !isClaiming) return null;
    const ended = this.#ended;
    this.#ended = [];
    const now = host.monotonic();
    const settle = ended.map(
      ({ job, transition, endedAt }): Settle => ({
        id: job.id,
        seq: job.seq,
        token: job.token,
        transition,
        endedAgoMs: now - endedAt,
      }),
    );
    const claim = isClaiming
      ? {
          token: token(host.random32),
          suspectToken: leases.hasSuspect ? null : token(host.random32),
          queues: registry.queues(),
          slots,
          prefetch: wanted - slots,
          leaseMs: options.leaseMs,
          adopt: this.#adopt,
        }
      : null;
    return { request: { worker: id, settle, claim }, ended, calledAt: now };
  }

  #take(reply: ExchangeReply, { request, ended, calledAt }: Exchange, wasWoken: boolean): void {
    ended.forEach((item, i) => {
      this.#taken(item, reply.settled[i] as SettleAnswer);
    });
    if (reply.jobs.length > 0) this.#filledAt = this.#parts.host.monotonic();
    for (const job of reply.jobs) this.#accept(job, request, calledAt);
    this.purge(reply.paused);
    if (!this.#isClaiming && this.#tickers === 0) this.#giveBack(() => true);
    if (request.claim !== null) this.#plan(reply, request.claim, wasWoken);
    this.#dispatch();
    this.#afterChange();
  }

  #taken(ended: Ended, answer: SettleAnswer): void {
    const { leases, emitter, onSettled } = this.#parts;
    leases.release(ended.job.token);
    if (answer === 'lost') return emitter.emit('lost', { job: ended.job });
    reportEnd(emitter, ended);
    onSettled(ended);
  }

  #accept(job: ClaimedJob, request: ExchangeRequest, calledAt: number): void {
    this.#parts.leases.hold(job.token, calledAt, job.token === request.claim?.suspectToken);
    if (job.cancelRequested) this.#settle(job, cancelled(this.#keepOf(job)), 0);
    else if (!isReadable(job)) this.#settle(job, tooNew(job.minReader), 0);
    else if (this.#parts.registry.find(job.task) === undefined) this.#settle(job, orphaned(job.task), 0);
    else this.#buffer.push(job);
  }

  #keepOf(job: ClaimedJob): Keep {
    return this.#parts.registry.find(job.task)?.keep ?? job.rare?.keep ?? defaultKeep;
  }

  #plan(reply: ExchangeReply, claim: ClaimRequest, wasWoken: boolean): void {
    const { registry, leases } = this.#parts;
    const readers = Array.from({ length: READER_VERSION }, (_, i) => readerOrphans(i + 1));
    const known = (name: string): boolean =>
      registry.names().some((task) => taskOrphans(task) === name) || readers.includes(name);
    const named = reply.orphans.filter(known);
    const isCut = reply.orphans.length >= ORPHANS_NAMED;
    // Where more names wait than a reply lists, ours may be among the others: ask for all that we can run.
    this.#adopt = isCut ? [...registry.names().map(taskOrphans), ...readers] : named;
    const hasToAsk = named.length > 0 || (isCut && claim.adopt.length < this.#adopt.length);
    // A suspect that this very call settled made room for the next one, which the call couldn't ask for.
    const hasRoomForSuspect = claim.suspectToken === null && !leases.hasSuspect;
    this.#mayHaveWork = wasWoken || reply.more || hasRoomForSuspect || hasToAsk;
    if (reply.nextAt !== null) this.wakeIn(reply.nextAt - reply.now);
    const free = this.#parts.options.concurrency - this.#running.size - this.#buffer.length;
    if (this.#mayHaveWork && free > 0) this.#ask();
  }

  #dispatch(): void {
    if (this.#isDispatching) return;
    this.#isDispatching = true;
    try {
      while (this.#buffer.length > 0 && this.#running.size < this.#parts.options.concurrency) {
        this.#startJob(this.#buffer.shift() as ClaimedJob);
      }
    } finally {
      this.#isDispatching = false;
    }
    // What waits longer than it was thought to is given back: others may be free.
    if (this.#buffer.length > 0) this.#parts.agenda.setSooner('hoard', HOARD_MS, () => this.#unhoard());
  }

  #startJob(job: ClaimedJob): void {
    const { registry, host, leases } = this.#parts;
    const runnable = registry.find(job.task);
    // After a pause longer than the lease another worker may have it: it is given back, if it is still ours to give.
    if (runnable === undefined || !leases.isSure(job.token)) return this.#settle(job, released(), 0);
    const attempt = new Attempt(job, runnable, registry, host, this);
    this.#running.add(attempt);
    attempt.start();
  }

  #unhoard(): void {
    if (this.#buffer.length === 0) return;
    if (this.#parts.host.monotonic() - this.#filledAt < HOARD_MS) {
      this.#parts.agenda.set('hoard', HOARD_MS, () => this.#unhoard());
      return;
    }
    this.#pace.slower(HOARD_MS);
    this.#giveBack(() => true);
  }

  #giveBack(isGiven: (job: ClaimedJob) => boolean): void {
    const given = this.#buffer.filter(isGiven);
    if (given.length === 0) return;
    this.#buffer = this.#buffer.filter((job) => !isGiven(job));
    for (const job of given) this.#settle(job, released(), 0);
  }

  #retryLater(error: unknown): void {
    this.#failures += 1;
    const delayMs = Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** (this.#failures - 1));
    this.#parts.emitter.emit('error', { error, during: 'the exchange with the store' });
    this.#parts.agenda.set('retry', delayMs, () => this.#ask());
  }

  #announceIdle(): void {
    for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }
}
