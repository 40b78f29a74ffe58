/** Processes that share an election and nothing else. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { folderForTest } from './program.js';

/** Longer than a busy machine keeps a process from renewing it. */
const LEASE_MS = 5_000;
/** Nothing here takes as long, unless it never comes. */
const PATIENCE_MS = 30_000;

interface Candidate {
  /** Those that it ran, epoch ms. */
  readonly slots: readonly number[];
  /** @returns its exit code; null if the signal ended it */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

function launch(folder: string): Candidate {
  const program = fileURLToPath(new URL('elected.mjs', import.meta.url));
  const settings = JSON.stringify({ election: `sqlite:${join(folder, 'election.db')}`, leaseMs: LEASE_MS });
  const child = spawn(process.execPath, ['--no-warnings', program, settings], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  return {
    get slots() {
      return printed.split('\n').slice(0, -1).map(Number);
    },
    end: async (signal) => {
      const exited = once(child, 'exit');
      child.kill(signal);
      return (await exited)[0] as number | null;
    },
  };
}

async function until(is: () => boolean): Promise<void> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  while (!is()) await sleep(20, undefined, { signal: patience });
}

it('given three processes with a memory store each, when the elected one is killed, and the next one told to end, then each time another runs the slots, and none did before', async () => {
  const folder = folderForTest();
  const all = [launch(folder), launch(folder), launch(folder)];
  const atWork = (waiting: readonly Candidate[]): Candidate | undefined =>
    waiting.find(({ slots }) => slots.length > 1);

  await until(() => atWork(all) !== undefined);
  const first = atWork(all) as Candidate;
  await first.end('SIGKILL');
  const left = all.filter((one) => one !== first);
  expect(left.map(({ slots }) => slots)).toEqual([[], []]);

  await until(() => atWork(left) !== undefined);
  const second = atWork(left) as Candidate;
  expect(await second.end('SIGTERM')).toBe(0);
  const [last] = left.filter((one) => one !== second) as [Candidate];
  expect(second.slots.filter((slot) => first.slots.includes(slot))).toEqual([]);

  await until(() => last.slots.length > 1);
  expect(await last.end('SIGTERM')).toBe(0);
}, 120_000);
