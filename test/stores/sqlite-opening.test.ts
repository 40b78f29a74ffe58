import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defaultKeep } from '../../src/core/job.js';
import { completed } from '../../src/core/transitions.js';
import { newJob } from '../../src/store/conformance/fixtures.js';
import { sqlite } from '../../src/stores/sqlite/index.js';
import { APPLICATION_ID } from '../../src/stores/sqlite/sql/schema.js';
import { drivers, openHandle, SqliteFile } from './sqlite-file.js';

describe.each(drivers)('opening a file with %s', (driver) => {
  it('given no file, when the store is opened, then it is made, in WAL and with our mark', async () => {
    const file = SqliteFile.forTest();
    const store = await file.open({ driver });
    const raw = await file.connect(driver);
    expect(raw.pragma('journal_mode')).toBe('wal');
    expect(raw.pragma('application_id')).toBe(APPLICATION_ID);
    expect(store).toMatchObject({ kind: 'sqlite', location: file.path, durability: 'durable', driverName: driver });
    expect(store.sqliteVersion).toMatch(/^3\.\d+\.\d+$/);
  });

  it('given no folder, when the store is opened, then the error says how to make it', async () => {
    const file = SqliteFile.forTest();
    const store = sqlite({ path: `${file.path}.d/jobs.db`, driver });
    await expect(store.open()).rejects.toMatchObject({
      code: 'INVALID_STORE',
      message: expect.stringContaining('mkdir -p'),
    });
    expect(existsSync(`${file.path}.d`)).toBe(false);
  });

  it('given a file that is no database, when it is opened, then the error says so and the file stays', async () => {
    const file = SqliteFile.forTest();
    const diary = 'Dear diary, today I was not a database. '.repeat(200);
    writeFileSync(file.path, diary);
    await expect(file.open({ driver })).rejects.toMatchObject({
      code: 'INVALID_STORE',
      message: expect.stringContaining('not an SQLite database'),
    });
    expect(readFileSync(file.path, 'utf8')).toBe(diary);
  });

  it('given a folder in place of the file, when it is opened, then the error says so', async () => {
    const file = SqliteFile.forTest();
    const store = sqlite({ path: file.folder, driver });
    await expect(store.open()).rejects.toMatchObject({ code: 'INVALID_STORE' });
  });

  it('given the database of another application, when it is opened, then it is refused and untouched', async () => {
    const file = SqliteFile.forTest();
    const raw = await file.connect(driver);
    raw.exec('CREATE TABLE users (name TEXT)');
    await expect(file.open({ driver })).rejects.toMatchObject({
      code: 'INVALID_STORE',
      message: expect.stringContaining('another application'),
    });
    expect(raw.pragma('journal_mode')).toBe('delete');
    expect(raw.all('SELECT name FROM sqlite_schema')).toHaveLength(1);
  });

  it('given a file of a newer taskspan, when it is opened, then the error names both versions', async () => {
    const file = SqliteFile.forTest();
    await (await file.open({ driver })).close();
    (await file.connect(driver)).exec('PRAGMA user_version = 99');
    await expect(file.open({ driver })).rejects.toMatchObject({
      code: 'NEWER_VERSION',
      message: expect.stringMatching(/version 99.*up to 1\b/),
    });
  });

  it('given one new file, when twenty stores open it at once, then all of them work on the same jobs', async () => {
    const file = SqliteFile.forTest();
    const stores = await Promise.all(Array.from({ length: 20 }, () => file.open({ driver })));
    await Promise.all(stores.map((store, i) => store.insert([newJob({ id: `job-${i}` })])));
    expect((await stores[0]?.count({}))?.pending).toBe(20);
  });

  it('given a store that failed to open, when the cause is gone, then it opens', async () => {
    const file = SqliteFile.forTest();
    writeFileSync(file.path, 'x'.repeat(5_000));
    const store = sqlite({ path: file.path, driver });
    await expect(store.open()).rejects.toThrow();
    writeFileSync(file.path, '');
    await store.open();
    expect(await store.get(['a'])).toEqual([null]);
    await store.close();
  });

  it('given a store that is not open, when a verb is called, then the error says to open it', async () => {
    const file = SqliteFile.forTest();
    await expect(sqlite({ path: file.path, driver }).get([])).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('open()'),
    });
  });

  it('given memory instead of a file, when it is used, then it works and says that nothing lasts', async () => {
    const file = SqliteFile.forTest();
    const store = await file.open({ driver, path: ':memory:' });
    expect(store.durability).toBe('none');
    expect(store.notify).toBeUndefined();
    await store.insert([newJob({ id: 'a' })]);
    expect((await store.get(['a']))[0]?.id).toBe('a');
  });
});

describe('options of sqlite()', () => {
  it('given an unknown option, when the store is made, then the error suggests the nearest', () => {
    expect(() => sqlite({ path: 'jobs.db', synchronus: 'full' } as never)).toThrow("Did you mean 'synchronous'?");
  });

  it('given a value that an option does not take, when the store is made, then the error quotes it', () => {
    expect(() => sqlite({ path: '' })).toThrow("sqlite's path");
    expect(() => sqlite({ path: 'jobs.db', synchronous: 'off' as 'full' })).toThrow("'off'");
  });

  it('given synchronous normal, when the store is made, then it says that the newest writes may be lost', () => {
    expect(sqlite({ path: 'jobs.db', synchronous: 'normal' }).durability).toBe('bounded');
  });

  it('given no node:sqlite, when it is asked for, then the error says what to do', async (context) => {
    if (drivers.includes('node:sqlite')) context.skip('this Node has it');
    const file = SqliteFile.forTest();
    await expect(sqlite({ path: file.path, driver: 'node:sqlite' }).open()).rejects.toMatchObject({
      code: 'MISSING_DRIVER',
      message: expect.stringContaining('npm install libsql'),
    });
  });
});

describe('a database handle that is given', () => {
  it('given a handle in the shape of better-sqlite3, when jobs run on it, then they end, and closing the store leaves it open', async () => {
    const file = SqliteFile.forTest();
    const handle = await openHandle(file.path);
    const store = await file.open({ database: handle });
    expect(store.driverName).toBe('given');
    await store.insert([newJob({ id: 'a', labels: { of: 'a' } })]);
    const claim = {
      token: 't',
      suspectToken: null,
      queues: ['images'],
      slots: 1,
      prefetch: 0,
      leaseMs: 1_000,
      adopt: [],
      isWorkKnown: true,
    };
    const [job] = (await store.exchange({ worker: 'w', settle: [], claim })).jobs;
    expect(job).toMatchObject({ id: 'a', labels: { of: 'a' } });
    const settle = [
      { id: 'a', seq: job?.seq ?? 0, token: 't', transition: completed('1', defaultKeep), endedAgoMs: 0 },
    ];
    expect((await store.exchange({ worker: 'w', settle, claim: null })).settled).toEqual(['ok']);
    await store.close();
    expect(handle.prepare('SELECT result FROM jobs').get([])).toMatchObject({ result: '1' });
    handle.close();
  });
});
