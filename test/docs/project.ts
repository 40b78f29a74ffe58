/** A user's project in a temporary folder, with the built package installed, in which pages' commands are run as they stand. */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { root } from '../house/source.js';

/** Nothing that these tests wait for takes as long, unless it never comes. */
const PATIENCE_MS = 15_000;

export class Project {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'taskspan-project-'));

  constructor(files: Readonly<Record<string, string>>) {
    if (!existsSync(join(root, 'dist/cli/main.js'))) throw new Error('dist is missing: run `npm run build` first.');
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }));
    mkdirSync(this.path('node_modules/.bin'), { recursive: true });
    symlinkSync(root, this.path('node_modules/taskspan'), 'dir');
    symlinkSync('../taskspan/dist/cli/main.js', this.path('node_modules/.bin/taskspan'));
    this.write({ 'package.json': '{ "type": "module" }', ...files });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(this.path(name)), { recursive: true });
      writeFileSync(this.path(name), text);
    }
  }

  /** `node` is the Node of the test. */
  run(command: readonly string[], environment: Readonly<Record<string, string>> = {}): Running {
    return new Running(this.folder, command, environment);
  }
}

export class Running {
  output = '';
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  readonly #process: ChildProcess;
  #look: () => void = () => {};

  constructor(cwd: string, [program = '', ...args]: readonly string[], environment: Readonly<Record<string, string>>) {
    const { TASKSPAN_URL: _, ...inherited } = process.env;
    this.#process = spawn(/(^|\/)node$/.test(program) ? process.execPath : program, args, {
      cwd,
      env: { ...inherited, NODE_OPTIONS: '', VITEST: '', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
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
    onTestFinished(async () => {
      this.#process.kill('SIGKILL');
      await this.ended;
    });
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  /** The first match in all that it has printed, once there is one. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    let hasEnded = false;
    void this.ended.then(() => {
      hasEnded = true;
    });
    for (;;) {
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      if (hasEnded || performance.now() > giveUpAt)
        throw new Error(`It ${hasEnded ? 'ended' : 'ran'} without printing ${pattern}. It printed:\n${this.output}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1_000);
        this.#look = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
