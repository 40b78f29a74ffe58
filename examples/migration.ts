/**
 * A migration as a chain: back up, validate, migrate, verify; and roll back if one of them fails.
 *
 *     node examples/migration.ts
 *
 * The database is a file of JSON in a temporary folder. The first migration works, the second loses data.
 */

import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Taskchain, TaskchainError, TaskManager, task } from 'taskspan';

interface Database {
  readonly version: number;
  readonly users: readonly Readonly<Record<string, string>>[];
}
interface Change {
  readonly title: string;
  readonly from: number;
  readonly apply: (user: Readonly<Record<string, string>>) => Record<string, string>;
}

const folder = await mkdtemp(join(tmpdir(), 'taskspan-migration-'));
const [file, copy] = [join(folder, 'db.json'), join(folder, 'db.backup.json')];
const read = async (path: string): Promise<Database> => JSON.parse(await readFile(path, 'utf8'));
const write = (database: Database): Promise<void> => writeFile(file, JSON.stringify(database));

// Each task gets what the one before resolved with. Here that is the change, handed on.
const backup = task('backup', async (change: Change) => {
  await copyFile(file, copy);
  return change;
});

const validate = task('validate', async (change: Change) => {
  const { version } = await read(file);
  if (version !== change.from) throw new Error(`the database is at version ${version}, not ${change.from}`);
  return change;
});

const migrate = task('migrate', async (change: Change) => {
  const { version, users } = await read(file);
  await write({ version: version + 1, users: users.map(change.apply) });
});

const verify = task('verify', async () => {
  const { users } = await read(file);
  const lost = users.filter(({ mail }) => mail === undefined);
  if (lost.length > 0) throw new Error(`${lost.length} of ${users.length} users have no mail`);
  return (await read(file)).version;
});

const rollback = task('rollback', async () => {
  await copyFile(copy, file);
  return (await read(file)).version;
});

const steps = [backup, validate, migrate, verify] as const;
const migration = new Taskchain({ name: 'migration', taskArray: steps });

const changes: readonly Change[] = [
  { title: 'lower case', from: 1, apply: ({ name, mail }) => ({ name: name ?? '', mail: (mail ?? '').toLowerCase() }) },
  { title: 'only names', from: 2, apply: ({ name }) => ({ name: name ?? '' }) },
];

// The chain itself isn't added: its members are what is worth a line.
const manager = new TaskManager({ tasks: [...steps, rollback] });
manager.taskSubject.subscribe(({ type, task: { name }, error }) => {
  if (type === 'completed') console.log(`  ✓ ${name}`);
  if (type === 'failed') console.log(`  ✗ ${name}: ${error}`);
});

try {
  const ada = { name: 'Ada', mail: 'Ada@Example.com' };
  await write({ version: 1, users: [ada, { name: 'Grace', mail: 'GRACE@example.com' }] });
  for (const change of changes) {
    console.log(`Migration: ${change.title}`);
    try {
      console.log(`  The database is at version ${await manager.triggerTask(migration, change)}.`);
    } catch (error) {
      if (!(error instanceof TaskchainError)) throw error;
      console.log(`  ${error.message}.`);
      console.log(`  The database is back at version ${await manager.triggerTask(rollback)}.`);
    }
  }
  console.log(`Users: ${(await read(file)).users.map(({ name, mail }) => `${name} <${mail}>`).join(', ')}`);
} finally {
  await manager.close();
  await rm(folder, { recursive: true });
}
