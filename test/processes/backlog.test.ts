/** Very many jobs that come due at one instant. */

import { join } from 'node:path';
import { expect, it } from 'vitest';
import { folderForTest, run } from './program.js';
import type { BacklogReport, BacklogSettings } from './settings.js';

const program = new URL('backlog.mjs', import.meta.url);

const MANY = 100_000;
const MB = 1_048_576;

it('given 100,000 jobs due at one instant on SQLite, when they are worked off, then memory is bounded as for 10,000, and nobody is starved', async () => {
  const folder = folderForTest();
  const few = await workOff({ path: join(folder, 'few.db'), count: MANY / 10 });
  const many = await workOff({ path: join(folder, 'many.db'), count: MANY });
  expectFair(many);
  expect(many.grownBytes - few.grownBytes).toBeLessThan(8 * MB);
}, 180_000);

it('given 100,000 jobs due at one instant in memory, when they are worked off, then little is added to their records, and nobody is starved', async () => {
  const many = await workOff({ path: null, count: MANY });
  expectFair(many);
  // The records are there before, and stay until their retention ends; what an end adds to one is some numbers.
  expect(many.grownBytes / MANY).toBeLessThan(300);
}, 180_000);

function expectFair(report: BacklogReport): void {
  expect(report).toMatchObject({ started: MANY, early: 0, isInOrder: true, completed: MANY + 3, left: 0 });
  // After what was claimed already: one prefetch, or two.
  expect(report.urgentStarted - report.enqueued).toBeLessThan(5_000);
  // A worker of its own serves the other queue: it needs to hear of the job, and not to wait for the backlog.
  expect(report.elsewhereStarted - report.enqueued).toBeLessThan(MANY / 4);
  // By its due time it stands behind all others of its priority, and no further back.
  expect(report.laterStarted).toBe(MANY);
}

async function workOff(settings: BacklogSettings): Promise<BacklogReport> {
  const { code, stdout, stderr } = await run(program, settings, ['--expose-gc']);
  // Two workers on one file: an SQLite with that bug is warned of, as it should be.
  const others = stderr.split('\n').filter((line) => line !== '' && !line.includes('bug in resetting its log'));
  expect({ code, others }).toEqual({ code: 0, others: [] });
  return JSON.parse(stdout) as BacklogReport;
}
