/** A temporary folder in which the programs of the pages are typed, built and run, with `taskspan` as its sources. */

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { root, textOf } from '../house/source.js';
import type { Checked } from './check.js';
import type { Instrumented, Program } from './programs.js';

export interface Ran {
  readonly exitCode: number | null;
  readonly output: string;
  readonly checked: readonly Checked[];
}

/** A sample is short; one that takes longer has forgotten to end. */
const LONGEST_MS = 30_000;

/** Calls the default export of a file as the command line does. */
const mainOf = (file: string): string => `
import * as exported from './${file}';
import { Task, TaskConstraintGroup, TaskManager } from 'taskspan';
const all = Object.values(exported);
const manager = new TaskManager({ tasks: all.filter((one) => one instanceof Task) });
for (const group of all.filter((one) => one instanceof TaskConstraintGroup)) manager.addConstraintGroup(group);
await manager.start();
await exported.default({ manager, args: [], signal: new AbortController().signal });
await manager.whenIdle();
await manager.close();
`;

export class Workshop {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'taskspan-samples-'));

  constructor() {
    // So that what the sources import, a driver of SQLite among it, is found from here.
    symlinkSync(join(root, 'node_modules'), join(this.folder, 'node_modules'), 'dir');
    writeFileSync(join(this.folder, 'package.json'), '{ "type": "module" }');
  }

  /** Answers what the compiler prints: nothing, if all is well. */
  typecheck(programs: readonly Program[]): string {
    const files = programs.map((program) => this.#write('typed', program, program.text));
    const { compilerOptions } = JSON.parse(textOf('tsconfig.json'));
    const paths = Object.entries(compilerOptions.paths as Record<string, string[]>).map(([name, targets]) => [
      name,
      targets.map((target) => join(root, target)),
    ]);
    const options = { ...compilerOptions, rootDir: undefined, noUnusedLocals: false, noUnusedParameters: false };
    const tsconfig = join(this.folder, 'tsconfig.json');
    writeFileSync(
      tsconfig,
      JSON.stringify({ compilerOptions: { ...options, paths: Object.fromEntries(paths) }, files }),
    );
    try {
      return execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', tsconfig], {
        cwd: this.folder,
        encoding: 'utf8',
      });
    } catch (error) {
      return (error as { stdout: string }).stdout;
    }
  }

  /** Builds them all; answers the file to run for each. */
  async build(programs: readonly (readonly [Program, Instrumented])[]): Promise<readonly string[]> {
    const entries = programs.map(([program, { text, hasMain }]) => {
      const path = this.#write('source', program, text);
      if (!hasMain) return path;
      const main = path.replace(/\.ts$/, '.main.ts');
      writeFileSync(main, mainOf(program.file));
      return main;
    });
    const outdir = join(this.folder, 'built');
    await build({
      entryPoints: Object.fromEntries(entries.map((path, i) => [`program-${i}`, path])),
      outdir,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      packages: 'external',
      format: 'esm',
      platform: 'node',
      // Nothing is translated but the types: a sample uses what the oldest Node has.
      target: 'esnext',
      sourcemap: 'linked',
      plugins: [ownSources],
      logLevel: 'silent',
    });
    return entries.map((_, i) => join(outdir, `program-${i}.mjs`));
  }

  /** Each run has an empty folder of its own. */
  async run(file: string, isEndedBySignal: boolean): Promise<Ran> {
    const cwd = mkdtempSync(join(this.folder, 'run-'));
    const checks = join(cwd, '.checks');
    const child = spawn(process.execPath, this.#commandOf(file, cwd), {
      cwd,
      env: { ...process.env, SAMPLE_CHECKS: checks, NODE_OPTIONS: '', VITEST: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const hear = (text: Buffer): void => {
      output += text;
      if (isEndedBySignal) child.kill('SIGTERM');
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS);
    const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
    clearTimeout(timer);
    const lines = existsSync(checks) ? readFileSync(checks, 'utf8').trim().split('\n') : [];
    return { exitCode, output, checked: lines.map((line) => JSON.parse(line) as Checked) };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A test of Vitest's is run by it, all else by Node alone. */
  #commandOf(file: string, cwd: string): readonly string[] {
    if (!/from "vitest"/.test(readFileSync(file, 'utf8'))) return ['--enable-source-maps', file];
    const config = join(cwd, 'vitest.config.mjs');
    writeFileSync(config, `export default { test: { include: [${JSON.stringify(file)}] } };`);
    return [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--pool',
      'threads',
      '--root',
      this.folder,
      '--config',
      config,
    ];
  }

  #write(kind: string, { page, file }: Program, text: string): string {
    const folder = join(this.folder, kind, page.replaceAll('/', '-'));
    mkdirSync(folder, { recursive: true });
    const path = join(folder, file);
    writeFileSync(path, text);
    return path;
  }
}

/** What a user gets from the package comes from the sources. */
const ownSources: Plugin = {
  name: 'own-sources',
  setup({ onResolve }) {
    const { paths } = JSON.parse(textOf('tsconfig.json')).compilerOptions as { paths: Record<string, [string]> };
    onResolve({ filter: /^(taskspan|#)/ }, ({ path }) => {
      const source = paths[path]?.[0];
      return source === undefined ? null : { path: join(root, source) };
    });
    onResolve({ filter: /^sample-check$/ }, () => ({ path: fileURLToPath(new URL('./check.ts', import.meta.url)) }));
  },
};
