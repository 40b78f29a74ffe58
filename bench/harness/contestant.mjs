/** What every contestant needs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How much, and how. */
export const setting = () => JSON.parse(process.argv[2] ?? '{}');

/** The input of a job, the same for all contestants: small plain JSON, and another for each job. */
export const input = (i) => ({ path: `images/${i}.png`, width: 200 });

/** About 100 bytes as JSON, which no peer can keep in Redis's densest form: that ends at 64. */
export const largeInput = (i) => ({
  ...input(i),
  target: `thumbnails/2/${i}-200.webp`,
  quality: 80,
  owner: `u-${i}`,
});

/** Says what was measured, as the last line. */
export function report(measures) {
  console.log(JSON.stringify(measures));
}

/** A folder that is gone when the process ends. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'taskspan-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** @param {string} what */
export function expectCount(actual, expected, what) {
  if (actual !== expected) throw new Error(`Expected ${expected} ${what}, and there are ${actual}.`);
}

/** Makes so many calls in all, by so many callers, each of which awaits its call before the next. */
export async function inFlight(callers, calls, call) {
  let next = 0;
  async function caller() {
    while (next < calls) await call(next++);
  }
  await Promise.all(Array.from({ length: Math.min(callers, calls) }, caller));
}

/** @param {readonly number[]} values */
export function percentile(values, percent) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((percent / 100) * sorted.length))];
}

export const perSecond = (count, sinceMs) => (count / (performance.now() - sinceMs)) * 1_000;

/** Resolves with the time at which the manager has settled so many jobs more as completed. */
export function completions(manager, count) {
  return new Promise((resolve) => {
    let ended = 0;
    const off = manager.on('completed', () => {
      ended += 1;
      if (ended < count) return;
      off();
      resolve(performance.now());
    });
  });
}
