/**
 * The tick: settle what ended, claim what is due, run it; sleep until there is more to do.
 *
 * ```
 *   exchange ──► bench: a few wait, up to `concurrency` run ──► settle buffer ──► exchange
 * ```
 *
 * While one is under way, a second goes only with a large share of what is here.
 */

import { longTimer } from '../core/host.js';
import { token } from '../core/id.js';
import { type ClaimedJob, READER_VERSION } from '../core/job.js';
import { cancelled, orphaned, readerOrphans, type Transition, taskOrphans, tooNew } from '../core/transitions.js';
import type { ClaimRequest, ExchangeReply, ExchangeRequest, Settle, SettleAnswer, Store } from '../store/index.js';
import { isReadable } from './attempt.js';
import { Bench, type BenchParts, type BenchWatcher } from './bench.js';
import { Doubt } from './doubt.js';
import { type Ended, reportEnd } from './ending.js';
import { type Exchange, Exchanges } from './exchanges.js';
import { OpenClaims } from './open-claims.js';

/** A settle waits at most this long for others to share its call. */
const SETTLE_WITHIN_MS = 5;
/** Nor do more than so many wait. */
const SETTLE_BATCH = 500;
/** A reply lists no more names of orphans than this. */
const ORPHANS_NAMED = 32;
/** Between tries while the store fails. */
const RETRY_FIRST_MS = 100;
const RETRY_MOST_MS = 5_000;

export interface WorkerParts extends BenchParts {
  readonly id: string;
  readonly store: Store;
  /** The store took the end of an attempt. */
  readonly onSettled: (ended: Ended) => void;
}

export class Worker implements BenchWatcher {
  readonly #parts: WorkerParts;
  readonly #bench: Bench;
  #ended: Ended[] = [];
  #isClaiming = false;
  /** Turns under way: they claim without the worker having been started. */
  #tickers = 0;
  /** Something may be there to claim. */
  #mayHaveWork = false;
  /** We made something due ourselves, and have not claimed since. */
  #isWorkKnown = false;
  /** Counts the times that we were told so: a reply says nothing of what came after its call. */
  #wakes = 0;
  readonly #exchanges: Exchanges;
  #isAsked = false;
  #isTaking = false;
  #failures = 0;
  readonly #doubt: Doubt = new Doubt();
  readonly #open: OpenClaims = new OpenClaims();
  #adopt: readonly string[] = [];
  #idleWaiters: (() => void)[] = [];

  constructor(parts: WorkerParts) {
    this.#parts = parts;
    this.#bench = new Bench(parts, this);
    this.#exchanges = new Exchanges(parts.store.pipeline !== undefined);
  }

  get runningCount(): number {
    return this.#bench.runningCount;
  }

  /** Nothing runs, waits to run, or waits to be settled here. */
  get isIdle(): boolean {
    return this.#bench.isEmpty && this.#ended.length === 0 && !this.#exchanges.isAny && !this.#mustWithdraw;
  }

