/** `taskspan worker FILE`: runs it in this process. */

import type { Command } from 'commander';
import { isLive, liveTerminal } from './live/terminal-view.js';
import { fileCommand, type Settings } from './settings.js';
import { onSignals } from './signals.js';
import { say } from './terminal.js';

export function workerCommand(version: string): Command {
  return fileCommand(
    {
      name: 'worker',
      version,
      summary: 'run the tasks of a file, as in production',
      description: 'Runs the tasks of FILE against a store. Prints what fails, not what succeeds.',
      timeout: '10s',
    },
    worker,
  );
}

async function worker(settings: Settings): Promise<number> {
  const stop = new AbortController();
  const live = isLive(process.stdout, process.env) ? liveTerminal() : null;
  onSignals(
    () => {
      say('Closing. Another signal exits at once.');
      stop.abort();
    },
    (exitCode) => process.exit(exitCode),
  );
  process.stdout.on('error', () => stop.abort());
  // The parent of `dev` and --help do without the engine and the TypeScript compiler.
  const { run } = await import('./run.js');
  return (await run({ settings, stop: stop.signal, onFile() {}, live })).exitCode;
}
