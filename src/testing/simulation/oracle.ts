/**
 * Watches a simulated store for what must never happen. It knows only the calls and the records, and nothing of how a
 * store is made.
 */

import { type GroupLimits, groupOfKey, noLimits } from '../../core/constraint.js';
import { isTerminal, type JobRecord, type NewJob } from '../../core/job.js';
import type { Transition } from '../../core/transitions.js';
import type {
  ExchangeReply,
  ExchangeRequest,
  ExtendReply,
  ExtendRequest,
  InsertAnswer,
  MaintainReply,
  ScheduleRecord,
  Settings,
  Store,
} from '../../store/index.js';
import { checkClaim, checkExtend, checkInsert, SettleCheck } from './check-answers.js';
import { LeaderCheck } from './check-leader.js';
import { ScheduleCheck } from './check-schedules.js';
import { InvariantError } from './invariant-error.js';
import type { Carried } from './sim-store.js';

/** What is noted of a constraint key. */
interface KeyBook {
  endedAt: number | null;
  starts: number[];
}

/** What is noted of a claim. */
interface LeaseBook {
  until: number;
  /** As if clocks never stepped back. */
  longestUntil: number;
  lengthMs: number;
  readonly request: string;
  /** In true time: when it was taken, and until when its worker may be sure of it. */
  readonly takenAt: number;
  sureUntil: number;
}

/** All that the limit of a page needs: simulated stores are small. */
const ALL = 1_000;

