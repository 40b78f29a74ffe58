/** Opening a file: that it is ours, that it is as new as we are, and how SQLite is to treat it. */

import { StoreError, TaskspanError } from '../../core/errors.js';
import { Database } from './database.js';
import type { Driver, SqliteHandle } from './driver.js';
import { type DriverName, openDriver } from './drivers/index.js';
import { isBusy, isNotADatabase } from './failure.js';
import { APPLICATION_ID, migrations } from './sql/schema.js';

/** How long one statement may block the process while another process writes; the store then tries again without blocking. */
const BUSY_TIMEOUT_MS = 100;
/** Pages of the log before they are copied into the file. Larger than SQLite's 1,000: jobs are rewritten soon, so fewer pages are copied. */
const CHECKPOINT_PAGES = 4_000;
const CACHE_KIB = 32_768;

export interface OpenOptions {
  readonly path: string;
  readonly synchronous: 'full' | 'normal';
  readonly driver: DriverName | undefined;
  readonly database: SqliteHandle | undefined;
}

export async function openDatabase(options: OpenOptions): Promise<Database> {
  const { path } = options;
  if (options.database === undefined) checkFolder(path);
  let db: Database | null = null;
  try {
    db = new Database(await connect(options));
    prepare(db, options);
    return db;
  } catch (error) {
    db?.close(options.database === undefined);
    if (isNotADatabase(error)) {
      throw new StoreError(
        'INVALID_STORE',
        `'${path}' is not an SQLite database. Give the path of a taskspan file, or of one that doesn't exist yet.`,
        {
          cause: error,
        },
      );
    }
    throw error;
  }
}

async function connect({ path, driver, database }: OpenOptions): Promise<Driver> {
  try {
    return await openDriver(path, driver, database);
  } catch (error) {
    if (error instanceof TaskspanError || isBusy(error)) throw error;
    throw new StoreError(
      'INVALID_STORE',
      `'${path}' can't be opened: it must be a file that this process may read and write.`,
      {
        cause: error,
      },
    );
  }
}

function checkFolder(path: string): void {
  if (path === ':memory:') return;
  const fs = process.getBuiltinModule('node:fs');
  const folder = process.getBuiltinModule('node:path').dirname(path);
  if (fs.existsSync(folder)) return;
  throw new StoreError(
    'INVALID_STORE',
    `The folder '${folder}' of the SQLite store '${path}' does not exist. Make it first: mkdir -p '${folder}'`,
  );
}

function prepare(db: Database, { path, synchronous }: OpenOptions): void {
  db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  // Before anything is changed: a file of somebody else's stays as it is.
  db.snapshot(() => checkOwner(db, path));
  db.exec('PRAGMA journal_mode = WAL');
  db.exec(
    `PRAGMA synchronous = ${synchronous}; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}; PRAGMA cache_size = -${CACHE_KIB}`,
  );
  if (versionOf(db) !== migrations.length) db.transaction(() => migrate(db, path));
}

function checkOwner(db: Database, path: string): void {
  const owner = db.pragma('application_id');
  const version = versionOf(db);
  if (owner === APPLICATION_ID) {
    if (version <= migrations.length) return;
    throw new StoreError(
      'NEWER_VERSION',
      `The SQLite store '${path}' has version ${version}, and this taskspan knows versions up to ${migrations.length}. Update taskspan, or use another file.`,
    );
  }
  const tables = db.get<{ n: number }>('SELECT count(*) AS n FROM sqlite_schema');
  if (tables?.n === 0) return;
  throw new StoreError(
    'INVALID_STORE',
    `'${path}' is an SQLite database of another application. Give taskspan a file of its own.`,
  );
}

/** Under the write lock: of several processes that open a new file at once, one makes the tables and the others see them. */
function migrate(db: Database, path: string): void {
  checkOwner(db, path);
  for (const migration of migrations.slice(versionOf(db))) db.exec(migration);
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}`);
}

function versionOf(db: Database): number {
  return db.pragma('user_version') as number;
}
