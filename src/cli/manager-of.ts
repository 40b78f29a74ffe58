/** The manager of what FILE exports: the one that it exports, or a new one with its tasks. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { type Logger, TaskManager } from '../index.js';
import { harmless } from './live/text.js';
import type { Exports } from './load.js';
import { type Settings, UsageError } from './settings.js';
import { complain, paint, say } from './terminal.js';

/** So that what a killed `dev` had in hand comes back soon after it is started again. */
const DEV_LEASE_MS = 10_000;

/** @throws UsageError for what the command line has wrong; what registering throws, for what FILE has wrong */
export function managerOf(exports: Exports, settings: Settings): TaskManager {
  const { tasks, groups, managers } = exports;
  const [exported, second] = managers;
  if (second !== undefined)
    throw new UsageError(`${settings.shownFile} exports more than one TaskManager; export one.`);
  if (exported !== undefined) return checked(exported, exports, settings);
  if (tasks.length === 0) throw new UsageError(nothingExported(settings));
  const manager = newManager(settings);
  for (const task of tasks) manager.addTask(task);
  for (const group of groups) manager.addConstraintGroup(group);
  return manager;
}

/** It is used as it is: its tasks, store and concurrency are its own. */
function checked(
  manager: TaskManager,
  { tasks }: Exports,
  { shownFile, isUrlGiven, concurrency }: Settings,
): TaskManager {
  const option = isUrlGiven ? '--url' : concurrency !== null ? '--concurrency' : null;
  if (option !== null)
    throw new UsageError(`${shownFile} exports a TaskManager, which has its own settings; leave ${option} out.`);
  for (const { name } of tasks) {
    if (manager.getTaskByName(name) === undefined) {
      say(
        `${paint('yellow', '!')} Task '${name}' is exported, but the exported TaskManager doesn't have it, so it won't run here.`,
      );
    }
  }
  return manager;
}

function newManager({ command, url, concurrency }: Settings): TaskManager {
  if (url === null && command === 'worker') {
    throw new UsageError(
      'a worker needs to know where the jobs live. Give --url (for example --url sqlite:./tasks.db) or set TASKSPAN_URL, or let the file export a TaskManager.',
    );
  }
  try {
    return new TaskManager({
      store: url ?? devStore(),
      concurrency: concurrency ?? undefined,
      leaseMs: url === null ? DEV_LEASE_MS : undefined,
      logger,
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** In the current folder, and ignored by git without anyone's doing. */
function devStore(): string {
  try {
    mkdirSync('.taskspan', { recursive: true });
    writeFileSync('.taskspan/.gitignore', '*\n');
  } catch (error) {
    throw new Error(`dev keeps its jobs in .taskspan/dev.db, which can't be made here: ${(error as Error).message}`);
  }
  return 'sqlite:.taskspan/dev.db';
}

const logger: Logger = {
  debug() {},
  info() {},
  warn: (message) => say(`${paint('yellow', '!')} ${harmless(message)}`),
  error: (message) => complain(harmless(message)),
};

function nothingExported({ shownFile, command }: Settings): string {
  return `${shownFile} exports no task. For example:

  import { type Main, task } from 'taskspan';

  export const hello = task('hello', async (input: { name: string }) => \`Hello, \${input.name}!\`);

  export default (async ({ manager }) => {
    await manager.enqueue(hello, { name: 'world' });
  }) satisfies Main;

Then: taskspan ${command} ${shownFile}`;
}
