/** A disk of its own for a test: so small that it is soon full. */

import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, type TestContext } from 'vitest';

const BLOCK = Buffer.alloc(4_096);

export class Disk {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'taskspan-disk-'));

  /** Two megabytes, until the test is over. Skips the test where nothing may be mounted. */
  static forTest(context: TestContext): Disk {
    const disk = new Disk();
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk.folder], { encoding: 'utf8' });
    onTestFinished(() => {
      // Lazily: SQLite's handles may be closed a little later than their database.
      if (mounted.status === 0) spawnSync('umount', ['--lazy', disk.folder]);
      rmSync(disk.folder, { recursive: true, force: true });
    });
    if (mounted.status !== 0) {
      context.skip(`a disk of 2 MB can't be mounted here: ${mounted.error?.message ?? mounted.stderr.trim()}`);
    }
    return disk;
  }

  /** Fills it up, but for `leaveBytes`. */
  fill(leaveBytes = 0): void {
    const file = openSync(this.#ballast, 'w');
    let size = 0;
    try {
      for (;;) size += writeSync(file, BLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
    ftruncateSync(file, Math.max(0, size - leaveBytes));
    closeSync(file);
  }

  /** There is space again. */
  clear(): void {
    rmSync(this.#ballast);
  }

  get #ballast(): string {
    return join(this.folder, 'ballast');
  }
}
