/** A user's folder somewhere else on the disk, with the packed package installed in it and no optional package. */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Compiler {
  readonly module: 'nodenext' | 'esnext';
  readonly moduleResolution: 'nodenext' | 'bundler';
  /** The packages of types that the program sees, beside the standard library. */
  readonly types: readonly string[];
}

export interface Bundle {
  readonly path: string;
  readonly text: string;
  readonly metafile: Metafile;
}

export class Consumer {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'taskspan-consumer-'));

  constructor() {
    const above = findNodeModulesAbove(this.folder);
    if (above)
      throw new Error(`${above} lends its packages to the temporary folder: remove it, or set TMPDIR elsewhere`);
    cpSync(join(root, 'test/package/consumer'), this.folder, { recursive: true });
    writeFileSync(join(this.folder, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }');
    // `dist` as the build stage left it: other tests are reading it.
    this.#run('npm', ['pack', root, '--ignore-scripts']);
    const tarball = readdirSync(this.folder).find((name) => name.endsWith('.tgz'));
    this.#run('npm', ['install', '--omit=optional', '--ignore-scripts', '--prefer-offline', `./${tarball}`]);
    // The types of Node are a user's own choice; this repository's are at hand.
    symlinkSync(join(root, 'node_modules/@types'), join(this.folder, 'node_modules/@types'), 'dir');
  }

  /** Compiles, strictly and with the declarations of the package checked too, into `out`. Throws what tsc prints. */
  compile(files: readonly string[], { module, moduleResolution, types }: Compiler): void {
    const compilerOptions = {
      target: 'es2022',
      module,
      moduleResolution,
      types,
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      rootDir: '.',
      outDir: 'out',
    };
    writeFileSync(join(this.folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    this.#run(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.json']);
  }

  async bundle(file: string, platform: 'neutral' | 'browser' | 'node', conditions: readonly string[]): Promise<Bundle> {
    const path = join(this.folder, `${[file, platform, ...conditions].join('-')}.mjs`);
    const { metafile, outputFiles } = await build({
      absWorkingDir: this.folder,
      entryPoints: [file],
      outfile: path,
      bundle: true,
      format: 'esm',
      target: 'es2022',
      platform,
      conditions: [...conditions],
      metafile: true,
      write: false,
      logLevel: 'silent',
    });
    const text = outputFiles[0]!.text;
    writeFileSync(path, text);
    return { path, text, metafile };
  }

  /** Runs a file in the folder and answers what it printed. */
  node(file: string, node: string = process.execPath): string {
    return this.#run(node, [file]).trim();
  }

  /** `npx …` until it has printed a line like this, and Ctrl-C then. Answers all that it printed. */
  async npx(args: readonly string[], until: RegExp, node: string = process.execPath): Promise<string> {
    const command = spawn('npx', ['--no-install', ...args], {
      cwd: this.folder,
      env: { ...ownEnvironment(), PATH: [dirname(node), process.env.PATH].join(delimiter) },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, which a terminal would signal as a whole.
      detached: true,
    });
    let output = '';
    let isTold = false;
    for (const stream of [command.stdout, command.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (isTold || !until.test(output)) return;
        isTold = true;
        process.kill(-(command.pid as number), 'SIGINT');
      });
    }
    await new Promise((resolve) => command.once('close', resolve));
    return output;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #run(command: string, args: readonly string[]): string {
    try {
      return execFileSync(command, args, { cwd: this.folder, env: ownEnvironment(), encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`, { cause: error });
    }
  }
}

/** npm tells its scripts which project they belong to; the consumer's folder is another. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_package_')));
  delete env.npm_config_local_prefix;
  return env;
}

function findNodeModulesAbove(folder: string): string | undefined {
  const parent = dirname(folder);
  if (parent === folder) return undefined;
  const path = join(parent, 'node_modules');
  // A tool's cache (.vite) lends nothing.
  const lends = existsSync(path) && readdirSync(path).some((name) => !name.startsWith('.'));
  return lends ? path : findNodeModulesAbove(parent);
}