export class Oracle {
  readonly #store: () => Store;
  /** The claim of each job whose start was counted last. */
  readonly #countedUnder: Map<string, string> = new Map();
  #records: Map<string, JobRecord> = new Map();
  /** Each token that was ever claimed under, and when its lease ends. */
  readonly #leases: Map<string, LeaseBook> = new Map();
  /** By process and job: the token under which it was told of it last. */
  readonly #told: Map<string, string> = new Map();
  readonly #limits: Map<string, GroupLimits> = new Map();
  readonly #keys: Map<string, KeyBook> = new Map();
  readonly #versions: Map<string, number> = new Map();
  #latestNow = 0;
  readonly #settles: SettleCheck = new SettleCheck();
  readonly #leader: LeaderCheck = new LeaderCheck();
  readonly #schedules: ScheduleCheck = new ScheduleCheck();

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
    this.#leader.check(carried);
    await this.#schedules.check(carried, after, () => this.#readSchedules());
    this.#checkAnswers(carried, before);
    if (carried.verb === 'exchange') this.#checkClaims(carried);
  }

  /** The store has lost its newest writes: what it has is what counts. */
  async rolledBack(): Promise<void> {
    this.#records = await this.#read();
    // What it has forgotten of leases, limits and runs, nobody can hold it to.
    for (const lease of this.#leases.values()) Object.assign(lease, { until: 0, longestUntil: Infinity });
    this.#limits.clear();
    this.#versions.clear();
    this.#keys.clear();
    this.#leader.forget();
    await this.#schedules.forget(this.#records, () => this.#readSchedules());
  }

  /** A process calls the function of a job. @throws InvariantError */
  starts(process: string, id: string, trueNow: number): void {
    const lease = this.#leases.get(this.#told.get(`${process}/${id}`) ?? '');
    if (lease !== undefined && lease.sureUntil <= trueNow)
      throw new InvariantError(
        2,
        `${process} starts job ${id} ${trueNow - lease.sureUntil} ms after its lease can have ended.`,
      );
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
    const placed = (place: JobRecord['placement'], isOrphan = false): number =>
      records.filter((job) => job.placement === place && (place !== 'parked' || isNoKey(job.parkedOn) === isOrphan))
        .length;
    const { delayed, parked, orphaned } = counts;
    const there = [placed('delayed'), placed('parked'), placed('parked', true)];
    if (`${there}` !== `${[delayed, parked, orphaned]}`)
      throw new InvariantError(
        11,
        `${there} jobs are delayed, parked, orphaned; ${delayed}, ${parked}, ${orphaned} counted.`,
      );
    await this.#auditKeys(records);
  }

  /** The slots that are taken are those of the jobs that run. */
  async #auditKeys(records: readonly JobRecord[]): Promise<void> {
    const examples = new Map(records.flatMap(({ id, keys }) => (keys ?? []).map((key) => [key, id] as const)));
    for (const id of new Set(examples.values())) {
      for (const { key, running, waiting } of (await this.#store().inspect(id))?.keys ?? []) {
        const runs = records.filter((job) => job.state === 'running' && job.keys?.includes(key)).length;
        const waits = records.filter((job) => job.state === 'pending' && job.parkedOn === key).length;
        if (running !== runs)
          throw new InvariantError(11, `${runs} jobs run under ${key}, and ${running} slots are taken.`);
        if (waiting !== waits)
          throw new InvariantError(11, `${waits} jobs wait at ${key}, and ${waiting} are in its line.`);
      }
    }
  }

  #note(carried: Carried): void {
    const { verb, args, reply, now, calledAt } = carried;
    switch (verb) {
      case 'exchange':
        return this.#noteExchange(carried, args[0] as ExchangeRequest, reply as ExchangeReply);
      case 'extend': {
        const { tokens, leaseMs } = args[0] as ExtendRequest;
        const { lost } = reply as ExtendReply;
        for (const token of tokens) {
          const lease = this.#leases.get(token);
          if (lease === undefined || lost.includes(token)) continue;
          const sureUntil = Math.max(lease.sureUntil, calledAt + leaseMs);
          Object.assign(lease, { until: now + leaseMs, longestUntil: now + leaseMs, lengthMs: leaseMs, sureUntil });
        }
        return;
      }
      case 'configure':
        return this.#noteSettings(args[0] as Settings, reply as readonly string[]);
    }
  }

  #noteSettings({ queues = [], groups = [] }: Settings, answers: readonly string[]): void {
    groups.forEach(({ name, limits, definitionVersion }, i) => {
      if (answers[queues.length + i] !== 'applied') return;
      const highest = this.#versions.get(name) ?? 0;
      if (definitionVersion < highest)
        throw new InvariantError(4, `the limits of ${name} went back from version ${highest} to ${definitionVersion}.`);
      this.#versions.set(name, definitionVersion);
      this.#limits.set(name, limits);
    });
  }

  #checkAnswers({ verb, args, reply, now }: Carried, before: ReadonlyMap<string, JobRecord>): void {
    switch (verb) {
      case 'insert':
        return checkInsert(args[0] as readonly NewJob[], reply as readonly InsertAnswer[], before, this.#records);
      case 'exchange':
        this.#settles.check(args[0] as ExchangeRequest, reply as ExchangeReply, before, this.#records);
        return checkClaim(args[0] as ExchangeRequest, reply as ExchangeReply, this.#records);
      case 'extend':
        return checkExtend(args[0] as ExtendRequest, reply as ExtendReply, before);
      case 'maintain': {
        const { refused, more } = reply as MaintainReply;
        if (!refused && !more) this.#checkRescued(now);
      }
    }
  }

  /** Nobody is left under a lease that has ended. */
  #checkRescued(now: number): void {
    for (const { id, state, token } of this.#records.values()) {
      const lease = state === 'running' ? this.#leases.get(token as string) : undefined;
      if (lease !== undefined && Math.max(lease.until, lease.longestUntil) <= now)
        throw new InvariantError(5, `job ${id} is not rescued, ${now - lease.longestUntil} ms after its lease ended.`);
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

  #noteExchange({ now, at, calledAt, from }: Carried, request: ExchangeRequest, reply: ExchangeReply): void {
    request.settle.forEach(({ id, token, transition, endedAgoMs }, i) => {
      if (reply.settled[i] !== 'ok') return;
      if (at - endedAgoMs < (this.#leases.get(token)?.takenAt ?? 0))
        throw new InvariantError(4, `job ${id} is said to have ended ${endedAgoMs} ms ago, before it was claimed.`);
      if (!isRun(transition)) return;
      for (const key of this.#records.get(id)?.keys ?? []) {
        const book = this.#book(key);
        book.endedAt = Math.max(book.endedAt ?? 0, now - Math.max(0, endedAgoMs));
      }
    });
    const claim = request.claim;
    if (claim === null) return;
    for (const { id, token } of reply.jobs) this.#told.set(`${from}/${id}`, token);
    for (const token of new Set(reply.jobs.map((job) => job.token))) {
      const own = `${request.worker}/${claim.token}`;
      const earlier = this.#leases.get(token);
      if (earlier !== undefined && earlier.request !== own)
        throw new InvariantError(2, `token ${token} was issued twice, to ${earlier.request} and ${own}.`);
      const until = now + claim.leaseMs;
      // A call that comes once more, long after all of its jobs were settled, claims anew.
      const isAnew = reply.jobs.some((job) => job.token === token && !this.#isHeld(job.id, token));
      if (earlier !== undefined && isAnew) Object.assign(earlier, { until, longestUntil: until });
      if (earlier !== undefined) continue;
      const lease = { until, longestUntil: until, lengthMs: claim.leaseMs, request: own };
      this.#leases.set(token, { ...lease, takenAt: at, sureUntil: calledAt + claim.leaseMs });
    }
  }

  #isHeld(id: string, token: string): boolean {
    const record = this.#records.get(id);
    return record?.state === 'running' && record.token === token;
  }

  #checkNew(record: JobRecord): void {
    if (record.state !== 'pending') throw new InvariantError(1, `new job ${record.id} is ${record.state}.`);
    this.#schedules.made(record);
  }

  #checkChange(from: JobRecord, to: JobRecord, { verb, args, now }: Carried): void {
    const what = `job ${to.id}`;
    if (to.rev <= from.rev) throw new InvariantError(9, `${what} went from rev ${from.rev} to ${to.rev}.`);
    if (isTerminal(from.state) && (to.state !== from.state || to.generation !== from.generation)) {
      const isRedrive = verb === 'control' && args[0] === 'retry' && to.generation === from.generation + 1;
      if (!isRedrive)
        throw new InvariantError(3, `${what} had ended as ${from.state}, and is ${to.state} after ${verb}.`);
    }
    if (to.generation !== from.generation && !isTerminal(from.state))
      throw new InvariantError(1, `${what} was ${from.state}, and began generation ${to.generation} after ${verb}.`);
    if (to.generation > from.generation && to.attempt > (to.state === 'running' ? 1 : 0))
      throw new InvariantError(7, `${what} begins generation ${to.generation} at attempt ${to.attempt}.`);
    if (verb === 'maintain' && from.state === 'running') checkRescue(from, to);
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
    for (const { id, keys, token } of claimed) {
      // A call that arrives twice within a millisecond is answered the same claim twice.
      if (this.#countedUnder.get(id) === token) continue;
      this.#countedUnder.set(id, token);
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

  async #readSchedules(): Promise<ReadonlyMap<string, ScheduleRecord>> {
    const schedules = await this.#store().listSchedules({}, ALL);
    return new Map(schedules.map((schedule) => [schedule.id, schedule]));
  }

  async #read(): Promise<Map<string, JobRecord>> {
    const { jobs } = await this.#store().list({}, null, ALL);
    return new Map(jobs.map((job) => [job.id, job]));
  }
}

/** A first expiry is free and makes a suspect; each further one counts. */
function checkRescue(from: JobRecord, to: JobRecord): void {
  const attempt = from.attempt - (from.suspect || to.state !== 'pending' ? 0 : 1);
  if (to.attempt !== attempt || (to.state === 'pending' && !to.suspect))
    throw new InvariantError(
      7,
      `job ${to.id} is ${to.suspect ? 'a' : 'no'} suspect at attempt ${to.attempt} after its rescue.`,
    );
}

/** Told apart without the product's own judgement, which may be wrong. */
function isRun({ refund, reason }: Transition): boolean {
  return !refund && reason !== 'skipped';
}

function isNoKey(parkedOn: string | null): boolean {
  return parkedOn !== null && /^(task|reader):/.test(parkedOn);
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
