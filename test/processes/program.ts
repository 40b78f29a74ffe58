/** Runs a program of this folder until it ends by itself. */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export interface Ended {
  /** The exit code; null if it had to be killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Nothing here takes as long, unless something keeps the process alive. */
const PATIENCE_MS = 60_000;

/**
 * @param program `new URL('name.mjs', import.meta.url)`
 * @param flags of Node
 */
export function run(program: URL, settings: object, flags: readonly string[] = []): Promise<Ended> {
  const args = ['--no-warnings', ...flags, fileURLToPath(program), JSON.stringify(settings)];
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { timeout: PATIENCE_MS }, (_, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr });
    });
  });
}

/** A folder that goes when the test is over. */
export function folderForTest(): string {
  const folder = mkdtempSync(join(tmpdir(), 'taskspan-processes-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
