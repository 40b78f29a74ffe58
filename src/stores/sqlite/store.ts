/** The SQLite store: each verb of the contract is one transaction. */

import type { ProgressChange, Store } from '../../store/index.js';
import { Connection } from './connection.js';
import { control } from './control.js';
import { exchange } from './exchange.js';
import { checkHealth } from './health.js';
import { insertAll } from './insert.js';
import { maintain, type Rounds } from './maintain.js';
import { watchFile } from './notify.js';
import type { OpenOptions } from './open.js';
import { extend, leadership, workers } from './presence.js';
import { count, get, inspect, list } from './query.js';
import { advanceSchedules, listSchedules, putSchedule, removeSchedule } from './schedules.js';
import type { Session } from './session.js';
import { configure } from './settings.js';
import { WRITE_PROGRESS } from './sql/jobs.js';

/** What the factory `sqlite` makes: a store that also tells which SQLite it has. */
export interface SqliteStore extends Store {
  /** Of the library behind the driver; null until the store is open. Before 3.51.3, a file of several processes can, rarely, be damaged. */
  readonly sqliteVersion: string | null;
  /** `node:sqlite`, `libsql`, `given`; null unless the store is open. */
  readonly driverName: string | null;
}

export function sqliteStore(options: OpenOptions, clock: () => number): SqliteStore {
  const { path, synchronous } = options;
  const isInMemory = path === ':memory:';
  const rounds: Rounds = { lastNow: Infinity, keysAfter: '', tasksAfter: '' };
  const connection = new Connection(options, clock, (n) => watch?.ownNews(n));
  const attempt = <T>(run: (session: Session) => T): Promise<T> => connection.attempt(run);
  const watch = isInMemory ? null : watchFile(path, connection);
  return {
    kind: 'sqlite',
    location: path,
    durability: isInMemory ? 'none' : synchronous === 'full' ? 'durable' : 'bounded',
    get sqliteVersion() {
      return connection.sqliteVersion;
    },
    get driverName() {
      return connection.driverName;
    },
    leader: leadership(attempt),
    notify: watch ?? undefined,
    health: { check: (workers) => attempt((s) => checkHealth(s.db, path, workers)) },
    open: () => connection.open(),
    async close() {
      watch?.close();
      connection.close();
    },
    insert: (jobs) => attempt((s) => (jobs.length === 0 ? [] : s.write((tx) => insertAll(tx, jobs)))),
    exchange: (request) => attempt((s) => exchange(s, request)),
    extend: (request) => attempt((s) => extend(s, request)),
    update: (changes) => attempt((s) => update(s, changes)),
    maintain: (request) => attempt((s) => maintain(s, rounds, request)),
    control: (action, selector, limit) => attempt((s) => control(s, action, selector, limit)),
    get: (ids) => attempt((s) => get(s, ids)),
    list: (filter, cursor, limit) => attempt((s) => list(s, filter, cursor, limit)),
    count: (filter) => attempt((s) => count(s, filter)),
    inspect: (id) => attempt((s) => inspect(s, id)),
    putSchedule: (schedule) => attempt((s) => putSchedule(s, schedule)),
    removeSchedule: (id) => attempt((s) => removeSchedule(s, id)),
    listSchedules: (filter, limit) => attempt((s) => listSchedules(s, filter, limit)),
    advanceSchedules: (advances) => attempt((s) => advanceSchedules(s, advances)),
    configure: (settings) => attempt((s) => configure(s, settings)),
    workers: () => attempt((s) => workers(s)),
  };
}

function update(session: Session, changes: readonly ProgressChange[]): readonly ('ok' | 'lost')[] {
  if (changes.length === 0) return [];
  return session.write((tx) =>
    changes.map(({ seq, token, progress }) => (tx.db.run(WRITE_PROGRESS, [progress, seq, token]) > 0 ? 'ok' : 'lost')),
  );
}
