/** A store whose calls are given up after a while: one that is never answered must hold up neither the engine nor a caller for ever. */

import { StoreError } from '../core/errors.js';
import type { Host } from '../core/host.js';
import type { Store } from '../store/index.js';
import type { Agenda } from './agenda.js';

/** Longer than any store may itself wait for a lock or a connection: SQLite's waits are the longest, with 30 s. */
const PATIENCE_MS = 60_000;

/**
 * The same store, whose verbs reject once they have taken `PATIENCE_MS`. Such a call may have been carried out all the
 * same, or still be; what the engine repeats of it counts once. Opening and closing take as long as they take.
 */
export function patient(store: Store, host: Host, agenda: Agenda): Store {
  const { leader, health } = store;
  const calls = new Calls(store.location, host, agenda);
  const within =
    <A extends readonly unknown[], R>(verb: string, call: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> =>
      calls.watch(verb, call(...args));
  const timed = {
    kind: store.kind,
    location: store.location,
    get durability() {
      return store.durability;
    },
    notify: store.notify,
    events: store.events,
    losses: store.losses,
    partitions: store.partitions,
    direct: store.direct,
    pipeline: store.pipeline,
    leader:
      leader === undefined
        ? undefined
        : {
            campaign: within('campaign', (worker, leaseMs) => leader.campaign(worker, leaseMs)),
            resign: within('resign', (worker, term) => leader.resign(worker, term)),
          },
    health: health === undefined ? undefined : { check: within('health', (workers) => health.check(workers)) },
    open: () => store.open(),
    close: () => store.close(),
    insert: within('insert', (jobs) => store.insert(jobs)),
    exchange: within('exchange', (request) => store.exchange(request)),
    extend: within('extend', (request) => store.extend(request)),
    update: within('update', (changes) => store.update(changes)),
    maintain: within('maintain', (request) => store.maintain(request)),
    control: within('control', (action, selector, limit) => store.control(action, selector, limit)),
    get: within('get', (ids) => store.get(ids)),
    list: within('list', (filter, cursor, limit) => store.list(filter, cursor, limit)),
    count: within('count', (filter) => store.count(filter)),
    inspect: within('inspect', (id) => store.inspect(id)),
    putSchedule: within('putSchedule', (schedule) => store.putSchedule(schedule)),
    removeSchedule: within('removeSchedule', (id) => store.removeSchedule(id)),
    listSchedules: within('listSchedules', (filter, limit) => store.listSchedules(filter, limit)),
    advanceSchedules: within('advanceSchedules', (advances) => store.advanceSchedules(advances)),
    configure: within('configure', (settings) => store.configure(settings)),
    workers: within('workers', () => store.workers()),
  } satisfies { [K in keyof Required<Store>]: Store[K] };
  return timed;
}

interface Call {
  readonly verb: string;
  /** On the monotonic clock. */
  readonly until: number;
  readonly giveUp: (error: Error) => void;
}

/** Those under way, the oldest first. They share one entry of the agenda, so a call that is answered costs no timer. */
class Calls {
  readonly #location: string;
  readonly #host: Host;
  readonly #agenda: Agenda;
  readonly #pending: Set<Call> = new Set();

  constructor(location: string, host: Host, agenda: Agenda) {
    this.#location = location;
    this.#host = host;
    this.#agenda = agenda;
  }

  watch<T>(verb: string, answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const call: Call = { verb, until: this.#host.monotonic() + PATIENCE_MS, giveUp: reject };
      this.#pending.add(call);
      if (this.#pending.size === 1) this.#look(PATIENCE_MS);
      answer.then(
        (value) => {
          this.#answered(call);
          resolve(value);
        },
        (error: unknown) => {
          this.#answered(call);
          reject(error);
        },
      );
    });
  }

  #answered(call: Call): void {
    this.#pending.delete(call);
    // So that it keeps no process alive.
    if (this.#pending.size === 0) this.#agenda.clear('patience');
  }

  #look(inMs: number): void {
    this.#agenda.set('patience', inMs, () => {
      const now = this.#host.monotonic();
      for (const call of this.#pending) {
        if (call.until > now) return this.#look(call.until - now);
        this.#pending.delete(call);
        call.giveUp(this.#silence(call.verb));
      }
    });
  }

  #silence(verb: string): StoreError {
    return new StoreError(
      'STORE_FAILED',
      `The store '${this.#location}' has not answered '${verb}' for ${PATIENCE_MS / 1_000} s. Whether it was carried out is unknown, so it may be repeated under the same id or key. Look whether the store is up and can be reached.`,
    );
  }
}
