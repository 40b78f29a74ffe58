/** Waiting for the ends of jobs: told at once of those that end here, and looking for the others. */

import { JobGoneError, TimeoutError } from '../core/errors.js';
import { type Host, longTimer } from '../core/host.js';
import { isTerminal, type JobRecord } from '../core/job.js';
import type { Store } from '../store/index.js';
import type { Agenda } from './agenda.js';
import { Repeater } from './repeater.js';

/** While someone waits, the store is asked at least this often; sooner after a notification. */
const LOOK_FIRST_MS = 50;
const LOOK_MOST_MS = 1_000;
/** Ids in one call; more wait for the next. */
const LOOK_BATCH = 500;
/** While somebody waits, others are asked again and again to say what ended. */
const AWAIT_MS = 10_000;
const AWAIT_AGAIN_MS = 4_000;

export interface WaitOptions {
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What of a job's record tells how it ended. */
export type EndedJob = Pick<JobRecord, 'id' | 'task' | 'state' | 'reason' | 'result' | 'errors'>;

interface Waiter {
  readonly resolve: (job: EndedJob) => void;
  readonly reject: (error: unknown) => void;
  /** Ends what would end the waiting early; null: nothing would. */
  release: (() => void) | null;
}

export class Results {
  readonly #store: Store;
  readonly #host: Host;
  readonly #agenda: Agenda;
  readonly #onLook: (waitedMs: number) => void;
  readonly #waiters: Map<string, Waiter[]> = new Map();
  /** To be looked at next: new ones, those that ended here, and some of the others in turn. */
  readonly #wanted: Set<string> = new Set();
  #turn: Iterator<string> = this.#waiters.keys();
  readonly #looks: Repeater = new Repeater(() => this.#look());
  #isLookAsked = false;
  #everyMs = LOOK_FIRST_MS;
  #waitingSince = 0;
  #askedAt = -Infinity;

  /** @param onLook hears, before each look, how long someone has waited already */
  constructor(store: Store, host: Host, agenda: Agenda, onLook: (waitedMs: number) => void) {
    this.#store = store;
    this.#host = host;
    this.#agenda = agenda;
    this.#onLook = onLook;
  }

  /**
   * How the job ended, once it has.
   *
   * Rejects with JobGoneError if it isn't in the store, TimeoutError, or the signal's reason.
   */
  wait(id: string, { timeoutMs, signal }: WaitOptions = {}): Promise<EndedJob> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      const waiter: Waiter = { resolve, reject, release: null };
      if (timeoutMs !== undefined || signal !== undefined) this.#bound(id, waiter, timeoutMs, signal);
      this.#add(id, waiter);
    });
  }

  /** Somebody waits for this one. Mostly nobody waits for any, and then the id needs no hash. */
  isAwaited(id: string): boolean {
    return this.#waiters.size > 0 && this.#waiters.has(id);
  }

  /** The store took the end of a job that ran in this process. */
  told(job: EndedJob): void {
    this.#tell(job.id, job);
  }

  /** A job may have ended. */
  ended(id: string): void {
    if (!this.#waiters.has(id)) return;
    this.#wanted.add(id);
    this.#lookSoon();
  }

  /** Something changed in the store: jobs that run elsewhere may have ended. */
  changed(): void {
    if (this.#waiters.size === 0) return;
    this.#wantSome();
    this.#lookSoon();
  }

  /** The manager closes: nobody will be told any more. */
  rejectAll(error: unknown): void {
    for (const id of [...this.#waiters.keys()]) this.#answer(id, (waiter) => waiter.reject(error));
  }

  /** It waits no longer than that. */
  #bound(id: string, waiter: Waiter, timeoutMs: number | undefined, signal: AbortSignal | undefined): void {
    const giveUp = (error: unknown): void => {
      this.#remove(id, waiter);
      waiter.release?.();
      waiter.reject(error);
    };
    const onAbort = (): void => giveUp(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    const cancelTimer =
      timeoutMs === undefined
        ? null
        : longTimer(this.#host, timeoutMs, () =>
            giveUp(new TimeoutError(`Job ${id} did not end within ${timeoutMs} ms. It goes on.`)),
          );
    waiter.release = () => {
      cancelTimer?.();
      signal?.removeEventListener('abort', onAbort);
    };
  }

  #add(id: string, waiter: Waiter): void {
    if (this.#waiters.size === 0) this.#waitingSince = this.#host.monotonic();
    const own = this.#waiters.get(id);
    if (own === undefined) this.#waiters.set(id, [waiter]);
    else own.push(waiter);
    this.#everyMs = LOOK_FIRST_MS;
    this.#wanted.add(id);
    this.#lookSoon();
  }

  #remove(id: string, waiter: Waiter): void {
    const others = this.#waiters.get(id)?.filter((other) => other !== waiter) ?? [];
    if (others.length > 0) this.#waiters.set(id, others);
    else this.#forget(id);
  }

  #forget(id: string): void {
    this.#waiters.delete(id);
    if (this.#waiters.size === 0) this.#agenda.clear('results');
  }

  /** Who waits for it waits no more. */
  #answer(id: string, answer: (waiter: Waiter) => void): void {
    const waiters = this.#waiters.get(id) ?? [];
    this.#forget(id);
    for (const waiter of waiters) {
      waiter.release?.();
      answer(waiter);
    }
  }

  /** The next ones in turn, so that a look costs the same however many are awaited. */
  #wantSome(): void {
    let left = Math.min(LOOK_BATCH, this.#waiters.size);
    while (left-- > 0) {
      let next = this.#turn.next();
      if (next.done === true) {
        this.#turn = this.#waiters.keys();
        next = this.#turn.next();
      }
      if (next.done !== true) this.#wanted.add(next.value);
    }
  }

  #lookSoon(): void {
    if (this.#isLookAsked) return;
    this.#isLookAsked = true;
    this.#host.soon(() => {
      this.#isLookAsked = false;
      void this.#looks.ask();
    });
  }

  async #look(): Promise<void> {
    if (this.#waiters.size === 0) return;
    this.#onLook(this.#host.monotonic() - this.#waitingSince);
    this.#askOthers();
    const ids = [...this.#wanted].filter((id) => this.#waiters.has(id));
    this.#wanted.clear();
    for (let i = 0; i < ids.length; i += LOOK_BATCH) await this.#lookAt(ids.slice(i, i + LOOK_BATCH));
    if (this.#waiters.size === 0) return;
    this.#agenda.setSooner('results', this.#everyMs, () => {
      this.#everyMs = Math.min(LOOK_MOST_MS, this.#everyMs * 1.5);
      this.changed();
    });
  }

  /** What ends before they hear of it is found by looking. */
  #askOthers(): void {
    const { notify } = this.#store;
    if (notify?.awaitEnds === undefined || this.#host.monotonic() - this.#askedAt < AWAIT_AGAIN_MS) return;
    this.#askedAt = this.#host.monotonic();
    notify.awaitEnds(AWAIT_MS).catch(() => {
      this.#askedAt = -Infinity;
    });
  }

  async #lookAt(ids: readonly string[]): Promise<void> {
    try {
      const jobs = await this.#store.get(ids);
      ids.forEach((id, i) => {
        this.#tell(id, jobs[i] ?? null);
      });
    } catch {
      // The store is away for now; a later look will tell.
      for (const id of ids) this.#wanted.add(id);
    }
  }

  #tell(id: string, job: EndedJob | null): void {
    if (job === null) this.#answer(id, (waiter) => waiter.reject(new JobGoneError(id)));
    else if (isTerminal(job.state)) this.#answer(id, (waiter) => waiter.resolve(job));
  }
}
