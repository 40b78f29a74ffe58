/** taskspan as built, opened as its documents have it: default retention, leases, heartbeat, chores and events are on. */
import { join } from 'node:path';
import { memory, TaskManager, task } from '../../dist/index.js';
import { sqlite } from '../../dist/stores/sqlite/index.js';
import { temporaryFolder } from './contestant.mjs';

export { memory, TaskManager, task };

/**
 * @param {'node:sqlite' | 'libsql'} driver
 * @param {'full' | 'normal'} synchronous
 */
export function sqliteIn(driver, synchronous, folder = temporaryFolder()) {
  return sqlite({ path: join(folder, 'jobs.db'), driver, synchronous });
}

/** Of a store that is open. */
export const sqliteOf = (store) => `SQLite ${store.sqliteVersion}`;

/** Many at a time, for what is not measured. */
export async function fill(manager, noop, count, inputOf, options) {
  const CHUNK = 10_000;
  for (let from = 0; from < count; from += CHUNK) {
    const length = Math.min(CHUNK, count - from);
    await manager.enqueueMany(
      noop,
      Array.from({ length }, (_, i) => inputOf(from + i)),
      options,
    );
  }
}
