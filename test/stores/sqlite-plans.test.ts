/** No statement reads more than it answers: each finds its rows by an index, in the order in which it wants them. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../src/stores/sqlite/database.js';
import { openDriver } from '../../src/stores/sqlite/drivers/index.js';
import * as chores from '../../src/stores/sqlite/sql/chores.js';
import * as claims from '../../src/stores/sqlite/sql/claims.js';
import * as find from '../../src/stores/sqlite/sql/find.js';
import * as jobs from '../../src/stores/sqlite/sql/jobs.js';
import * as keys from '../../src/stores/sqlite/sql/keys.js';
import { migrations } from '../../src/stores/sqlite/sql/schema.js';
import * as settings from '../../src/stores/sqlite/sql/settings.js';
import { drivers } from './sqlite-file.js';

/** Statements that may read a table from its start, or sort, and why. */
const EXEMPT: Readonly<Record<string, string>> = {
  ALL_COUNTS: 'reads a row for each queue and place, and nothing of the jobs',
  countJobs: 'reads the jobs that it was bounded to, and groups them by place',
  SOME_CLAIMS: 'reads as many claims as it was told to, in any order',
  ALL_QUEUES: 'reads the settings, when they changed',
  ALL_GROUPS: 'reads the settings, when they changed',
  RECHECK_ALL: 'reads the groups, when the clock stepped back',
  NEXT_RECHECK: 'takes any one',
  ALIVE_WORKERS: 'reads a row for each worker',
  FORGET_WORKERS: 'reads a row for each worker',
};

const modules = { chores, claims, find, jobs, keys, settings };

const statements: readonly (readonly [string, string])[] = Object.values(modules).flatMap((module) =>
  Object.entries(module).flatMap(([name, value]) => textOf(name, value).map((sql) => [name, sql] as const)),
);

/** Statements as they are, and of those that are made, a few. */
function textOf(name: string, value: unknown): readonly string[] {
  if (name === 'COLUMNS') return [];
  if (typeof value === 'string') return [value];
  if (name === 'insertJobs' || name === 'completeJobs') return [(value as (rows: number) => string)(50)];
  const conditions = [
    '',
    ' AND queue = ?',
    ' AND place IN (1, 2) AND task = ?',
    ' AND place IN (8) AND queue = ? AND schedule_id = ? AND created_at < ?',
  ];
  if (name === 'pageOfJobs') return conditions.map((c) => find.pageOfJobs(c, 'with'));
  if (name === 'countJobs') return conditions.map((c) => find.countJobs(c));
  return [];
}

describe.each(drivers)('plans of %s', (driver) => {
  let db: Database;
  beforeAll(async () => {
    db = new Database(await openDriver(':memory:', driver, undefined));
    for (const migration of migrations) db.exec(migration);
  });
  afterAll(() => db.close(true));

  it.each(statements)('%s finds its rows by an index and sorts nothing', (name, sql) => {
    const steps = db.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).map((row) => row.detail);
    const wrong = steps.filter((step) => isWholeTable(step, sql) || step.includes('TEMP B-TREE'));
    expect(name in EXEMPT ? [] : wrong).toEqual([]);
  });

  it('has no exemption that is not needed', () => {
    expect(Object.keys(EXEMPT).filter((name) => !statements.some(([statement]) => statement === name))).toEqual([]);
  });
});

describe('parameters', () => {
  // The first releases of node:sqlite that we support can't bind numbered ones by position.
  it.each(statements)('%s numbers none', (_name, sql) => {
    expect(sql).not.toMatch(/\?\d/);
  });
});

function isWholeTable(step: string, sql: string): boolean {
  if (!step.startsWith('SCAN ')) return false;
  // The caller's own rows: a JSON list, or values.
  if (/^SCAN (json_each|done|\d+ CONSTANT ROWS|\d+-ROW VALUES CLAUSE)/.test(step)) return false;
  // In the order of the table or of an index, as far as the limit.
  return !(/ORDER BY .* LIMIT/s.test(sql) && (step.includes('USING') || step === 'SCAN jobs'));
}
