/** A driver with its prepared statements: each text is prepared once, when it is first used. */

import type { BulkStatement, Driver, Row, SqlValue, Statement } from './driver.js';

export class Database {
  readonly driver: Driver;
  readonly #statements: Map<string, Statement> = new Map();
  readonly #bulk: Map<string, BulkStatement> = new Map();

  constructor(driver: Driver) {
    this.driver = driver;
  }

  run(sql: string, params: readonly SqlValue[] = []): number {
    return this.#statement(sql).run(params);
  }

  /** @typeParam T what the statement's columns hold */
  get<T extends object = Row>(sql: string, params: readonly SqlValue[] = []): T | undefined {
    // better-sqlite3 and node:sqlite answer undefined for no row, some others null.
    return (this.#statement(sql).get(params) ?? undefined) as T | undefined;
  }

  all<T extends object = Row>(sql: string, params: readonly SqlValue[] = []): readonly T[] {
    return this.#statement(sql).all(params) as readonly unknown[] as readonly T[];
  }

  /** Many rows as arrays in the order of `columns`, which the query must answer under these names. */
  bulk(sql: string, columns: readonly string[], params: readonly SqlValue[]): readonly (readonly SqlValue[])[] {
    let prepared = this.#bulk.get(sql);
    if (prepared === undefined) {
      prepared = this.driver.prepareBulk(sql, columns);
      this.#bulk.set(sql, prepared);
    }
    return prepared.all(params);
  }

  /** A pragma's single value. Not prepared once: some take effect when they are prepared. */
  pragma(name: string): SqlValue {
    const row = this.driver.prepare(`PRAGMA ${name}`).get([]) ?? {};
    return Object.values(row)[0] ?? null;
  }

  exec(sql: string): void {
    this.driver.exec(sql);
  }

  transaction<T>(change: () => T): T {
    return this.driver.transaction(change);
  }

  snapshot<T>(look: () => T): T {
    return this.driver.snapshot(look);
  }

  /** @param isOurs false for a database that was given: it is its owner's to close */
  close(isOurs: boolean): void {
    this.#statements.clear();
    this.#bulk.clear();
    if (isOurs) this.driver.close();
  }

  #statement(sql: string): Statement {
    let prepared = this.#statements.get(sql);
    if (prepared === undefined) {
      prepared = this.driver.prepare(sql);
      this.#statements.set(sql, prepared);
    }
    return prepared;
  }
}
