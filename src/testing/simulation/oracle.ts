/**
 * Watches a simulated store for what must never happen. It knows only the calls and the records, and nothing of how a
 * store is made.
 */

import { type GroupLimits, groupOfKey, noLimits } from '../../core/constraint.js';
import { isTerminal, type JobRecord } from '../../core/job.js';
import { isRunsEnd } from '../../core/transitions.js';
import type {
  ExchangeReply,
  ExchangeRequest,
  ExtendRequest,
  InsertAnswer,
  MaintainReply,
  MaintainRequest,
  Settings,
  Store,
} from '../../store/index.js';
import type { Carried } from './sim-store.js';

/** What must hold was broken. */
export class InvariantError extends Error {
  /** Its number in the list of invariants. */
  readonly invariant: number;

  constructor(invariant: number, message: string) {
    super(`Invariant ${invariant}: ${message}`);
    this.name = 'InvariantError';
    this.invariant = invariant;
  }
}

/** What is noted of a constraint key. */
interface KeyBook {
  endedAt: number | null;
  starts: number[];
}

/** All that the limit of a page needs: simulated stores are small. */
const ALL = 1_000;

export class Oracle {
  readonly #store: () => Store;
  #records: Map<string, JobRecord> = new Map();
  /** Each token that was ever claimed under, and when its lease ends. */
  readonly #leases: Map<string, { until: number; lengthMs: number; readonly request: string }> = new Map();
  readonly #limits: Map<string, GroupLimits> = new Map();
  readonly #keys: Map<string, KeyBook> = new Map();
  #highestTerm = 0;
  #latestNow = 0;
  /** Slots that have had a job: schedule, rule, slot → the job. */
  readonly #slots: Map<string, string> = new Map();

  constructor(store: () => Store) {
    this.#store = store;
  }

  /** As the store has them, by what was seen last. */
  get records(): ReadonlyMap<string, JobRecord> {
    return this.#records;
  }

  /** Looks at what the call touched. @throws InvariantError */
  async see(carried: Carried): Promise<void> {
    this.#cutToNow(carried.now);
    this.#latestNow = Math.max(this.#latestNow, carried.now);
    this.#note(carried);
    const before = this.#records;
    const after = await this.#read();
    this.#records = after;
    for (const [id, record] of after) {
      const earlier = before.get(id);
      if (earlier === undefined) this.#checkNew(record);
      else if (earlier.rev !== record.rev || earlier.state !== record.state)
        this.#checkChange(earlier, record, carried);
      else checkSame(earlier, record);
    }
    for (const [id, record] of before) if (!after.has(id)) checkGone(record, carried);
    if (carried.verb === 'exchange') this.#checkClaims(carried);
  }

