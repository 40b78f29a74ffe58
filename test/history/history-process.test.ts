/** What real clients of one store were answered has a legal order, job by job. */

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { LogLine } from './job-history.js';
import { expectLegalOrders, jobIds } from './legal-order.js';

const program = fileURLToPath(new URL('client.mjs', import.meta.url));
const CALLS = 500;

/** The stores that processes can share: the URL of a new one each. */
const stores: Readonly<Record<string, (folder: string) => string>> = {
  SQLite: (folder) => `sqlite:${join(folder, 'jobs.db')}`,
};

describe.each(Object.entries(stores))('histories of real clients on %s', (_, urlIn) => {
  it('given processes that insert, claim, settle, cancel, retry and look at the same jobs, and two of them are killed, when their logs are read, then each job’s has a legal order', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'taskspan-history-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const store = urlIn(folder);
    const logs = [1, 2, 3, 4].map((n) => join(folder, `${n}.log`));
    const ends = logs.map((log, i) =>
      live({ store, log, name: `c${i}`, ids: jobIds, calls: CALLS, seed: 11 * i + 3 }, i >= 2),
    );
    expect(await Promise.all(ends)).toEqual([0, 0, 'SIGKILL', 'SIGKILL']);
    expectLegalOrders(logs.flatMap(linesOf));
  }, 60_000);
});

/** @returns how it ended: its exit code, or the signal */
async function live(
  settings: { readonly log: string; readonly [name: string]: unknown },
  isKilled: boolean,
): Promise<number | NodeJS.Signals> {
  const child = spawn(process.execPath, ['--no-warnings', program, JSON.stringify(settings)], { stdio: 'inherit' });
  const ended = new Promise<number | NodeJS.Signals>((resolve) =>
    child.on('exit', (code, signal) => resolve(signal ?? (code as number))),
  );
  if (isKilled) {
    while (linesOf(settings.log).length < CALLS / 2) await sleep(2);
    child.kill('SIGKILL');
  }
  return ended;
}

function linesOf(log: string): LogLine[] {
  try {
    const text = readFileSync(log, 'utf8');
    // A killed client may have left half a line.
    return text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((one) => one !== '')
      .map((one) => JSON.parse(one) as LogLine);
  } catch {
    return [];
  }
}
