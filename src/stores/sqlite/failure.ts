/** What an SQLite error means to the store, whichever library threw it. */

import { StoreError, TaskspanError } from '../../core/errors.js';

/** By SQLite's primary result code. */
const failures: Readonly<Record<number, { readonly name: string; readonly meaning: string }>> = {
  5: { name: 'SQLITE_BUSY', meaning: 'another process held its lock for too long' },
  6: { name: 'SQLITE_LOCKED', meaning: 'another connection of this process held its lock for too long' },
  8: {
    name: 'SQLITE_READONLY',
    meaning: 'it is read-only; give the process the right to write the file and its folder',
  },
  10: { name: 'SQLITE_IOERR', meaning: "the disk failed; the system's log says more, and trying again may help" },
  11: {
    name: 'SQLITE_CORRUPT',
    meaning: "the file is damaged; restore it from a backup, or recover what is left with sqlite3's .recover",
  },
  13: {
    name: 'SQLITE_FULL',
    meaning: 'the disk is full; nothing of the call was written. Free some space, it goes on by itself',
  },
  14: { name: 'SQLITE_CANTOPEN', meaning: 'it could not be opened; its folder must exist and be writable' },
  15: { name: 'SQLITE_PROTOCOL', meaning: 'its locks were contended for too long' },
  26: { name: 'SQLITE_NOTADB', meaning: 'it is not an SQLite database' },
};

const FULL = 13;
/** SQLITE_IOERR_SHMSIZE: the index of the log could not grow, which is how a disk without space shows while opening. */
const NO_ROOM_FOR_INDEX = 4_874;

/** The primary result code, or null if the error is not SQLite's. */
function sqliteCode(error: unknown): number | null {
  if (typeof error !== 'object' || error === null) return null;
  const { errcode, rawCode, code } = error as { errcode?: unknown; rawCode?: unknown; code?: unknown };
  const extended = errcode ?? rawCode;
  if (extended === NO_ROOM_FOR_INDEX || code === 'SQLITE_IOERR_SHMSIZE') return FULL;
  if (typeof extended === 'number') return extended & 0xff;
  if (typeof code !== 'string') return null;
  for (const [number, { name }] of Object.entries(failures)) {
    if (code === name || code.startsWith(`${name}_`)) return Number(number);
  }
  return code.startsWith('SQLITE_') ? 1 : null;
}

/** Somebody else has the lock, and the call may be made again as it was: it changed nothing. */
export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === 5 || code === 6 || code === 15;
}

export function isNotADatabase(error: unknown): boolean {
  return sqliteCode(error) === 26;
}

/** The error that callers of the store see. */
export function storeError(error: unknown, location: string): Error {
  if (error instanceof TaskspanError) return error;
  const code = sqliteCode(error);
  if (code === null) return error instanceof Error ? error : new Error(String(error));
  const detail = failures[code]?.meaning ?? `SQLite says: ${(error as Error).message}`;
  return new StoreError('STORE_FAILED', `The SQLite store '${location}' failed: ${detail}.`, { cause: error });
}
