/** The rules of the house. docs/ARCHITECTURE.md says what they are for; this file holds them. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesOf, type Import, linesOf, readSource, root, type SourceFile, textOf } from './house/source.js';

const BELOW_THE_ENTRIES = ['core', 'hosts', 'task', 'store', 'stores', 'engine', 'manager'];

/** Each folder of `src`, and the folders that it may import besides itself. A new folder says here where it belongs. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  hosts: ['core'],
  task: ['core', 'hosts'],
  store: ['core'],
  'store/conformance': ['core', 'store'],
  stores: ['core', 'store'],
  engine: ['core', 'store'],
  manager: ['core', 'hosts', 'task', 'store', 'stores', 'engine'],
  drivers: ['core', 'store', 'stores'],
  index: BELOW_THE_ENTRIES,
  testing: [...BELOW_THE_ENTRIES, 'index'],
  'durable-object': BELOW_THE_ENTRIES,
  redis: BELOW_THE_ENTRIES,
  dynamodb: BELOW_THE_ENTRIES,
  server: [...BELOW_THE_ENTRIES, 'index'],
  cli: [...BELOW_THE_ENTRIES, 'index'],
};

/** What runs in a Worker or a browser as well, and so imports no module of Node. */
const RUNS_ANYWHERE = ['core', 'hosts', 'task', 'engine', 'manager', 'stores/memory', 'index'];

/** What is given its clock, timers, randomness and environment; `hosts` is where they come from. */
const IS_GIVEN_ITS_CLOCK = ['core', 'task', 'engine'];

/** Files of more than 400 lines, and why each is one file. */
const LONG_FILES: Readonly<Record<string, string>> = {
  'src/manager/manager.ts':
    'the face of everything: each documented method with its docstring, and a line or two that say whose work it is',
};

/** Functions of more than 70 lines, as `file#function`, and why each is one function. */
const LONG_FUNCTIONS: Readonly<Record<string, string>> = {};

/** Files that take something from their surroundings all the same, and why. */
const TAKES_FROM_AROUND: Readonly<Record<string, string>> = {};

const sources: readonly SourceFile[] = filesOf('src')
  .filter((path) => path.endsWith('.ts'))
  .map(readSource);

describe('imports', () => {
  it('every folder of src has a place in the order', () => {
    expect(sources.map((source) => layerOf(source.path)).filter((layer) => !(layer in MAY_IMPORT))).toEqual([]);
  });

  it('every import of a file names a file that exists', () => {
    expect(importsWhere(({ file }) => file !== undefined && !existsSync(join(root, file)))).toEqual([]);
  });

  it('imports run one way', () => {
    const isUpward = ({ file }: Import, from: SourceFile): boolean => {
      if (file === undefined) return false;
      const [here, there] = [layerOf(from.path), layerOf(file)];
      return here !== there && !MAY_IMPORT[here]?.includes(there);
    };
    expect(importsWhere(isUpward)).toEqual([]);
  });

  it('no store imports another', () => {
    const storeOf = (path: string): string | undefined => /^src\/stores\/([^/]+)\//.exec(path)?.[1];
    const isSideways = ({ file }: Import, from: SourceFile): boolean => {
      const [here, there] = [storeOf(from.path), storeOf(file ?? '')];
      return here !== undefined && there !== undefined && here !== there;
    };
    expect(importsWhere(isSideways)).toEqual([]);
  });

  it('only the manager imports #drivers, and nobody the files behind it', () => {
    const isDrivers = ({ specifier, file }: Import, from: SourceFile): boolean =>
      (specifier === '#drivers' && layerOf(from.path) !== 'manager') ||
      (file !== undefined && layerOf(file) === 'drivers' && layerOf(from.path) !== 'drivers');
    expect(importsWhere(isDrivers)).toEqual([]);
  });

  it('what runs anywhere imports no module of Node', () => {
    const isNodes = ({ specifier }: Import, from: SourceFile): boolean =>
      isOfNode(specifier) && RUNS_ANYWHERE.some((folder) => isIn(from.path, folder));
    expect(importsWhere(isNodes)).toEqual([]);
  });

  it('the conformance suite needs vitest and fast-check, nothing else', () => {
    const isMore = ({ specifier, file }: Import, from: SourceFile): boolean =>
      isIn(from.path, 'store/conformance') && file === undefined && !['vitest', 'fast-check'].includes(specifier);
    expect(importsWhere(isMore)).toEqual([]);
  });

  it('what is not a dependency is only imported inside a try, or as a type', () => {
    const dependencies = Object.keys(manifest().dependencies);
    const isLoose = ({ specifier, file, isType, isGuarded }: Import, from: SourceFile): boolean =>
      file === undefined &&
      specifier !== '#drivers' &&
      !isIn(from.path, 'store/conformance') &&
      !isOfNode(specifier) &&
      !dependencies.includes(packageOf(specifier)) &&
      !isType &&
      !isGuarded;
    expect(importsWhere(isLoose)).toEqual([]);
  });

  it('there is no cycle, of values or of types', () => {
    expect(cyclesOf(sources)).toEqual([]);
  });

  it('core and engine take no clock, timer, random number or environment that they were not given', () => {
    const taken = sources
      .filter(({ path }) => IS_GIVEN_ITS_CLOCK.some((folder) => isIn(path, folder)))
      .filter(({ path, ambient }) => ambient.length > 0 && !(path in TAKES_FROM_AROUND))
      .map(({ path, ambient }) => `${path}: ${ambient.join(', ')}`);
    expect(taken).toEqual([]);
  });
});

