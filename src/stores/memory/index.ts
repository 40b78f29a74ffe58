/** The memory store: the reference of the contract, for tests, for one process, for trying things out. */

import { ClosedError } from '../../core/errors.js';
import type { Store } from '../../store/index.js';
import { Bell } from './bell.js';
import { control } from './control.js';
import { exchange } from './exchange.js';
import { insert } from './insert.js';
import { extend, maintain, update } from './maintain.js';
import { count, get, inspect, list } from './query.js';
import { advanceSchedule, listSchedules, putSchedule, removeSchedule } from './schedules.js';

import { configure, leadership, workers } from './settings.js';
import { MemoryState } from './state.js';

/** What the factory `memory` takes. */
export interface MemoryOptions {
  /** The store's clock, epoch ms. Default `Date.now`. */
  readonly clock?: (() => number) | undefined;
}

/** A store that lives as long as the process, and loses everything with it. Several managers may share one. */
export function memory(options: MemoryOptions = {}): Store {
  const state = new MemoryState(options.clock);
  let isClosed = false;
  /** Managers that opened it: the last one that closes it ends it. */
  let users = 0;
  const bell = new Bell();
  const check = (): void => {
    if (isClosed) throw new ClosedError('use the store');
  };
  /** Each verb runs whole in one turn, so each is atomic. */
  const verb =
    <A extends unknown[], R>(run: (...args: A) => R) =>
    async (...args: A): Promise<R> => {
      check();
      return run(...args);
    };
  /** A verb after which another manager of the same store may find something to do. */
  const change = <A extends unknown[], R>(run: (...args: A) => R): ((...args: A) => Promise<R>) =>
    verb((...args: A): R => {
      bell.ring();
      return run(...args);
    });
  return {
    kind: 'memory',
    location: 'memory',
    durability: 'none',
    leader: leadership(state),
    notify: { subscribe: (listener) => bell.subscribe(listener) },
    direct: {
      insert: (job) => {
        check();
        bell.ring();
        return insert(state, job, state.clock());
      },
    },
    async open() {
      users += 1;
    },
    async close() {
      users -= 1;
      isClosed ||= users <= 0;
    },
    insert: change((jobs) => {
      const now = state.clock();
      return jobs.map((job) => insert(state, job, now));
    }),
    exchange: verb((request) => {
      if (request.settle.length > 0) bell.ring();
      return exchange(state, request);
    }),
    extend: verb((request) => extend(state, request)),
    update: verb((changes) => changes.map((item) => update(state, item))),
    maintain: verb((request) => maintain(state, request)),
    control: change((action, selector, limit) => control(state, action, selector, limit)),
    get: verb((ids) => ids.map((id) => get(state, id))),
    list: verb((filter, cursor, limit) => list(state, filter, cursor, limit)),
    count: verb((filter) => count(state, filter)),
    inspect: verb((id) => inspect(state, id)),
    putSchedule: change((schedule) => putSchedule(state, schedule)),
    removeSchedule: change((id) => removeSchedule(state, id)),
    listSchedules: verb((filter, limit) => listSchedules(state, filter, limit)),
    advanceSchedules: verb((advances) => advances.map((advance) => advanceSchedule(state, advance))),
    configure: change((settings) => configure(state, settings)),
    workers: verb(() => workers(state)),
  };
}
