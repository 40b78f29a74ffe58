import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultKeep } from '../../src/core/job.js';
import { completed } from '../../src/core/transitions.js';
import { newJob } from '../../src/store/conformance/fixtures.js';
import { Database } from '../../src/stores/sqlite/database.js';
import { openDriver } from '../../src/stores/sqlite/drivers/index.js';
import {
  type DriverName,
  type SqliteHandle,
  type SqliteOptions,
  type SqliteStore,
  sqlite,
} from '../../src/stores/sqlite/index.js';
import { APPLICATION_ID } from '../../src/stores/sqlite/sql/schema.js';

/** Those that this Node has. */
const drivers: readonly DriverName[] =
  process.getBuiltinModule('node:sqlite') === undefined ? ['libsql'] : ['node:sqlite', 'libsql'];

const BEGIN = 1_750_000_000_000;
let folder: string;
let path: string;
let now: number;
let closing: (() => unknown)[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'taskspan-'));
  path = join(folder, 'jobs.db');
  now = BEGIN;
  closing = [];
});

afterEach(async () => {
  for (const close of closing) await close();
  rmSync(folder, { recursive: true });
});

/** One more store on the file. */
async function open(options: Partial<SqliteOptions>): Promise<SqliteStore> {
  const store = sqlite({ path, clock: () => now, ...options });
  closing.push(() => store.close());
  await store.open();
  return store;
}

/** A connection of its own to the same file, for what no store would do. */
async function connect(driver: DriverName): Promise<Database> {
  const db = new Database(await openDriver(path, driver, undefined));
  db.exec('PRAGMA busy_timeout = 5000');
  closing.push(() => db.close(true));
  return db;
}

describe.each(drivers)('opening a file with %s', (driver) => {
  it('given no file, when the store is opened, then it is made, in WAL and with our mark', async () => {
    const store = await open({ driver });
    const raw = await connect(driver);
    expect(raw.pragma('journal_mode')).toBe('wal');
    expect(raw.pragma('application_id')).toBe(APPLICATION_ID);
    expect(store).toMatchObject({ kind: 'sqlite', location: path, durability: 'durable', driverName: driver });
    expect(store.sqliteVersion).toMatch(/^3\.\d+\.\d+$/);
  });

  it('given no folder, when the store is opened, then the error says how to make it', async () => {
    const store = sqlite({ path: `${path}.d/jobs.db`, driver });
    await expect(store.open()).rejects.toMatchObject({
      code: 'INVALID_STORE',
      message: expect.stringContaining('mkdir -p'),
    });
    expect(existsSync(`${path}.d`)).toBe(false);
  });

  it('given a file that is no database, when it is opened, then the error says so and the file stays', async () => {
    writeFileSync(path, 'Dear diary, today I was not a database. '.repeat(200));
    await expect(open({ driver })).rejects.toMatchObject({
      code: 'INVALID_STORE',
      message: expect.stringContaining('not an SQLite database'),
    });
  });

  it('given a folder in place of the file, when it is opened, then the error says so', async () => {
    const store = sqlite({ path: folder, driver });
    await expect(store.open()).rejects.toMatchObject({ code: 'INVALID_STORE' });
  });

  it('given the database of another application, when it is opened, then it is refused and untouched', async () => {
    const raw = await connect(driver);
    raw.exec('CREATE TABLE users (name TEXT)');
    await expect(open({ driver })).rejects.toMatchObject({
      code: 'INVALID_STORE',
      message: expect.stringContaining('another application'),
    });
    expect(raw.pragma('journal_mode')).toBe('delete');
    expect(raw.all('SELECT name FROM sqlite_schema')).toHaveLength(1);
  });

  it('given a file of a newer taskspan, when it is opened, then the error names both versions', async () => {
    await (await open({ driver })).close();
    (await connect(driver)).exec('PRAGMA user_version = 99');
    await expect(open({ driver })).rejects.toMatchObject({
      code: 'NEWER_VERSION',
      message: expect.stringMatching(/version 99.*up to 1\b/),
    });
  });

  it('given one new file, when twenty stores open it at once, then all of them work on the same jobs', async () => {
    const stores = await Promise.all(Array.from({ length: 20 }, () => open({ driver })));
    await Promise.all(stores.map((store, i) => store.insert([newJob({ id: `job-${i}` })])));
    expect((await stores[0]?.count({}))?.pending).toBe(20);
  });

  it('given a store that failed to open, when the cause is gone, then it opens', async () => {
    writeFileSync(path, 'x'.repeat(5_000));
    const store = sqlite({ path, driver });
    await expect(store.open()).rejects.toThrow();
    writeFileSync(path, '');
    await store.open();
    expect(await store.get(['a'])).toEqual([null]);
    await store.close();
  });

  it('given a store that is not open, when a verb is called, then the error says to open it', async () => {
    await expect(sqlite({ path, driver }).get([])).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('open()'),
    });
  });

  it('given memory instead of a file, when it is used, then it works and says that nothing lasts', async () => {
    const store = await open({ driver, path: ':memory:' });
    expect(store.durability).toBe('none');
    expect(store.notify).toBeUndefined();
    await store.insert([newJob({ id: 'a' })]);
    expect((await store.get(['a']))[0]?.id).toBe('a');
  });
});

describe('options of sqlite()', () => {
  it('given an unknown option, when the store is made, then the error suggests the nearest', () => {
    expect(() => sqlite({ path, synchronus: 'full' } as never)).toThrow("Did you mean 'synchronous'?");
  });

  it('given a value that an option does not take, when the store is made, then the error quotes it', () => {
    expect(() => sqlite({ path: '' })).toThrow("sqlite's path");
    expect(() => sqlite({ path, synchronous: 'off' as 'full' })).toThrow("'off'");
  });

  it('given synchronous normal, when the store is made, then it says that the newest writes may be lost', () => {
    expect(sqlite({ path, synchronous: 'normal' }).durability).toBe('bounded');
  });

  it('given no node:sqlite, when it is asked for, then the error says what to do', async (context) => {
    if (drivers.includes('node:sqlite')) context.skip('this Node has it');
    await expect(sqlite({ path, driver: 'node:sqlite' }).open()).rejects.toMatchObject({
      code: 'MISSING_DRIVER',
      message: expect.stringContaining('npm install libsql'),
    });
  });
});

describe('a database handle that is given', () => {
  it('given a handle in the shape of better-sqlite3, when jobs run on it, then they end, and closing the store leaves it open', async () => {
    const handle = await openHandle(path);
    const store = await open({ database: handle });
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

/** libsql's interface is better-sqlite3's. */
async function openHandle(path: string): Promise<SqliteHandle> {
  const { default: Libsql } = (await import('libsql')) as unknown as { default: new (path: string) => SqliteHandle };
  return new Libsql(path);
}
