/** What an SQLite file tells about itself. */
import { describe, expect, it } from 'vitest';
import { TaskManager, task } from '../../src/index.js';
import { findingsOf, type SqliteFacts } from '../../src/stores/sqlite/health.js';
import { sqlite } from '../../src/stores/sqlite/index.js';
import { drivers, SqliteFile } from './sqlite-file.js';

const facts: SqliteFacts = {
  driver: 'libsql',
  version: '3.45.1',
  journalMode: 'wal',
  file: { path: '/data/jobs.db', bytes: 4_096, logBytes: 0 },
  networkFileSystem: null,
};

function found(some: Partial<SqliteFacts>, workers = 1): readonly string[] {
  return findingsOf({ ...facts, ...some }, workers).map(({ severity, code }) => `${severity} ${code}`);
}

describe('what is found in the facts of a file', () => {
  it.each([
    ['3.6.23', false],
    ['3.7.0', true],
    ['3.44.5', true],
    ['3.44.6', false],
    ['3.45.1', true],
    ['3.50.6', true],
    ['3.50.7', false],
    ['3.51.2', true],
    ['3.51.3', false],
    ['3.52.0', false],
    ['4.0.0', false],
  ])('given SQLite %s, the bug in resetting the log is there: %s', (version, isThere) => {
    expect(found({ version }, 2)).toEqual(isThere ? ['warning sqlite-wal-reset'] : []);
  });

  it('given one worker or none, or no log, then that bug is a note, or nothing', () => {
    expect(found({}, 1)).toEqual(['note sqlite-wal-reset']);
    expect(found({}, 0)).toEqual(['note sqlite-wal-reset']);
    expect(found({ journalMode: 'delete' }, 2)).toEqual(['warning sqlite-no-wal']);
    expect(found({ file: null, journalMode: 'memory' }, 2)).toEqual([]);
  });

  it('given a network file system, then it is named', () => {
    const [finding] = findingsOf({ ...facts, version: '3.51.3', networkFileSystem: 'NFS' }, 1);
    expect(finding).toMatchObject({ code: 'network-file-system', severity: 'problem' });
    expect(finding?.message).toContain('lies on NFS');
    expect(finding?.fix).toContain('/data/jobs.db');
  });
});

describe.each(drivers)('a store on %s', (driver) => {
  it('given a file, when it is asked, then its driver, version, mode and sizes are told', async () => {
    const store = await SqliteFile.forTest().open({ driver });
    const { facts, now } = (await store.health?.check(0)) ?? {};
    expect(facts).toMatchObject({ driver, sqlite: store.sqliteVersion, journalMode: 'wal' });
    expect(facts?.fileBytes).toBeGreaterThan(0);
    expect(now).toBeNull();
  });

  it('given one in memory, when it is asked, then nothing is found', async () => {
    const store = sqlite({ path: ':memory:', driver });
    await store.open();
    expect(await store.health?.check(3)).toMatchObject({ facts: { journalMode: 'memory' }, findings: [] });
    await store.close();
  });

  it('given an SQLite with the bug, when a second worker starts on the file, then that one warns, once', async () => {
    const file = SqliteFile.forTest();
    const logs: string[][] = [[], []];
    const managers = logs.map((log) => {
      const logger = {
        debug() {},
        info() {},
        warn: (message: string) => log.push(message),
        error: (message: string) => log.push(message),
      };
      const store = sqlite({ path: file.path, driver });
      return { manager: new TaskManager({ store, tasks: [task('any', () => 1)], logger }), store };
    });
    for (const { manager } of managers) await manager.start();
    const [{ store }] = managers as [(typeof managers)[0], (typeof managers)[0]];
    const isBuggy = findingsOf({ ...facts, version: store.sqliteVersion ?? '' }, 2).length > 0;
    await expect.poll(() => logs.map((log) => log.length)).toEqual([0, isBuggy ? 1 : 0]);
    if (isBuggy) expect(logs[1]?.[0]).toMatch(/^taskspan: SQLite 3\..* 2 workers are alive\. Run the workers on/);
    for (const { manager } of managers) await manager.close();
  });
});
