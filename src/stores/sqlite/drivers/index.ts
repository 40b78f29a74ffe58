/** Which SQLite there is. */

import { MissingDriverError, OptionError } from '../../../core/errors.js';
import type { Driver, SqliteHandle } from '../driver.js';
import { driveHandle } from './handle.js';
import { nodeSqlite, openNodeSqlite } from './node.js';

/** Which SQLite: Node's own, or the package `libsql`. */
export type DriverName = 'node:sqlite' | 'libsql';

/** @throws MissingDriverError that says what to install */
export async function openDriver(
  path: string,
  wanted: DriverName | undefined,
  handle: SqliteHandle | undefined,
): Promise<Driver> {
  if (handle !== undefined) return driveHandle('given', handle);
  if (wanted !== undefined && wanted !== 'node:sqlite' && wanted !== 'libsql') {
    throw new OptionError(`sqlite has no driver '${String(wanted)}'. Known: node:sqlite, libsql.`);
  }
  const builtin = wanted === 'libsql' ? null : nodeSqlite();
  if (builtin !== null) return openNodeSqlite(builtin, path);
  if (wanted === 'node:sqlite') {
    throw new MissingDriverError(
      `Node ${process.versions.node} has no node:sqlite; it comes with Node 22.13. Use a newer Node, or driver: 'libsql' (npm install libsql).`,
    );
  }
  return openLibsql(path);
}

async function openLibsql(path: string): Promise<Driver> {
  const Database = await importLibsql();
  return driveHandle('libsql', new Database(path));
}

type LibsqlDatabase = new (path: string) => SqliteHandle;

async function importLibsql(): Promise<LibsqlDatabase> {
  try {
    const module = (await import('libsql')) as unknown as { default: LibsqlDatabase };
    return module.default;
  } catch (error) {
    throw new MissingDriverError(
      `The SQLite store found no SQLite: Node ${process.versions.node} has none of its own (22.13 and later have), and the package 'libsql' can't be loaded. Run: npm install libsql`,
      { cause: error },
    );
  }
}