  /** The store has lost its newest writes: what it has is what counts. */
  async rolledBack(): Promise<void> {
    this.#records = await this.#read();
    this.#slots.clear();
    // What it has forgotten of leases, limits and runs, nobody can hold it to.
    for (const lease of this.#leases.values()) lease.until = 0;
    this.#limits.clear();
    this.#keys.clear();
    this.#highestTerm = 0;
    for (const record of this.#records.values()) this.#noteSlot(record);
  }

  /** Everything: counts and lists agree. @throws InvariantError */
  async audit(): Promise<void> {
    const records = [...(await this.#read()).values()];
    const counts = await this.#store().count({});
    for (const state of ['pending', 'running', 'suspended', 'completed', 'failed', 'cancelled'] as const) {
      const listed = records.filter((record) => record.state === state).length;
      if (counts[state] !== listed)
        throw new InvariantError(11, `${listed} jobs are listed as ${state}, and ${counts[state]} counted.`);
    }
  }

  #note({ verb, args, reply, now }: Carried): void {
    switch (verb) {
      case 'insert':
        for (const answer of reply as readonly InsertAnswer[]) checkAnswer(answer);
        return;
      case 'exchange':
        return this.#noteExchange(args[0] as ExchangeRequest, reply as ExchangeReply, now);
      case 'extend': {
        const { tokens, leaseMs } = args[0] as ExtendRequest;
        for (const token of tokens) {
          const lease = this.#leases.get(token);
          if (lease !== undefined) Object.assign(lease, { until: now + leaseMs, lengthMs: leaseMs });
        }
        return;
      }
      case 'configure': {
        const { queues = [], groups = [] } = args[0] as Settings;
        groups.forEach(({ name, limits }, i) => {
          if ((reply as readonly string[])[queues.length + i] === 'applied') this.#limits.set(name, limits);
        });
        return;
      }
      case 'campaign':
        if (typeof reply === 'number') this.#noteTerm(reply);
        return;
      case 'maintain': {
        const { term } = args[0] as MaintainRequest;
        if (term !== null && term < this.#highestTerm && !(reply as MaintainReply).refused)
          throw new InvariantError(8, `a leader of term ${term} did chores after term ${this.#highestTerm} began.`);
        return;
      }
    }
  }

  /** A clock that steps back makes no lease, cooldown or window longer than it was meant to be. */
  #cutToNow(now: number): void {
    for (const lease of this.#leases.values()) lease.until = Math.min(lease.until, now + lease.lengthMs);
    for (const [key, book] of this.#keys) {
      const { cooldownMs, rate } = this.#limits.get(groupOfKey(key)) ?? noLimits;
      // What was over before the clock stepped back is over.
      if (book.endedAt !== null && book.endedAt + cooldownMs <= this.#latestNow) book.endedAt = null;
      book.endedAt = book.endedAt === null ? null : Math.min(book.endedAt, now);
      book.starts = book.starts
        .filter((at) => rate !== null && at > this.#latestNow - rate.perMs)
        .map((at) => Math.min(at, now));
    }
  }

  #noteTerm(term: number): void {
    if (term < this.#highestTerm)
      throw new InvariantError(8, `term ${term} was given after term ${this.#highestTerm}.`);
    this.#highestTerm = term;
  }

  #noteExchange(request: ExchangeRequest, reply: ExchangeReply, now: number): void {
    request.settle.forEach(({ id, transition, endedAgoMs }, i) => {
      if (reply.settled[i] !== 'ok' || !isRunsEnd(transition)) return;
      for (const key of this.#records.get(id)?.keys ?? []) {
        const book = this.#book(key);
        book.endedAt = Math.max(book.endedAt ?? 0, now - Math.max(0, endedAgoMs));
      }
    });
    const claim = request.claim;
    if (claim === null) return;
    for (const token of new Set(reply.jobs.map((job) => job.token))) {
      const own = `${request.worker}/${claim.token}`;
      const earlier = this.#leases.get(token);
      if (earlier !== undefined && earlier.request !== own)
        throw new InvariantError(2, `token ${token} was issued twice, to ${earlier.request} and ${own}.`);
      this.#leases.set(token, { until: earlier?.until ?? now + claim.leaseMs, lengthMs: claim.leaseMs, request: own });
    }
  }

  #checkNew(record: JobRecord): void {
    if (record.state !== 'pending') throw new InvariantError(1, `new job ${record.id} is ${record.state}.`);
    this.#noteSlot(record);
  }

  #noteSlot({ id, rare }: JobRecord): void {
    if (rare?.scheduleVersion === undefined) return;
    const slot = `${rare.scheduleId}/${rare.scheduleVersion}/${rare.scheduleSlot}`;
    const earlier = this.#slots.get(slot);
    if (earlier !== undefined && earlier !== id)
      throw new InvariantError(6, `slot ${slot} has two jobs: ${earlier} and ${id}.`);
    this.#slots.set(slot, id);
  }

  #checkChange(from: JobRecord, to: JobRecord, { verb, args, now }: Carried): void {
    const what = `job ${to.id}`;
    if (to.rev <= from.rev) throw new InvariantError(9, `${what} went from rev ${from.rev} to ${to.rev}.`);
    if (isTerminal(from.state) && (to.state !== from.state || to.generation !== from.generation)) {
      const isRedrive = verb === 'control' && args[0] === 'retry' && to.generation === from.generation + 1;
      if (!isRedrive)
        throw new InvariantError(3, `${what} had ended as ${from.state}, and is ${to.state} after ${verb}.`);
    }
    // One exchange may settle a job and claim it again.
    const isLetGo = from.state === 'running' && (to.state !== 'running' || from.token !== to.token);
    if (isLetGo) this.#checkLetGo(from, verb, args, now);
    if (from.state !== 'running' && to.state === 'running') this.#checkTaken(from, to, verb, now);
    if (to.maxAttempts !== null && to.attempt > to.maxAttempts)
      throw new InvariantError(7, `${what} is at attempt ${to.attempt} of ${to.maxAttempts}.`);
  }

  /** Only who holds it settles it; only an ended lease sets it free. */
  #checkLetGo(from: JobRecord, verb: string, args: readonly unknown[], now: number): void {
    if (verb === 'exchange') {
      const { settle } = args[0] as ExchangeRequest;
      if (settle.some(({ id, token }) => id === from.id && token === from.token)) return;
    }
    const until = this.#leases.get(from.token as string)?.until ?? Infinity;
    if (until > now)
      throw new InvariantError(
        3,
        `job ${from.id} was taken from its holder by ${verb}, ${until - now} ms before its lease ends.`,
      );
  }

  #checkTaken(from: JobRecord, to: JobRecord, verb: string, now: number): void {
    const what = `job ${to.id}`;
    if (verb !== 'exchange' || from.state !== 'pending')
      throw new InvariantError(2, `${what} was ${from.state}, and runs after ${verb}.`);
    // What was due once stays so, if the clock steps back.
    if (from.dueAt > this.#latestNow)
      throw new InvariantError(5, `${what} was claimed ${from.dueAt - now} ms before it is due.`);
    if (to.attempt !== from.attempt + 1)
      throw new InvariantError(7, `${what} was claimed as attempt ${to.attempt} after ${from.attempt}.`);
  }

  /** What was claimed, under keys. */
  #checkClaims({ reply, now }: Carried): void {
    const claimed = (reply as ExchangeReply).jobs.filter(({ id, token }) => {
      const record = this.#records.get(id);
      return record?.keys != null && record.token === token && record.claimedAt === now;
    });
    for (const { id, keys } of claimed) {
      for (const key of keys ?? []) this.#checkKey(id, key, now);
    }
  }

