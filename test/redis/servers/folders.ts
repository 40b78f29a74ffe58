/** Temporary folders of servers; what is left when this process ends goes with it. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders = new Set<string>();

process.once('exit', () => {
  for (const folder of folders) removeFolder(folder);
});

export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'taskspan-redis-'));
  folders.add(folder);
  return folder;
}

export function removeFolder(folder: string): void {
  folders.delete(folder);
  rmSync(folder, { recursive: true, force: true });
}
