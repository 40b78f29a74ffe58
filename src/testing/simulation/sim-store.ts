/**
 * The store of a simulated world: the reference store behind a network that loses, repeats and delays.
 *
 * Calls are carried out one after the other at simulated times, and written down, so that the store can lose its
 * newest writes: it is made anew from those before.
 */

import type { ExchangeReply, ExchangeRequest, ExtendRequest, Hint, InsertAnswer, Store } from '../../store/index.js';
import { memory } from '../../stores/memory/index.js';
import type { Chance } from './chance.js';
import { type Faults, noFaults } from './faults.js';
import { OpenClaims } from './open-claims.js';
import type { SimProcess } from './sim-process.js';
import type { Timeline } from './timeline.js';

/** Verbs that only look. */
const LOOKING = new Set<string>(['get', 'list', 'count', 'inspect', 'listSchedules', 'workers', 'health']);
/** What may come once more long after its reply. The others say how something is to be from now on. */
const REPEATED_LATE = new Set<string>(['insert', 'exchange', 'extend', 'update', 'maintain', 'campaign']);
const NEWS = new Set<string>(['insert', 'control', 'putSchedule', 'removeSchedule', 'configure']);
/** Between a process and its store, each way. */
const FASTEST_MS = 0;
const SLOWEST_MS = 4;

/** A call that the store has carried out. */
export interface Carried {
  readonly verb: string;
  readonly args: readonly unknown[];
  readonly reply: unknown;
  /** By the store's clock. */
  readonly now: number;
  readonly from: string;
  /** In true time. */
  readonly at: number;
  readonly calledAt: number;
}

export interface SimStoreParts {
  readonly timeline: Timeline;
  readonly chance: Chance;
  /** As they are at the time: they end when the world heals. */
  readonly faults: () => Faults;
  readonly leaseMs: number;
  /** Hears of each call that changes something, after it was carried out; may throw. */
  readonly onCarried: (carried: Carried) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

export class SimStore {
  readonly #parts: SimStoreParts;
  #inner: Store;
  #journal: { readonly now: number; readonly verb: string; readonly args: readonly unknown[] }[] = [];
  readonly #listeners: Map<SimProcess, Set<(hint?: Hint) => void>> = new Map();
  readonly #open: OpenClaims;
  #skewMs = 0;
  /** While the past is repeated. */
  #pastNow: number | null = null;

  constructor(parts: SimStoreParts) {
    this.#parts = parts;
    this.#inner = memory({ clock: () => this.now() });
    this.#open = new OpenClaims((...call) => this.#perform(...call), parts.chance);
  }

  /** By the store's clock. */
  now(): number {
    return this.#pastNow ?? this.#parts.timeline.now + this.#skewMs;
  }

  /** For looking, past the network. */
  get inner(): Store {
    return this.#inner;
  }

  stepClock(ms: number): void {
    this.#skewMs += ms;
    this.#parts.timeline.tell('store', `has its clock step by ${ms} ms`);
  }

