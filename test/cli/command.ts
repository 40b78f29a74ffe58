/** The built command as a user runs it: a real process in a folder of its own, outside this repository. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
if (!existsSync(cli))
  throw new Error('The tests of the command line need dist/cli/main.js: run `npm run build` first.');

/** A folder with these files and no node_modules in reach; gone after the test. */
export async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'taskspan-cli-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

export class Command {
  output = '';
  /** The exit code, once nobody can write to its output any more: its children included. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  readonly #process: ChildProcess;
  #read = 0;
  #look: () => void = () => {};

  /** @param terminal of 100 columns and 30 rows: then it has one, and else pipes */
  constructor(
    folder: string,
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    { terminal = false }: { readonly terminal?: boolean } = {},
  ) {
    const { TASKSPAN_URL: _, NO_COLOR: __, FORCE_COLOR: ___, ...inherited } = process.env;
    const command = [process.execPath, cli, ...args];
    const quoted = command.map((word) => `'${word}'`).join(' ');
    const [file, ...words] = terminal
      ? ['script', '-qefc', `stty cols 100 rows 30; exec ${quoted}`, '/dev/null']
      : command;
    this.#process = spawn(file as string, words, {
      cwd: folder,
      env: { ...inherited, ...environment },
      // Where `script` has nobody to read from, it tells the terminal that all is over.
      stdio: [terminal ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      detached: true,
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        this.#look();
      });
    }
    this.ended = new Promise((resolve) => {
      this.#process.once('close', (code, signal) => {
        resolve(code ?? signal);
        this.#look();
      });
    });
    onTestFinished(() => this.#killGroup());
  }

  /** Resolves with the match in what it has printed since the last one. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    let hasEnded = false;
    void this.ended.then(() => {
      hasEnded = true;
    });
    for (;;) {
      const match = pattern.exec(this.output.slice(this.#read));
      if (match !== null) {
        this.#read += match.index + match[0].length;
        return match;
      }
      if (hasEnded) throw new Error(`It ended without printing ${pattern}. It printed:\n${this.output}`);
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
    }
  }

  /** What somebody types who sits at the terminal. */
  type(keys: string): void {
    this.#process.stdin?.write(keys);
  }

  /** To the command's own process only. */
  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  /** As a terminal does: to the command and all that it has started. */
  signalGroup(name: NodeJS.Signals): void {
    process.kill(-(this.#process.pid as number), name);
  }

  async #killGroup(): Promise<void> {
    try {
      this.signalGroup('SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
    await this.ended;
  }
}

/** Runs to the end. */
export async function outcomeOf(
  ...given: ConstructorParameters<typeof Command>
): Promise<{ exitCode: number | NodeJS.Signals | null; output: string }> {
  const command = new Command(...given);
  return { exitCode: await command.ended, output: command.output };
}
