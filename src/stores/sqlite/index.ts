/** The SQLite store: one file, any number of processes of one machine. */

import { OptionError } from '../../core/errors.js';
import { checkOptions, nonEmptyString } from '../../core/options.js';
import type { SqliteHandle } from './driver.js';
import type { DriverName } from './drivers/index.js';
import { type SqliteStore, sqliteStore } from './store.js';

export type { SqliteHandle, SqliteHandleStatement } from './driver.js';
export type { DriverName } from './drivers/index.js';
export type { SqliteStore } from './store.js';

/** What the factory `sqlite` takes. */
export interface SqliteOptions {
  /** The file, made if it isn't there (its folder must be); or `:memory:`. Not on a network file system. */
  readonly path: string;
  /**
   * `full` (default): what is acknowledged survives a loss of power. `normal`: about twice as fast
   * for jobs that come one by one; a loss of power may take the newest commits, a crash of the process takes none.
   */
  readonly synchronous?: 'full' | 'normal' | undefined;
  /** Default: `node:sqlite` where Node has it (22.13 and later), else the package `libsql`. */
  readonly driver?: DriverName | undefined;
  /** An open better-sqlite3 database (or one of its shape) to use instead. It is not closed with the store. */
  readonly database?: SqliteHandle | undefined;
  /** The store's clock, epoch ms. Default `Date.now`. All processes of a file should have the same one. */
  readonly clock?: (() => number) | undefined;
}

const known: readonly (keyof SqliteOptions)[] = ['path', 'synchronous', 'driver', 'database', 'clock'];

/**
 * Jobs in an SQLite file. Nothing is opened until `open()`, which rejects with a StoreError
 * (`INVALID_STORE`, `NEWER_VERSION`) or a MissingDriverError that says what to do.
 *
 * @throws OptionError for an unknown option or value
 */
export function sqlite(options: SqliteOptions): SqliteStore {
  checkOptions('sqlite', options, known);
  const { path, synchronous = 'full', driver, database, clock = Date.now } = options;
  nonEmptyString(path, "sqlite's path", 4_096);
  if (synchronous !== 'full' && synchronous !== 'normal') {
    throw new OptionError(`sqlite's synchronous is '${String(synchronous)}'; it must be 'full' or 'normal'.`);
  }
  return sqliteStore({ path, synchronous, driver, database }, clock);
}