  #checkKey(id: string, key: string, now: number): void {
    const limits = this.#limits.get(groupOfKey(key)) ?? noLimits;
    const book = this.#book(key);
    const running = [...this.#records.values()].filter((job) => job.state === 'running' && job.keys?.includes(key));
    if (limits.maxConcurrent !== null && running.length > limits.maxConcurrent)
      throw new InvariantError(4, `${running.length} jobs run under ${key}, which has ${limits.maxConcurrent} slots.`);
    if (book.endedAt !== null && book.endedAt + limits.cooldownMs > now)
      throw new InvariantError(
        4,
        `job ${id} was claimed ${book.endedAt + limits.cooldownMs - now} ms too early for ${key}.`,
      );
    if (limits.rate === null) return;
    const { limit, perMs } = limits.rate;
    book.starts.push(now);
    const within = book.starts.filter((at) => at > now - perMs).length;
    if (within > limit)
      throw new InvariantError(4, `${within} jobs started under ${key} within ${perMs} ms; the rate is ${limit}.`);
  }

  #book(key: string): KeyBook {
    let book = this.#keys.get(key);
    if (book === undefined) {
      book = { endedAt: null, starts: [] };
      this.#keys.set(key, book);
    }
    return book;
  }

  async #read(): Promise<Map<string, JobRecord>> {
    const { jobs } = await this.#store().list({}, null, ALL);
    return new Map(jobs.map((job) => [job.id, job]));
  }
}

function checkAnswer({ id, status }: InsertAnswer): void {
  if (id === '') throw new InvariantError(10, `an insert was answered ${status} without an id.`);
}

function checkSame(from: JobRecord, to: JobRecord): void {
  if (from.token !== to.token || from.attempt !== to.attempt || from.reason !== to.reason)
    throw new InvariantError(9, `job ${to.id} changed, and is still at rev ${to.rev}.`);
}

/** A job goes by `delete`, when its time is over, or unclaimed with its schedule's rule. */
function checkGone(record: JobRecord, { verb, args, now }: Carried): void {
  if (verb === 'control' && args[0] === 'delete' && record.state !== 'running') return;
  const isOver = isTerminal(record.state) && (record.pruneAt === null || record.pruneAt <= now);
  const isCounted = isTerminal(record.state) && record.rare?.keep?.count != null;
  if ((verb === 'maintain' && isOver) || isCounted) return;
  const isOfRule = record.rare?.scheduleId !== undefined && record.attempt === 0 && record.state === 'pending';
  if ((verb === 'putSchedule' || verb === 'removeSchedule') && isOfRule) return;
  throw new InvariantError(1, `job ${record.id} (${record.state}) vanished in ${verb}.`);
}
