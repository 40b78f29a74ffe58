/**
 * What the store asks of an SQLite: four verbs, all synchronous. Anything that speaks the same SQL
 * can stand behind it (`node:sqlite`, libsql, better-sqlite3, a Durable Object's storage).
 */

export type SqlValue = string | number | null;

/** A row by column name. What a column holds is known to who wrote the statement, and asserted there. */
export type Row = Readonly<Record<string, SqlValue>>;

export interface Statement {
  /** How many rows it changed. */
  run(params: readonly SqlValue[]): number;
  /** The first row. */
  get(params: readonly SqlValue[]): Row | undefined;
  all(params: readonly SqlValue[]): readonly Row[];
}

/** A query of many rows and columns, answered as arrays in the order of its columns: the cheapest way a driver has. */
export interface BulkStatement {
  all(params: readonly SqlValue[]): readonly (readonly SqlValue[])[];
}

export interface Driver {
  /** For people: `node:sqlite`, `libsql`, … */
  readonly name: string;
  /** One or more statements without parameters. */
  exec(sql: string): void;
  /** Parameters are `?`, in order: early releases of node:sqlite can't bind `?1`. */
  prepare(sql: string): Statement;
  /** @param columns what the query answers, in order */
  prepareBulk(sql: string, columns: readonly string[]): BulkStatement;
  /** Runs `change` under the write lock; all of it stands, or nothing. */
  transaction<T>(change: () => T): T;
  /** Runs `look` on one snapshot, without a lock that others would wait for. */
  snapshot<T>(look: () => T): T;
  close(): void;
}

/** The part of better-sqlite3's interface that the store uses; libsql has the same. */
export interface SqliteHandle {
  /** Runs statements that take no parameters. */
  exec(sql: string): unknown;
  /** Compiles one statement. */
  prepare(sql: string): SqliteHandleStatement;
  /** Called on a handle that the store opened itself; never on one that was given. */
  close(): unknown;
}

/** A prepared statement of such a handle. */
export interface SqliteHandleStatement {
  /** Runs it, and says how many rows it changed. */
  // biome-ignore lint/suspicious/noExplicitAny: a boundary: each library types its parameters in its own way
  run(...params: any[]): { changes: number | bigint };
  /** The first row; undefined if there is none. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  get(...params: any[]): unknown;
  /** All rows. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  all(...params: any[]): unknown[];
}

/** Transactions by `BEGIN` and `COMMIT`, for drivers that have nothing better. */
export function transactionsBy(exec: (sql: string) => void): Pick<Driver, 'transaction' | 'snapshot'> {
  const within = <T>(begin: string, run: () => T): T => {
    exec(begin);
    let result: T;
    try {
      result = run();
      exec('COMMIT');
    } catch (error) {
      rollBack(exec);
      throw error;
    }
    return result;
  };
  return {
    transaction: (change) => within('BEGIN IMMEDIATE', change),
    snapshot: (look) => within('BEGIN', look),
  };
}

function rollBack(exec: (sql: string) => void): void {
  try {
    exec('ROLLBACK');
  } catch {
    // SQLite has rolled back already: it does so by itself when the disk is full or fails.
  }
}
