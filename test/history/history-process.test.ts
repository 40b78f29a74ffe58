/** What concurrent clients of one store were answered has a legal order, job by job. */

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { absent, keyOf, type LogLine, operationOf } from './job-history.js';
import { isLinearizable } from './linearizable.js';

const client = fileURLToPath(new URL('client.mjs', import.meta.url));
const JOBS = 40;
const CALLS = 500;

describe('histories of real clients', () => {
  it('given processes that insert, claim, settle, cancel, retry and look at the same jobs, and two of them are killed, when their logs are read, then each job’s has a legal order', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'taskspan-history-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'jobs.db');
    const logs = [1, 2, 3, 4].map((n) => join(folder, `${n}.log`));
    const ends = logs.map((log, i) =>
      live({ path, log, client: `c${i}`, jobs: JOBS, calls: CALLS, seed: 11 * i + 3 }, i >= 2),
    );
    expect(await Promise.all(ends)).toEqual([0, 0, 'SIGKILL', 'SIGKILL']);

    const histories = byJob(logs.flatMap(linesOf));
    expect(histories.size).toBe(JOBS);
    const illegal = [...histories].filter(([, lines]) => !isLinearizable(lines.map(operationOf), absent, keyOf));
    expect(illegal.map(([job, lines]) => [job, ...lines.map((line) => operationOf(line).what)])).toEqual([]);
    const answers = new Set([...histories.values()].flat().map(({ verb, answer }) => `${verb} ${answer}`));
    expect([...answers]).toEqual(
      expect.arrayContaining([
        'insert existing',
        'claim claimed',
        'settle ok',
        'cancel done',
        'retry done',
        'get running',
      ]),
    );
  }, 60_000);
});

describe('the search for a legal order', () => {
  const line = (
    verb: LogLine['verb'],
    calledAt: number,
    answeredAt: number | null,
    more: Partial<LogLine>,
  ): LogLine => ({
    job: 'j',
    client: 'c',
    call: calledAt,
    calledAt,
    answeredAt,
    verb,
    ...more,
  });
  const has = (...lines: LogLine[]): boolean => isLinearizable(lines.map(operationOf), absent, keyOf);
  const inserted = line('insert', 0, 1, { answer: 'inserted' });

  it('given two claims of one job that overlap, when both were answered, then there is none', () => {
    const claims = ['a', 'b'].map((token) => line('claim', 2, 3, { token, answer: 'claimed' }));
    expect(has(inserted, claims[0] as LogLine)).toBe(true);
    expect(has(inserted, ...claims)).toBe(false);
  });

  it('given a look that saw a later state before an earlier one, when their calls don’t overlap, then there is none; when they do, there is one', () => {
    const claim = line('claim', 2, 9, { token: 'a', answer: 'claimed' });
    const [running, pending] = [line('get', 3, 4, { answer: 'running' }), line('get', 5, 6, { answer: 'pending' })];
    expect(has(inserted, claim, running, pending)).toBe(false);
    expect(has(inserted, claim, running, { ...pending, calledAt: 3 })).toBe(true);
  });

  it('given a call that was never answered, when later answers need it or forbid it, then it happened or it didn’t', () => {
    const unknown = line('claim', 2, null, { token: 'a' });
    expect(has(inserted, unknown, line('get', 5, 6, { answer: 'running' }))).toBe(true);
    expect(has(inserted, unknown, line('get', 5, 6, { answer: 'pending' }))).toBe(true);
    expect(has(inserted, line('get', 5, 6, { answer: 'running' }))).toBe(false);
  });

  it('given a settle under a token that lost the job, when it was answered ok, then there is none', () => {
    const claim = line('claim', 2, 3, { token: 'a', answer: 'claimed' });
    expect(has(inserted, claim, line('settle', 4, 5, { token: 'b', answer: 'lost' }))).toBe(true);
    expect(has(inserted, claim, line('settle', 4, 5, { token: 'b', answer: 'ok' }))).toBe(false);
  });
});

/** @returns how it ended: its exit code, or the signal */
async function live(settings: object, isKilled: boolean): Promise<number | NodeJS.Signals> {
  const child = spawn(process.execPath, ['--no-warnings', client, JSON.stringify(settings)], { stdio: 'inherit' });
  const ended = new Promise<number | NodeJS.Signals>((resolve) =>
    child.on('exit', (code, signal) => resolve(signal ?? (code as number))),
  );
  if (isKilled) {
    const { log } = settings as { log: string };
    while (linesOf(log).length < CALLS / 2) await sleep(2);
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

/** Answered calls, and those that never were: each once. */
function byJob(lines: readonly LogLine[]): Map<string, LogLine[]> {
  const of = ({ client: who, call, verb, job }: LogLine): string => `${who}/${call}/${verb}/${job}`;
  const answered = new Set(lines.filter(({ answeredAt }) => answeredAt !== null).map(of));
  const known = lines.filter((one) => one.answeredAt !== null || !answered.has(of(one)));
  const jobs = [...new Set(known.map(({ job }) => job))].filter((job) => job !== '*');
  const claims = known.filter(({ job, answeredAt }) => job === '*' && answeredAt === null);
  return new Map(
    jobs.map((job) => [job, [...known.filter((one) => one.job === job), ...claims.map((one) => ({ ...one, job }))]]),
  );
}
