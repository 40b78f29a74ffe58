/** Several real processes on one file. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { constraintKey } from '../../src/core/constraint.js';
import { newJob } from '../../src/store/conformance/fixtures.js';
import type { DriverName, SqliteStore } from '../../src/stores/sqlite/index.js';
import { drivers, SqliteFile } from './sqlite-file.js';

/** Claims and completes five at a time, and prints what it held and what it settled, until it is killed or told to stop. */
const WORKER = `
import { completed } from './src/core/transitions.js';
import { defaultKeep } from './src/core/job.js';
import { sqlite } from './src/stores/sqlite/index.js';

const [path, driver, name, until] = process.argv.slice(2);
const store = sqlite({ path, driver, synchronous: 'normal' });
await store.open();
let held = [];
for (let round = 0, idle = 0; until === 'killed' || idle < 40; round++) {
  const settle = held.map(({ id, seq, token }) => ({ id, seq, token, transition: completed(null, defaultKeep), endedAgoMs: 0 }));
  const token = name + '-' + round;
  const claim = { token, suspectToken: 's-' + token, queues: ['images'], slots: 5, prefetch: 0, leaseMs: 1000, adopt: [] };
  const reply = await store.exchange({ worker: name, settle, claim });
  const lines = reply.settled.map((answer, i) => answer + ' ' + held[i].id);
  held = reply.jobs;
  for (const job of held) lines.push('held ' + job.id);
  if (lines.length > 0) process.stdout.write(lines.join('\\n') + '\\n');
  idle = held.length === 0 && settle.length === 0 ? idle + 1 : 0;
  if (until === 'killed' && held.length > 0) await new Promise((done) => setTimeout(done, 3600000));
  if (idle > 0) await new Promise((done) => setTimeout(done, 25));
}
await store.close();
`;

let folder: string;
let worker: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'taskspan-'));
  worker = join(folder, 'worker.mjs');
  // So that the bundle finds libsql from where it stands.
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  await build({
    stdin: { contents: WORKER, resolveDir: process.cwd(), loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['libsql'],
    outfile: worker,
    logLevel: 'error',
  });
});

afterAll(() => rmSync(folder, { recursive: true }));

describe.each(drivers)('several processes under %s', (driver) => {
  it('given jobs with and without keys, when four processes drain them and a fifth adds more, then each job is settled once and no limit is passed', async () => {
    const store = await openFile(driver);
    await store.configure({
      groups: [{ name: 'tenant', definitionVersion: 1, limits: { maxConcurrent: 3, cooldownMs: 0, rate: null } }],
    });
    const ids: string[] = [];
    const add = async (): Promise<void> => {
      const jobs = Array.from({ length: 50 }, (_, i) => {
        const keys = i % 2 === 0 ? [constraintKey('tenant', String(i % 5))] : null;
        return newJob({ id: `job-${ids.length + i}`, keys });
      });
      ids.push(...jobs.map((job) => job.id));
      await store.insert(jobs);
    };
    await add();
    const workers = Array.from({ length: 4 }, (_, i) => start(store.location, driver, `worker-${i}`, 'idle'));
    for (let i = 0; i < 19; i++) await add();
    const outputs = await Promise.all(workers.map(({ ended }) => ended));

    expect(outputs.map(({ errors }) => errors)).toEqual(['', '', '', '']);
    const lines = outputs.flatMap((output) => output.lines);
    expect(lines.filter((line) => line.startsWith('ok ')).sort()).toEqual(ids.map((id) => `ok ${id}`).sort());
    expect(lines.filter((line) => line.startsWith('held ')).length).toBe(ids.length);
    expect(await store.count({})).toMatchObject({ completed: ids.length, pending: 0, running: 0, exact: true });
  }, 60_000);

  it('given a process that holds jobs, when it is killed with kill -9, then they wait again after their lease, and end once', async () => {
    const store = await openFile(driver);
    await store.configure({
      groups: [{ name: 'tenant', definitionVersion: 1, limits: { maxConcurrent: 1, cooldownMs: 0, rate: null } }],
    });
    await store.insert([
      newJob({ id: 'a' }),
      newJob({ id: 'b', keys: [constraintKey('tenant', 'x')] }),
      newJob({ id: 'c', keys: [constraintKey('tenant', 'x')] }),
    ]);
    const doomed = start(store.location, driver, 'doomed', 'killed');
    await doomed.says('held b');
    doomed.process.kill('SIGKILL');
    await doomed.ended;
    let rescued = 0;
    while (rescued < 2) {
      rescued += (await store.maintain({ term: null, limit: 100 })).rescued;
      await new Promise((done) => setTimeout(done, 20));
    }
    const { lines } = await start(store.location, driver, 'heir', 'idle').ended;
    expect(lines.filter((line) => line.startsWith('ok ')).sort()).toEqual(['ok a', 'ok b', 'ok c']);
    expect(await store.get(['a', 'b'])).toMatchObject([
      { state: 'completed', suspect: true, attempt: 1 },
      { state: 'completed', suspect: true, attempt: 1 },
    ]);
  }, 60_000);

  it('given a subscriber, when another process commits, then it hears of it', async () => {
    const store = await openFile(driver);
    await store.insert([newJob({ id: 'a' })]);
    let tell = (): void => undefined;
    const told = new Promise<void>((done) => {
      tell = done;
    });
    store.notify?.subscribe(() => tell());
    const other = start(store.location, driver, 'other', 'idle');
    await told;
    await other.ended;
  }, 60_000);
});

/** On the machine's clock, as the other processes are. */
function openFile(driver: DriverName): Promise<SqliteStore> {
  return SqliteFile.forTest().open({ driver, synchronous: 'normal', clock: Date.now });
}

interface Started {
  readonly process: ChildProcess;
  readonly ended: Promise<{ readonly lines: readonly string[]; readonly errors: string }>;
  says(line: string): Promise<void>;
}

function start(path: string, driver: DriverName, name: string, until: 'idle' | 'killed'): Started {
  const child = spawn(process.execPath, ['--no-warnings', worker, path, driver, name, until], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const waiting: (() => void)[] = [];
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += String(chunk);
  });
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line);
    for (const look of waiting) look();
  });
  return {
    process: child,
    ended: new Promise((done) => {
      child.on('close', () => done({ lines, errors }));
    }),
    says: (line) =>
      new Promise((done) => {
        const look = (): void => {
          if (lines.includes(line)) done();
        };
        waiting.push(look);
        look();
      }),
  };
}