describe('sizes', () => {
  const files = filesOf('src', 'test', 'examples', 'scripts')
    .filter((path) => /\.(ts|mjs)$/.test(path))
    .map((path) => ({ path, lines: linesOf(textOf(path)) }));

  // The conformance suite is tests: its functions are lists of cases, which nobody reads as one.
  const functions = sources
    .filter(({ path }) => !isIn(path, 'store/conformance'))
    .flatMap(({ path, functions }) => functions.map(({ name, lines }) => ({ path: `${path}#${name}`, lines })));

  it('two of three source files have at most 200 lines', () => {
    const long = sources.filter(({ lines }) => lines > 200);
    expect(long.length, long.map(({ path, lines }) => `${path}: ${lines}`).join('\n')).toBeLessThanOrEqual(
      sources.length / 3,
    );
  });

  it('a file of more than 400 lines has its reason listed, and no other file has', () => {
    expect(files.filter(({ lines }) => lines > 400).map(({ path }) => path)).toEqual(Object.keys(LONG_FILES).sort());
  });

  it('a function of more than 70 lines has its reason listed, and no other function has', () => {
    const long = functions.filter(({ lines }) => lines > 70).map(({ path }) => path);
    expect(long.sort()).toEqual(Object.keys(LONG_FUNCTIONS).sort());
  });
});

describe('the package', () => {
  const subpaths = Object.entries(manifest().exports);

  it('is built', () => {
    expect(existsSync(join(root, 'dist')), 'dist is missing: run `npm run build` first').toBe(true);
  });

  it.each(subpaths)('exports %s, and it exists', (_subpath, target) => {
    const files = typeof target === 'string' ? [target] : Object.values(target);
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  it.each(subpaths.filter(([, target]) => typeof target !== 'string'))(
    'exports %s with its types first, it can be imported, and the sources know it',
    (subpath, target) => {
      const name = manifest().name + subpath.slice(1);
      expect(Object.keys(target)).toEqual(['types', 'default']);
      expect(Object.keys(JSON.parse(textOf('tsconfig.json')).compilerOptions.paths)).toContain(name);
      const script = `console.log(Object.keys(await import('${name}')).length)`;
      const count = execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: root, stdio: 'pipe' });
      expect(Number(count)).toBeGreaterThan(0);
    },
  );

  it('has every driver that #drivers names', () => {
    const targets = Object.values(manifest().imports['#drivers'] ?? {});
    expect(targets).not.toEqual([]);
    expect(targets.filter((target) => !existsSync(join(root, target)))).toEqual([]);
  });

  it('has a command that is a script of Node', () => {
    const commands = Object.values(manifest().bin);
    expect(commands.map((path) => textOf(path).split('\n')[0])).toEqual(commands.map(() => '#!/usr/bin/env node'));
  });

  it('is published without the conformance suite', () => {
    expect(existsSync(join(root, 'dist/store/conformance'))).toBe(false);
  });

  it('asks for its dependencies by caret, so that a user has each of them once', () => {
    const { dependencies, optionalDependencies = {}, peerDependencies = {} } = manifest();
    const ranges = Object.entries({ ...dependencies, ...optionalDependencies, ...peerDependencies });
    expect(ranges.filter(([, range]) => !range.startsWith('^'))).toEqual([]);
  });
});

