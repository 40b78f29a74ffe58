/** Which store a command means. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '../core/errors.js';
import { UsageError } from './settings.js';

/** Where `dev` keeps its jobs, from the current folder. */
const DEV_FILE = '.taskspan/dev.db';

export interface ChosenStore {
  readonly url: string;
  /** Where it was found, if it was not on the command line; null if it was. */
  readonly source: string | null;
}

/**
 * `--url`, else `TASKSPAN_URL`, else the file of `dev` in the folder.
 *
 * @throws UsageError if there is none, or if it would be one of this process alone
 */
export function chosenStore(given: string | undefined, fromEnvironment: string | undefined, folder = '.'): ChosenStore {
  const chosen = choice(given, fromEnvironment, join(folder, DEV_FILE));
  if (chosen === null) {
    throw new UsageError(
      `which store? Give --url (for example --url sqlite:./tasks.db), set TASKSPAN_URL, or go to a folder where 'taskspan dev' has run.`,
    );
  }
  if (/^(memory:?|sqlite::memory:.*)$/.test(chosen.url)) {
    throw new UsageError(
      `'${chosen.url}' lives in one process and can't be seen from this one. Look at it there, or use a store that is shared: sqlite:./tasks.db.`,
    );
  }
  return chosen;
}

function choice(given: string | undefined, fromEnvironment: string | undefined, devFile: string): ChosenStore | null {
  if (given !== undefined) return { url: given, source: null };
  if (fromEnvironment !== undefined && fromEnvironment !== '') return { url: fromEnvironment, source: 'TASKSPAN_URL' };
  return existsSync(devFile) ? { url: `sqlite:${devFile}`, source: 'of taskspan dev, in this folder' } : null;
}

/** The file of an SQLite store that isn't there yet, and would be made; null if there is nothing to make. */
export function missingFile(url: string): string | null {
  const path = /^sqlite:(?:\/\/(?=\/))?([^?]+)/.exec(url)?.[1];
  return path === undefined || existsSync(path) ? null : path;
}

/** A slip of the pen must not make a new, empty store. @throws StoreError */
export function refuseMissing(url: string): void {
  const path = missingFile(url);
  if (path === null) return;
  throw new StoreError(
    'INVALID_STORE',
    `There is no store '${path}': no such file. Is the path right from this folder?`,
  );
}

/** For people. */
export function shownUrl(url: string): string {
  return url.replace(/:[^:/@]*@/, ':***@');
}
