/** A short soak; `npm run soak` is the long one. */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

const program = fileURLToPath(new URL('../../scripts/soak.mjs', import.meta.url));

describe('a soak', () => {
  it('given producers, workers and leaders on one store that are killed and stopped in turn, when all is over, then no acknowledged job is lost and no run was illegal', async () => {
    const { code, stdout, stderr } = await soak('--seconds', '20', '--json');
    const report = JSON.parse(stdout.split('\n')[0] || '{}');
    expect(report.offences, `${stderr}${report.text}`).toEqual([]);
    expect(code).toBe(0);
    // Otherwise nothing was put to the test.
    expect(report.kills).toBeGreaterThanOrEqual(3);
    expect(report.pauses).toBeGreaterThanOrEqual(3);
    expect(report.acknowledged).toBeGreaterThanOrEqual(1_000);
  }, 240_000);
});

function soak(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ['--no-warnings', program, ...args], (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
    onTestFinished(() => void child.kill());
  });
}
