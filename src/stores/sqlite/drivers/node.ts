/** `node:sqlite`, part of Node from 22.13 on. */

import { type BulkStatement, type Driver, type Row, type SqlValue, type Statement, transactionsBy } from '../driver.js';

/** The part of `node:sqlite` that is used; Node 20's types don't know the module. */
interface NodeSqlite {
  readonly DatabaseSync: new (path: string) => NodeDatabase;
}

interface NodeDatabase {
  exec(sql: string): void;
  prepare(sql: string): NodeStatement;
  close(): void;
}

interface NodeStatement {
  run(...params: readonly SqlValue[]): { changes: number | bigint };
  get(...params: readonly SqlValue[]): Row | undefined;
  all(...params: readonly SqlValue[]): readonly Row[];
  /** From Node 22.16 on. */
  setReturnArrays?(enabled: boolean): void;
}

/** Null where Node has no SQLite of its own. */
export function nodeSqlite(): NodeSqlite | null {
  // Node prints a warning that the module is experimental (22, 23) at the first load; it is the user's to hide.
  const builtin = process.getBuiltinModule as ((id: string) => unknown) | undefined;
  return (builtin?.('node:sqlite') as NodeSqlite | undefined) ?? null;
}

export function openNodeSqlite(module: NodeSqlite, path: string): Driver {
  const database = new module.DatabaseSync(path);
  const exec = (sql: string): void => database.exec(sql);
  return {
    name: 'node:sqlite',
    exec,
    prepare: (sql) => statement(database.prepare(sql)),
    prepareBulk: (sql) => bulk(database.prepare(sql)),
    ...transactionsBy(exec),
    close: () => database.close(),
  };
}

function statement(prepared: NodeStatement): Statement {
  return {
    run: (params) => prepared.run(...params).changes as number,
    get: (params) => prepared.get(...params),
    all: (params) => prepared.all(...params),
  };
}

function bulk(prepared: NodeStatement): BulkStatement {
  if (prepared.setReturnArrays === undefined) {
    return { all: (params) => prepared.all(...params).map((row) => Object.values(row)) };
  }
  prepared.setReturnArrays(true);
  return { all: (params) => prepared.all(...params) as unknown as readonly (readonly SqlValue[])[] };
}
