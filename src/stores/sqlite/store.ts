/** The SQLite store: each verb one transaction, tried again while another process has the lock. */

import { ClosedError, StoreError } from '../../core/errors.js';
import type { Store } from '../../store/index.js';
import { control } from './control.js';
import type { Database } from './database.js';
import { exchange } from './exchange.js';
import { isBusy, storeError } from './failure.js';
import { insertAll } from './insert.js';
import { maintain, type Rounds } from './maintain.js';
import { watchFile } from './notify.js';
import { type OpenOptions, openDatabase } from './open.js';
import { extend, leadership, workers } from './presence.js';
import { count, get, inspect, list } from './query.js';
import { advanceSchedules, listSchedules, putSchedule, removeSchedule } from './schedules.js';
import { Session } from './session.js';
import { configure } from './settings.js';
import { WRITE_PROGRESS } from './sql/jobs.js';

/** After this long without the lock, a call fails. */
const GIVE_UP_MS = 30_000;
const LONGEST_PAUSE_MS = 50;

export interface SqliteStore extends Store {
  /** Of the library behind the driver; null until the store is open. Before 3.51.3, a WAL file of several processes can, rarely, be damaged. */
  readonly sqliteVersion: string | null;
  /** `node:sqlite`, `libsql`, `given`; null until the store is open. */
  readonly driverName: string | null;
}

export function sqliteStore(options: OpenOptions, clock: () => number): SqliteStore {
  const { path, synchronous } = options;
  const isInMemory = path === ':memory:';
  const rounds: Rounds = { keysAfter: '', tasksAfter: '' };
  let session: Session | null = null;
  let opening: Promise<void> | null = null;
  let isClosed = false;
  let sqliteVersion: string | null = null;
  const watch = isInMemory ? null : watchFile(path, () => dataVersion(session));

  const attempt = <T>(run: (session: Session) => T): Promise<T> =>
    whileBusy(path, () => {
      if (isClosed) throw new ClosedError('use the store');
      if (session === null) throw new StoreError('STORE_FAILED', `The SQLite store '${path}' is not open. Await open() first.`);
      return run(session);
    });

  const open = async (): Promise<void> => {
    if (isClosed) throw new ClosedError('open the store');
    const db = await whileBusy(path, () => openDatabase(options));
    sqliteVersion = db.driver.prepare('SELECT sqlite_version() AS version').get([])?.['version'] as string;
    session = new Session(db, clock);
    // Closed while it was being opened.
    if (isClosed) release();
  };
  const release = (): void => {
    watch?.close();
    const db: Database | undefined = session?.db;
    session = null;
    // A handle that was given stays open: it is its owner's to close.
    if (options.database === undefined) db?.close();
  };

  return {
    kind: 'sqlite',
    location: path,
    durability: isInMemory ? 'none' : synchronous === 'full' ? 'durable' : 'bounded',
    get sqliteVersion() {
      return sqliteVersion;
    },
    get driverName() {
      return session?.db.driver.name ?? null;
    },
    leader: leadership(attempt),
    notify: watch ?? undefined,
    open() {
      opening ??= open().catch((error: unknown) => {
        opening = null;
        throw error;
      });
      return opening;
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      release();
    },
    insert: (jobs) => attempt((s) => (jobs.length === 0 ? [] : s.write((tx) => insertAll(tx, jobs)))),
    exchange: (request) => attempt((s) => exchange(s, request)),
    extend: (request) => attempt((s) => extend(s, request)),
    update: (changes) =>
      attempt((s) => {
        if (changes.length === 0) return [];
        return s.write((tx) =>
          changes.map(({ seq, token, progress }) => (tx.db.run(WRITE_PROGRESS, [progress, seq, token]) > 0 ? 'ok' : 'lost')),
        );
      }),
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

/** Runs what is all or nothing until it gets the lock. Between the tries the process does other things. */
async function whileBusy<T>(path: string, run: () => T | Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + GIVE_UP_MS;
  for (let tries = 1; ; tries++) {
    try {
      return await run();
    } catch (error) {
      if (!isBusy(error) || performance.now() > giveUpAt) throw storeError(error, path);
    }
    await pause(Math.random() * Math.min(LONGEST_PAUSE_MS, 4 * tries));
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

function dataVersion(session: Session | null): number | null {
  try {
    return session === null ? null : (session.db.pragma('data_version') as number);
  } catch {
    return null;
  }
}
