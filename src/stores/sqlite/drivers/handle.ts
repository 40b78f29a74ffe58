/** A database handle in the shape of better-sqlite3: libsql's, or one that the user gives. */

import { type Driver, type Row, type SqliteHandle, type SqlValue, transactionsBy } from '../driver.js';

export function driveHandle(name: string, handle: SqliteHandle): Driver {
  const exec = (sql: string): void => {
    handle.exec(sql);
  };
  return {
    name,
    exec,
    prepare: (sql) => {
      const prepared = handle.prepare(sql);
      return {
        run: (params) => Number(prepared.run(params).changes),
        get: (params) => prepared.get(params) as Row | undefined,
        all: (params) => prepared.all(params) as readonly Row[],
      };
    },
    prepareBulk: (sql, columns) => {
      // libsql pays for each value that crosses into JavaScript; one text with all of them crosses once.
      const list = columns.join(', ');
      const prepared = handle.prepare(`SELECT json_group_array(json_array(${list})) AS page FROM (${sql})`);
      return {
        all: (params) =>
          JSON.parse((prepared.get(params) as { page: string }).page) as readonly (readonly SqlValue[])[],
      };
    },
    ...transactionsBy(exec),
    close: () => {
      handle.close();
    },
  };
}
