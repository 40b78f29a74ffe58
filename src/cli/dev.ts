/**
 * `taskspan dev FILE`: a child does the work, and is replaced when a file that it loaded changes.
 *
 * A child that ends by itself ends the command. Only what an edit can mend is waited for: a file that can't be loaded,
 * and whatever goes wrong after a restart.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { FromChild, ToChild } from './dev-child.js';
import { isLive, liveTerminal } from './live/terminal-view.js';
import type { LiveView } from './live/view.js';
import { fileCommand, type Settings } from './settings.js';
import { onSignals } from './signals.js';
import { complain, say, shownPath } from './terminal.js';
import { Watch } from './watch.js';

/** Beyond the time that running jobs have to end: then the child hangs, and is killed. */
const STOP_GRACE_MS = 5_000;

/** For what it wrote last. A process that it has left behind may hold its output open for longer. */
const LAST_WORDS_MS = 500;

export function devCommand(version: string): Command {
  return fileCommand(
    {
      name: 'dev',
      version,
      summary: 'run the tasks of a file, and start anew when it changes',
      description:
        'Runs the tasks of FILE and starts anew when a file that it loaded changes. Jobs live in .taskspan/dev.db unless a URL is given.',
      timeout: '1s',
    },
    dev,
  );
}

async function dev(settings: Settings): Promise<number> {
  const watch = new Watch((folder, error) => complain(`Changes in ${folder} can't be seen: ${error.message}`));
  const view = isLive(process.stdout, process.env) ? liveTerminal() : null;
  let child: Child | null = null;
  const asked = new Promise<'signal'>((resolve) => {
    onSignals(
      () => {
        say('Closing. Another signal exits at once.');
        resolve('signal');
      },
      (exitCode) => {
        child?.kill();
        process.exit(exitCode);
      },
    );
  });

  for (let isFirst = true; ; isFirst = false) {
    watch.forget();
    child = new Child(settings, watch, view);
    const change = watch.changed();
    let event = await Promise.race([child.ended, change, asked]);
    if (typeof event === 'object') {
      const { exitCode, isNotLoaded } = event;
      if (exitCode === 0 || (isFirst && !isNotLoaded)) return exitCode;
      say('Waiting for a change …');
      event = await Promise.race([change, asked]);
    }
    await child.stop(settings.timeoutMs);
    if (event === 'signal') return 0;
    say(`${shownPath(event)} changed; starting anew.`);
  }
}

interface Ended {
  readonly exitCode: number;
  readonly isNotLoaded: boolean;
}

class Child {
  readonly ended: Promise<Ended>;
  readonly #process: ChildProcess;

  /** @param view shows what it does, and what it writes; null: it has our own output */
  constructor(settings: Settings, watch: Watch, view: LiveView | null) {
    const stderr = view !== null && process.stderr.isTTY ? 'pipe' : 'inherit';
    this.#process = fork(fileURLToPath(new URL('./dev-child.js', import.meta.url)), {
      stdio: ['inherit', view === null ? 'inherit' : 'pipe', stderr, 'ipc'],
      env: view === null ? process.env : { ...colours(), ...process.env },
    });
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => view?.print(text, 'child-out'));
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => view?.print(text, 'child-err'));
    let isNotLoaded = false;
    this.#process.on('message', (message: FromChild) => {
      if (message === 'not-loaded') isNotLoaded = true;
      else if ('live' in message) view?.show(() => message.live);
      else watch.add(message.file, message.state);
    });
    this.ended = new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const end = (code: number | null, signal: NodeJS.Signals | null): void => {
        clearTimeout(timer);
        view?.show(null);
        resolve({ exitCode: code ?? 128 + (signal === null ? 0 : constants.signals[signal]), isNotLoaded });
      };
      // Not `exit` alone: what it said last may come after that.
      this.#process.once('close', end);
      this.#process.once('exit', (...how) => {
        timer = setTimeout(end, LAST_WORDS_MS, ...how);
      });
      this.#process.once('error', (error) => {
        complain('The process for the work could not be started.', error);
        resolve({ exitCode: 1, isNotLoaded });
      });
    });
    this.#send({ settings, isLive: view !== null });
  }

  /** Asks it to end, and resolves when it has. */
  async stop(timeoutMs: number): Promise<void> {
    this.#send('stop');
    const timer = setTimeout(() => this.kill(), timeoutMs + STOP_GRACE_MS);
    await this.ended;
    clearTimeout(timer);
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  /** To one that has gone already there is nothing to say. */
  #send(message: ToChild): void {
    if (this.#process.connected) this.#process.send(message, () => {});
  }
}

/** A child whose output is a pipe can't see the terminal behind it. */
function colours(): Record<string, string> {
  if ((process.env.NO_COLOR ?? '') !== '') return {};
  // Never fewer than our own lines have, whatever is guessed from the environment.
  return { FORCE_COLOR: { 8: '2', 24: '3' }[process.stdout.getColorDepth()] ?? '1' };
}
