/** One life of a FILE: load, start, call its default export, close. The same in `worker` and in the child of `dev`. */

import type { Main, TaskManager } from '../index.js';
import { greet } from './greeting.js';
import { hushSqlite } from './hush-sqlite.js';
import { JobLog } from './job-log.js';
import { Activity } from './live/activity.js';
import type { LiveState } from './live/state.js';
import { type Exports, loadFile } from './load.js';
import { managerOf } from './manager-of.js';
import { type Settings, UsageError } from './settings.js';
import { complain, say, shownDuration } from './terminal.js';

export interface Life {
  readonly settings: Settings;
  /** Aborted when the command is asked to end. */
  readonly stop: AbortSignal;
  /** Told of each local file that is loaded. */
  readonly onFile: (path: string) => void;
  /** Who shows what happens while it happens; null where nothing moves. */
  readonly live: LiveShow | null;
}

export interface LiveShow {
  /** @param look asked as often as it is drawn; null: there is nothing to show */
  show(look: (() => LiveState) | null): void;
  /** Called for each event of each job. */
  readonly changed: () => void;
}

/** How it ended. `not-loaded`: the user has been told why; nothing ran. */
export type Ending = { readonly exitCode: number; readonly isNotLoaded?: true };

export async function run(life: Life): Promise<Ending> {
  hushSqlite();
  const { settings, stop, onFile } = life;
  try {
    const exports = await Promise.race([loadFile(settings.file, onFile), aborted(stop)]);
    if (exports === undefined) return { exitCode: 0 };
    return { exitCode: await work(managerOf(exports, settings), exports, life) };
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`taskspan: ${error.message}`);
      return { exitCode: 2 };
    }
    complain(`${settings.shownFile} can't be loaded.`, error);
    return { exitCode: 1, isNotLoaded: true };
  }
}

/** Never throws. @returns the exit code */
async function work(manager: TaskManager, exports: Exports, { settings, stop, live }: Life): Promise<number> {
  const { shownFile, args, timeoutMs, command } = settings;
  const log = new JobLog(manager, { onlyTroubles: command === 'worker', isSampled: live !== null });
  const activity = live === null ? null : new Activity(manager, live.changed);
  let exitCode = 0;
  try {
    await greet(manager, settings.version);
    await manager.start();
    activity?.watchStore();
    live?.show(() => (activity as Activity).state(log.taskWidth));
    await Promise.race([untilExit(exports.main, { manager, args, signal: stop }), aborted(stop)]);
  } catch (error) {
    // What throws because it was asked to stop has done what it was asked.
    if (!stop.aborted) {
      complain(`${shownFile} failed.`, error);
      exitCode = 1;
    }
  }
  activity?.close();
  if (log.running > 0) {
    const [jobs, have] = log.running === 1 ? ['1 job', 'has'] : [`${log.running} jobs`, 'have'];
    say(`${jobs} still running ${have} ${shownDuration(timeoutMs)} to end; then the work is given back.`);
  }
  try {
    await manager.close({ timeout: timeoutMs });
  } catch (error) {
    complain('The manager could not be closed.', error);
    exitCode = 1;
  }
  log.flush();
  live?.show(null);
  return exitCode;
}

/** Resolves when the default export has said 'exit' and nothing is due or running. Jobs of a later time don't count. */
async function untilExit(main: Main | null, context: Parameters<Main>[0]): Promise<void> {
  if ((await main?.(context)) === 'exit') return context.manager.whenIdle();
  // A manager that only produces has no timer that would keep the process alive.
  await new Promise(() => setInterval(() => {}, 60_000));
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