describe('the repository', () => {
  it('has its documents', () => {
    const documents = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'LICENSE', 'docs/ARCHITECTURE.md'];
    expect(documents.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('is started and tested by one line each, and .ci/run calls the one for tests', () => {
    const readme = textOf('README.md').split('\n');
    expect(readme).toContain('npm ci && npm start');
    expect(readme).toContain('npm ci && npm test');
    expect(textOf('.ci/run')).toContain("'npm ci && npm test'");
  });

  it('names each decision NNNN-title.md, and no number twice', () => {
    const names = filesOf('docs/decisions').map((path) => path.slice('docs/decisions/'.length));
    expect(names.filter((name) => !/^\d{4}-[a-z0-9-]+\.md$/.test(name))).toEqual([]);
    const numbers = names.map((name) => name.slice(0, 4));
    expect(numbers).toEqual([...new Set(numbers)]);
  });

  it('names no path of a machine and no package registry', () => {
    const machinePath = /(?<![\w.:*@#/-])\/(?:root|work|workspace|mnt|home\/\w+|Users\/\w+)\/|\b[A-Z]:\\Users\\/;
    const registry = /https?:\/\/[^\s"'`]*(?:registry|artifactory|nexus|verdaccio)|\bregistry\.[a-z-]+\.[a-z]{2,}/i;
    const ignored = /\.(tgz|png|woff2?|db)$|^report\.(html|json)$/;
    const found = filesOf('.')
      .filter((path) => !ignored.test(path))
      .flatMap((path) => {
        const text = textOf(path);
        return [machinePath, registry]
          .flatMap((pattern) => pattern.exec(text)?.[0] ?? [])
          .map((hit) => `${path}: ${hit}`);
      });
    expect(found).toEqual([]);
  });
});

interface Manifest {
  readonly name: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly imports: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

function manifest(): Manifest {
  return JSON.parse(textOf('package.json')) as Manifest;
}

function layerOf(path: string): string {
  if (isIn(path, 'store/conformance')) return 'store/conformance';
  return path.split('/')[1]!.replace(/\.ts$/, '');
}

function isIn(path: string, folder: string): boolean {
  return path.startsWith(`src/${folder}/`) || path === `src/${folder}.ts`;
}

function isOfNode(specifier: string): boolean {
  // By its prefix too: a module that only a later Node has is a module of Node.
  return specifier.startsWith('node:') || isBuiltin(specifier);
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The imports that break a rule, each as a line that says where. */
function importsWhere(isWrong: (one: Import, from: SourceFile) => boolean): string[] {
  return sources.flatMap((source) =>
    source.imports.filter((one) => isWrong(one, source)).map(({ specifier }) => `${source.path} imports ${specifier}`),
  );
}

/** One line for each import that closes a cycle. */
function cyclesOf(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const drivers = files.map(({ path }) => path).filter((path) => isIn(path, 'drivers'));
  const state = new Map<string, 'open' | 'done'>();
  const cycles: string[] = [];

  const follow = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === 'done') return;
    const here = [...trail, path];
    if (state.get(path) === 'open') {
      cycles.push(here.slice(here.indexOf(path)).join(' → '));
      return;
    }
    state.set(path, 'open');
    for (const { file, specifier } of byPath.get(path)?.imports ?? []) {
      for (const next of specifier === '#drivers' ? drivers : [file ?? '']) {
        if (byPath.has(next)) follow(next, here);
      }
    }
    state.set(path, 'done');
  };
  for (const { path } of files) follow(path, []);
  return cycles;
}
