/** What an SQLite file and its driver can tell about themselves. */

import type { Finding, StoreHealth } from '../../store/index.js';
import type { Database } from './database.js';

export interface SqliteFacts {
  readonly driver: string;
  /** Of the SQLite library: `3.45.1`. */
  readonly version: string;
  readonly journalMode: string;
  /** Null for one in memory. */
  readonly file: { readonly path: string; readonly bytes: number; readonly logBytes: number } | null;
  /** The name of the network file system that the file lies on, or null. */
  readonly networkFileSystem: string | null;
}

export function checkHealth(db: Database, path: string, workers: number): StoreHealth {
  const facts = factsOf(db, path);
  const { driver, version, journalMode, file } = facts;
  const sizes = file === null ? {} : { fileBytes: file.bytes, logBytes: file.logBytes };
  return { facts: { driver, sqlite: version, journalMode, ...sizes }, findings: findingsOf(facts, workers), now: null };
}

/** The decisions. @param workers how many are alive */
export function findingsOf(facts: SqliteFacts, workers: number): readonly Finding[] {
  if (facts.file === null) return [];
  return [...walResetFindings(facts, workers), ...journalFindings(facts), ...fileSystemFindings(facts)];
}

function walResetFindings({ version, driver, journalMode }: SqliteFacts, workers: number): readonly Finding[] {
  if (journalMode !== 'wal' || !hasWalResetBug(version)) return [];
  const bug = `SQLite ${version} (${driver}) has a bug in resetting its log (fixed in 3.51.3) that can, very rarely, damage a file to which several connections write`;
  const fix =
    'Run the workers on a Node whose own SQLite is new enough (node -p process.versions.sqlite), or keep to one worker on this file. Keep backups.';
  return workers > 1
    ? [{ code: 'sqlite-wal-reset', severity: 'warning', message: `${bug}, and ${workers} workers are alive.`, fix }]
    : [{ code: 'sqlite-wal-reset', severity: 'note', message: `${bug}. With one worker there is little danger.`, fix }];
}

/** From 3.7.0 to 3.51.2, without the patch releases 3.44.6 and 3.50.7. */
function hasWalResetBug(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  if (major !== 3 || minor > 51) return false;
  if (minor === 51) return patch < 3;
  if (minor === 50) return patch < 7;
  return minor === 44 ? patch < 6 : minor >= 7;
}

function journalFindings({ journalMode, file }: SqliteFacts): readonly Finding[] {
  if (journalMode === 'wal') return [];
  return [
    {
      code: 'sqlite-no-wal',
      severity: 'warning',
      message: `The file is in journal mode '${journalMode}', not 'wal': workers wait for each other, and news between processes is slow.`,
      fix: `Move '${file?.path}' to a local disk whose file system has shared memory.`,
    },
  ];
}

function fileSystemFindings({ networkFileSystem, file }: SqliteFacts): readonly Finding[] {
  if (networkFileSystem === null) return [];
  return [
    {
      code: 'network-file-system',
      severity: 'problem',
      message: `The file lies on ${networkFileSystem}. SQLite's log needs shared memory and locks that hold: several processes there can damage the file.`,
      fix: `Move '${file?.path}' to a local disk.`,
    },
  ];
}

function factsOf(db: Database, path: string): SqliteFacts {
  const version = db.get<{ version: string }>('SELECT sqlite_version() AS version')?.version ?? '';
  const journalMode = String(db.pragma('journal_mode'));
  const isInMemory = path === ':memory:';
  return {
    driver: db.driver.name,
    version,
    journalMode,
    file: isInMemory ? null : { path, bytes: sizeOf(path), logBytes: sizeOf(`${path}-wal`) },
    networkFileSystem: isInMemory ? null : networkFileSystemOf(path),
  };
}

function sizeOf(path: string): number {
  const { statSync } = process.getBuiltinModule('node:fs');
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** By the number that Linux gives to a kind of file system. */
const networkFileSystems: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9P'],
  [0x00c36400, 'Ceph'],
  [0x5346414f, 'AFS'],
  [0x0bd00bd0, 'Lustre'],
]);

function networkFileSystemOf(path: string): string | null {
  try {
    const { type } = process.getBuiltinModule('node:fs').statfsSync(path);
    return networkFileSystems.get(type >>> 0) ?? null;
  } catch {
    return null;
  }
}
