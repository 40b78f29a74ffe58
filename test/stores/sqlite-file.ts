/** A database file for one test: its stores, the connections beside them, and their clock. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { Database } from '../../src/stores/sqlite/database.js';
import { openDriver } from '../../src/stores/sqlite/drivers/index.js';
import {
  type DriverName,
  type SqliteHandle,
  type SqliteOptions,
  type SqliteStore,
  sqlite,
} from '../../src/stores/sqlite/index.js';

/** Those that this Node has. */
export const drivers: readonly DriverName[] =
  process.getBuiltinModule('node:sqlite') === undefined ? ['libsql'] : ['node:sqlite', 'libsql'];

export const BEGIN = 1_750_000_000_000;

export class SqliteFile {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'taskspan-'));
  readonly path: string = join(this.folder, 'jobs.db');
  /** What the stores' clock says. */
  now = BEGIN;
  readonly #closing: (() => unknown)[] = [];

  /** One that goes when the test ends. */
  static forTest(): SqliteFile {
    const file = new SqliteFile();
    onTestFinished(() => file.dispose());
    return file;
  }

  /** One more store on the file. */
  async open(options: Partial<SqliteOptions>): Promise<SqliteStore> {
    const store = sqlite({ path: this.path, clock: () => this.now, ...options });
    this.#closing.push(() => store.close());
    await store.open();
    return store;
  }

  /** A connection of its own to the same file, for what no store would do. */
  async connect(driver: DriverName): Promise<Database> {
    const db = new Database(await openDriver(this.path, driver, undefined));
    db.exec('PRAGMA busy_timeout = 5000');
    this.#closing.push(() => db.close(true));
    return db;
  }

  async dispose(): Promise<void> {
    for (const close of this.#closing) await close();
    rmSync(this.folder, { recursive: true });
  }
}

/** A handle in the shape of better-sqlite3, which is libsql's. */
export async function openHandle(path: string): Promise<SqliteHandle> {
  const { default: Libsql } = (await import('libsql')) as unknown as { default: new (path: string) => SqliteHandle };
  return new Libsql(path);
}