  /** Nothing is to come to us any more. */
  get #mustWithdraw(): boolean {
    return !this.#isClaiming && this.#open.isAny;
  }

  start(): void {
    this.#isClaiming = true;
    this.wake();
  }

  /** Claims no more, and gives back what hasn't started. */
  stop(): void {
    this.#isClaiming = false;
    this.#parts.agenda.clear('due');
    this.#bench.giveBack(() => true);
    if (this.#mustWithdraw) void this.#exchange();
  }

  /** There may be something to claim. */
  wake(): void {
    this.#mayHaveWork = true;
    this.#wakes += 1;
    this.#ask();
  }

  /** This process has just made something due. */
  wakeForOwn(): void {
    this.#isWorkKnown = true;
    this.wake();
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
    await this.#exchanges.whenNoneIsUnderWay();
    // What must be repeated comes first, as it was; only then can this turn claim.
    for (let n = this.#exchanges.unanswered; n > 0; n--) await this.#exchange();
    this.#mayHaveWork = true;
    await this.#exchange();
    this.#tickers -= 1;
  }

  cancel(jobId: string): void {
    this.#bench.cancel(jobId);
  }

  /** A claim of ours that had stayed open was given these jobs. */
  filled(claim: string, jobs: readonly ClaimedJob[]): void {
    const [first] = jobs;
    const calledAt = first === undefined ? null : this.#open.fill(claim, first.token);
    if (calledAt === null) return;
    this.#takeOver(() => {
      for (const job of jobs) this.#accept(job, null, calledAt);
      this.#bench.filled();
      if (!this.#isClaiming) this.#bench.giveBack(() => true);
    });
    // There may be more by now, and the next claim stays open in its turn.
    if (this.#isClaiming && this.#bench.free > 0) this.wake();
  }

  /** Claims that others hold by now. */
  lose(tokens: readonly string[]): void {
    for (const lost of tokens) {
      this.#bench.lose(lost);
      this.#parts.leases.drop(lost);
    }
  }

  /** Gives back what waits here for its turn and belongs to a paused queue. */
  purge(queues: readonly string[]): void {
    if (queues.length > 0) this.#bench.giveBack((job) => queues.includes(job.queue));
  }

  /** Asks all that runs to stop; after `graceMs` it is given back without its consent. */
  abortAll(graceMs: number): void {
    this.#bench.abortAll(graceMs);
  }

  /** No settle follows that would claim for the free slot. */
  freed(): void {
    this.wake();
  }

  notRun(job: ClaimedJob, transition: Transition): void {
    this.done(job, transition, 0, this.#parts.host.monotonic());
  }

  done(job: ClaimedJob, transition: Transition, durationMs: number, endedAt: number): void {
    // How far it came is of interest only where it went no further.
    if (transition.to !== 'failed' && transition.to !== 'cancelled') this.#parts.progress.forget(job.id);
    this.#ended.push({ job, transition, endedAt, durationMs });
    this.#afterChange();
  }

  /** Decides whether the next exchange is worth making now, or whether it can wait for company. */
  #afterChange(): void {
    if (this.#isTaking) return;
    if (this.#ended.length === 0) {
      if (this.#mustWithdraw || this.#exchanges.unanswered > 0) this.#ask();
      else if (this.isIdle) this.#announceIdle();
      return;
    }
    if (this.#isShareEnded && !this.#parts.agenda.has('retry')) {
      // The store works on it while the others run here: functions that never wait don't let the event loop turn before.
      void this.#exchange();
    } else if (this.#ended.length >= SETTLE_BATCH || !this.#bench.hasWaiting) this.#ask();
    else if (!this.#parts.agenda.has('settle')) this.#parts.agenda.set('settle', SETTLE_WITHIN_MS, () => this.#ask());
  }

  /** Half of what is here, or so many that they needn't wait for others: the store can work on them meanwhile. */
  get #isShareEnded(): boolean {
    const { pipeline } = this.#parts.store;
    if (pipeline === undefined) return false;
    const half = (this.#bench.count + this.#ended.length) / 2;
    return this.#ended.length >= Math.min(SETTLE_BATCH, Math.max(pipeline.settles, half));
  }

  #ask(): void {
    if (this.#isAsked || this.#parts.agenda.has('retry')) return;
    this.#isAsked = true;
    this.#parts.host.soon(() => {
      this.#isAsked = false;
      void this.#exchange();
    });
  }

  /** Resolves at once where none may go now. */
  #exchange(): Promise<void> {
    const isUrgent = this.#isShareEnded && this.#failures === 0 && !this.#doubt.isOn;
    if (!this.#exchanges.hasRoom(isUrgent)) return Promise.resolve();
    const exchange = this.#exchanges.repeated() ?? this.#nextRequest();
    if (exchange !== null) return this.#send(exchange);
    this.#afterChange();
    return Promise.resolve();
  }

  async #send(exchange: Exchange): Promise<void> {
    const { agenda, progress, store } = this.#parts;
    const { request, ended } = exchange;
    this.#exchanges.begin(exchange);
    agenda.clear('settle');
    const wakes = this.#wakes;
    try {
      if (ended.some(({ job }) => progress.has(job.id))) await progress.flush();
      const reply = await store.exchange(request);
      this.#exchanges.end(exchange);
      if (this.#exchanges.unanswered === 0) {
        agenda.clear('retry');
        // In doubt, a claim that is answered says nothing of whether settles are taken.
        if (ended.length > 0 || !this.#doubt.isOn) this.#failures = 0;
      }
      this.#takeOver(() => this.#take(reply, exchange, wakes !== this.#wakes));
    } catch (error) {
      this.#exchanges.end(exchange);
      this.#retryLater(error, exchange);
    }
  }

  #nextRequest(): Exchange | null {
    const { host, options, registry, leases, id, store } = this.#parts;
    const { free, prefetch } = this.#bench;
    const { asked } = this.#exchanges;
    const wanted = Math.max(0, free + prefetch - asked.jobs);
    // Jobs turn out slower than when the other was sent: it may bring more than should wait here by now.
    const slots = Math.min(wanted, Math.max(0, free - asked.slots));
    const isClaiming =
      (this.#isClaiming || this.#tickers > 0) && wanted > 0 && (this.#mayHaveWork || this.#ended.length > 0);
    if (this.#ended.length === 0 && !isClaiming && !this.#mustWithdraw) return null;
    const isShare = this.#isShareEnded;
    const turn = this.#doubt.next(this.#ended.length, isClaiming);
    const ended = this.#ended.splice(0, turn.settles);
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
    const claim = turn.isClaiming
      ? {
          token: token(host.random32),
          suspectToken: leases.hasSuspect || asked.isForSuspect ? null : token(host.random32),
          queues: registry.queues(),
          slots,
          prefetch: wanted - slots,
          leaseMs: options.leaseMs,
          adopt: this.#adopt,
          isWorkKnown: this.#isWorkKnown,
          // Whoever has that much to do needn't wait for work, and sends the next call before this one is answered.
          keepsOpen: this.#isClaiming && slots > 0 && !isShare && store.notify?.keepsClaims === true,
        }
      : null;
    if (turn.isClaiming) this.#isWorkKnown = false;
    const { heard } = this.#open;
    if (claim?.keepsOpen === true) this.#open.sent(claim.token, now);
    return { request: { worker: id, settle, claim, heard }, ended, calledAt: now };
  }

  /** Only once all of it is here is it known what is free, and what there is to send. */
  #takeOver(take: () => void): void {
    this.#isTaking = true;
    try {
      take();
    } finally {
      this.#isTaking = false;
    }
    this.#bench.dispatch();
    if (this.#mayHaveWork && this.#bench.free > 0) this.#ask();
    this.#afterChange();
  }

  #take(reply: ExchangeReply, { request, ended, calledAt }: Exchange, wasWoken: boolean): void {
    ended.forEach((item, i) => {
      this.#taken(item, reply.settled[i] as SettleAnswer);
    });
    this.#doubt.taken(ended.length);
    const known = this.#knownOf(reply, request);
    for (const job of reply.jobs) if (known?.has(job.token) !== true) this.#accept(job, request.claim, calledAt);
    if (reply.jobs.length > 0) this.#bench.filled();
    this.purge(reply.paused);
    if (!this.#isClaiming && this.#tickers === 0) this.#bench.giveBack(() => true);
    if (request.claim !== null) this.#plan(reply, request.claim, wasWoken);
    // In doubt, or beside a call that asks for enough: what was settled may have made room for more.
    else if (ended.length > 0 || this.#doubt.isOn) this.wake();
  }

  /** Tokens of the reply whose jobs are here already; null in a store that keeps no claim open. */
  #knownOf({ jobs }: ExchangeReply, { claim, heard }: ExchangeRequest): ReadonlySet<string> | null {
    if (this.#parts.store.notify?.keepsClaims !== true) return null;
    const own = claim?.keepsOpen === true ? claim.token : null;
    return this.#open.answered(heard ?? [], own, new Set(jobs.map((job) => job.token)), !this.#exchanges.isAnyUnderWay);
  }

  #taken(ended: Ended, answer: SettleAnswer): void {
    const { leases, emitter, onSettled } = this.#parts;
    leases.release(ended.job.token);
    if (answer === 'lost') return emitter.emit('lost', { job: ended.job });
    reportEnd(emitter, ended);
    onSettled(ended);
  }

  #accept(job: ClaimedJob, claim: ClaimRequest | null, calledAt: number): void {
    this.#parts.leases.hold(job.token, calledAt, job.token === claim?.suspectToken);
    if (job.cancelRequested) this.notRun(job, cancelled(this.#bench.keepOf(job)));
    else if (!isReadable(job)) this.notRun(job, tooNew(job.minReader));
    else if (this.#parts.registry.find(job.task) === undefined) this.notRun(job, orphaned(job.task));
    else this.#bench.put(job);
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
  }

  #retryLater(error: unknown, failed: Exchange): void {
    // It would only have ended an open claim: whoever can't reach the store isn't told of what fills it either.
    if (failed.request.claim === null && failed.ended.length === 0) {
      this.#open.giveUp();
      return this.#afterChange();
    }
    this.#failures += 1;
    if (this.#doubt.failed(failed.ended.length, this.#failures)) this.#part(failed, error);
    else this.#exchanges.repeatLater(failed);
    const delayMs = Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** (this.#failures - 1));
    this.#parts.emitter.emit('error', { error, during: 'the exchange with the store' });
    this.#parts.agenda.set('retry', delayMs, () => this.#ask());
  }

  /** Lets the settles wait again, for their turn in smaller parts. */
  #part({ request, ended, calledAt }: Exchange, error: unknown): void {
    // The claim may have been made, so it is asked for again as it was.
    if (request.claim !== null) {
      this.#exchanges.repeatLater({ request: { ...request, settle: [] }, ended: [], calledAt });
    }
    const [only, ...others] = ended as [Ended, ...Ended[]];
    if (others.length > 0) this.#ended.unshift(...ended);
    else if (this.#doubt.isRefusedForEver(only)) this.#giveUp(only, error);
    else this.#ended.push(only);
  }

  /** As if its worker had died: the job waits out its lease, and is then tried again, or failed. */
  #giveUp({ job }: Ended, error: unknown): void {
    this.#parts.leases.release(job.token);
    this.#parts.emitter.emit('error', { error, during: `settling job ${job.id}, which the store refuses for ever,` });
    this.#parts.emitter.emit('lost', { job });
  }

  #announceIdle(): void {
    for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }
}