  /** Loses the newest writes. */
  async rollBack(writes: number): Promise<void> {
    this.#journal = this.#journal.slice(0, Math.max(0, this.#journal.length - writes));
    this.#inner = memory({ clock: () => this.now() });
    for (const { now, verb, args } of this.#journal) {
      this.#pastNow = now;
      await verbOf(this.#inner, verb)(...args).catch(() => {});
    }
    this.#pastNow = null;
    this.#open.forget();
    this.#parts.timeline.tell('store', `loses its newest ${writes} writes`);
  }

  /** The store as one process sees it. */
  seenBy(process: SimProcess): Store {
    const verb =
      (name: string) =>
      (...args: readonly unknown[]): Promise<never> =>
        this.#call(process, name, args) as Promise<never>;
    const { chance } = this.#parts;
    return {
      kind: 'simulated',
      location: 'simulation',
      durability: 'durable',
      leader: { campaign: verb('campaign'), resign: verb('resign') },
      notify: { keepsClaims: true, subscribe: (listener) => this.#subscribe(process, listener) },
      // Its network keeps no order, which is more than a store may do.
      pipeline: chance.hits(0.5) ? { settles: chance.int(1, 3) } : undefined,
      open: async () => {},
      close: async () => {},
      insert: verb('insert'),
      exchange: verb('exchange'),
      extend: verb('extend'),
      update: verb('update'),
      maintain: verb('maintain'),
      control: verb('control'),
      get: verb('get'),
      list: verb('list'),
      count: verb('count'),
      inspect: verb('inspect'),
      putSchedule: verb('putSchedule'),
      removeSchedule: verb('removeSchedule'),
      listSchedules: verb('listSchedules'),
      advanceSchedules: verb('advanceSchedules'),
      configure: verb('configure'),
      workers: verb('workers'),
    };
  }

  #call(process: SimProcess, verb: string, args: readonly unknown[]): Promise<unknown> {
    const { timeline, chance } = this.#parts;
    const faults = process.isSpared ? noFaults : this.#parts.faults();
    const calledAt = timeline.now;
    return new Promise((resolve, reject) => {
      if (process.isDead) return;
      if (chance.hits(faults.deathBeforeCall)) return process.kill(`before ${verb}`);
      const fail = (): void => {
        timeline.plan(chance.int(1, 200), process, `${verb} fails`, () => reject(new Error('The connection broke.')));
      };
      if (process.isCutOff || chance.hits(faults.lostCall)) return fail();
      const isSlow = chance.hits(faults.slowCall);
      const way = (): number => (isSlow ? chance.int(0, 3 * this.#parts.leaseMs) : chance.int(FASTEST_MS, SLOWEST_MS));
      timeline.plan(way(), null, `${verb} from ${process.name}`, () => {
        void this.#carry(process, verb, args, calledAt).then(({ reply, error }) => {
          if (chance.hits(faults.deathAfterCall)) return process.kill(`after ${verb}`);
          if (process.isCutOff || chance.hits(faults.lostReply)) return fail();
          if (chance.hits(faults.silentCall)) return;
          timeline.plan(way(), process, `${verb} is answered`, () =>
            error === null ? resolve(reply) : reject(error.thrown),
          );
        });
      });
      if (chance.hits(faults.repeatedCall)) {
        const again = chance.int(0, REPEATED_LATE.has(verb) ? 2 * this.#parts.leaseMs : SLOWEST_MS);
        timeline.plan(again, null, `${verb} from ${process.name} once more`, () => {
          void this.#carry(process, verb, args, calledAt);
        });
      }
    });
  }

  async #carry(
    process: SimProcess,
    verb: string,
    args: readonly unknown[],
    calledAt: number,
  ): Promise<{ readonly reply: unknown; readonly error: { readonly thrown: unknown } | null }> {
    let reply: unknown;
    try {
      reply = await this.#carryOut(process, verb, args, calledAt);
    } catch (thrown) {
      return { reply: undefined, error: { thrown } };
    }
    if (verb === 'resign') this.#wakeOthers(process, { isLeaderless: true });
    if (isNews(verb, args, reply)) this.#wakeOthers(process);
    return { reply, error: null };
  }

  async #carryOut(process: SimProcess, verb: string, args: readonly unknown[], calledAt: number): Promise<unknown> {
    if (verb === 'exchange') {
      return this.#open.exchange(process, args[0] as ExchangeRequest, calledAt, () => this.now());
    }
    const reply = await this.#perform(process, verb, args, calledAt);
    if (verb === 'extend' && (args[0] as ExtendRequest).leaving) this.#open.leave((args[0] as ExtendRequest).worker.id);
    if (verb !== 'insert') return reply;
    return this.#open.fill(
      reply as readonly InsertAnswer[],
      () => this.now(),
      (...filled) => this.#tell(...filled),
    );
  }

  /** One call on the reference store, written down and judged. */
  async #perform(process: SimProcess, verb: string, args: readonly unknown[], calledAt: number): Promise<unknown> {
    const now = this.now();
    const reply = await verbOf(this.#inner, verb)(...args);
    if (LOOKING.has(verb)) return reply;
    this.#journal.push({ now, verb, args });
    const at = this.#parts.timeline.now;
    await this.#parts
      .onCarried({ verb, args, reply, now, from: process.name, at, calledAt })
      .catch(this.#parts.onError);
    return reply;
  }

  #tell(process: SimProcess, filled: string, { jobs }: ExchangeReply): void {
    this.#wake(process, { filled, jobs });
  }

  #subscribe(process: SimProcess, listener: (hint?: Hint) => void): () => void {
    const own = this.#listeners.get(process) ?? new Set();
    this.#listeners.set(process, own.add(listener));
    return () => own.delete(listener);
  }

  #wakeOthers(by: SimProcess, hint?: Hint): void {
    for (const process of this.#listeners.keys()) if (process !== by) this.#wake(process, hint);
  }

  /** It hears so, later, twice, or never. */
  #wake(process: SimProcess, hint?: Hint): void {
    const { chance, timeline } = this.#parts;
    const faults = this.#parts.faults();
    if (process.isDead || process.isCutOff || chance.hits(faults.lostWake)) return;
    const times = chance.hits(faults.repeatedWake) ? 2 : 1;
    for (const listener of this.#listeners.get(process) ?? []) {
      for (let i = 0; i < times; i++) timeline.plan(chance.int(0, 20), process, 'is woken', () => listener(hint));
    }
  }
}

/** After these others may find something to do. */
function isNews(verb: string, args: readonly unknown[], reply: unknown): boolean {
  if (verb === 'exchange') return (args[0] as ExchangeRequest).settle.length > 0;
  if (verb === 'insert') return (reply as readonly InsertAnswer[]).some(({ isTaken }) => isTaken !== true);
  return NEWS.has(verb);
}

function verbOf(store: Store, verb: string): (...args: readonly unknown[]) => Promise<unknown> {
  const { leader } = store;
  if (verb === 'campaign' || verb === 'resign') {
    return leader?.[verb] as unknown as (...args: readonly unknown[]) => Promise<unknown>;
  }
  return store[verb as keyof Store] as (...args: readonly unknown[]) => Promise<unknown>;
}
