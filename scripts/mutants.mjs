/**
 * Makes known mistakes in copies of the sources, one at a time, and looks whether something notices.
 *
 *     npm run mutants                          each mutant
 *     npm run mutants -- --only no-fence       one of them (or several: no-fence,two-leaders)
 *     npm run mutants -- --worlds              each in simulated worlds, also those that a test is named for
 *
 * The mutants are in test/simulation/mutants. One that nothing notices is a hole in what we prove.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { applied, mutants } from '../test/simulation/mutants/index.mjs';
import { bundle } from './simulation/bundle.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** What holds for the product itself, before any mutant is believed. */
const SOUND_SEEDS = 200;
/** A seed takes a few hundredths of a second. */
const STANDS_STILL_MS = 60_000;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seeds: { type: 'string', default: '2000' },
    worlds: { type: 'boolean', default: false },
  },
});

/** @typedef {import('../test/simulation/mutants/index.mjs').Mutant} Mutant */

const folder = mkdtempSync(join(tmpdir(), 'taskspan-mutants-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const only = values.only?.split(',');
const chosen = mutants.filter(({ name }) => only === undefined || only.includes(name));
if (chosen.length === 0) throw new Error(`No mutant is named ${values.only}.`);

const sound = await simulated('sound', join(root, 'src'), SOUND_SEEDS);
if (sound !== null) {
  console.log(`The product itself fails: ${sound}`);
  process.exit(1);
}
const alive = await all();
console.log(
  alive.length === 0
    ? `All ${chosen.length} mutants were noticed.`
    : `Nobody noticed ${alive.join(', ')}: close the hole.`,
);
process.exitCode = alive.length === 0 ? 0 : 1;

/** @returns {Promise<string[]>} the names of those that nothing notices */
async function all() {
  /** @type {string[]} */
  const alive = [];
  const left = [...chosen];
  const worker = async () => {
    for (let mutant = left.shift(); mutant !== undefined; mutant = left.shift()) {
      const killer = await killerOf(mutant);
      if (killer === null) alive.push(mutant.name);
      console.log(`${mutant.name.padEnd(36)} ${killer ?? 'LIVES'}`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return alive;
}

/**
 * @param {Mutant} mutant
 * @returns {Promise<string | null>} what noticed it
 */
async function killerOf(mutant) {
  const tree = join(folder, mutant.name);
  cpSync(join(root, 'src'), join(tree, 'src'), { recursive: true });
  const file = join(tree, 'src', mutant.file);
  writeFileSync(file, applied(mutant, readFileSync(file, 'utf8')));
  const killer =
    mutant.killer === undefined || values.worlds
      ? await simulated(mutant.name, join(tree, 'src'), Number(values.seeds))
      : await tested(tree, mutant.killer);
  rmSync(tree, { recursive: true, force: true });
  return killer;
}

/**
 * @param {string} name
 * @param {string} sources
 * @param {number} seeds
 * @returns {Promise<string | null>} the first seed that fails, and why
 */
async function simulated(name, sources, seeds) {
  const program = join(folder, `${name}.mjs`);
  await bundle(root, sources, program);
  const child = spawn(process.execPath, [program, '--first', String(seeds)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let played = 0;
  /** @type {string | null} */
  let error = null;
  let said = '';
  child.stderr.on('data', (/** @type {Buffer} */ chunk) => {
    said = `${said}${chunk}`.slice(-2_000);
  });
  const standsStill = setTimeout(() => child.kill('SIGKILL'), STANDS_STILL_MS);
  for await (const line of createInterface({ input: child.stdout })) {
    standsStill.refresh();
    const report = JSON.parse(line);
    played = report.seed;
    error = report.error ?? null;
  }
  clearTimeout(standsStill);
  if (error !== null) return `seed ${played}: ${error}`;
  return played === seeds ? null : `seed ${played + 1}: the program ends or stands still. ${said}`;
}

/**
 * @param {string} tree where its sources are
 * @param {string} test the file, from the project's root
 * @returns {Promise<string | null>} the file and the first of its tests that fails
 */
async function tested(tree, test) {
  for (const name of ['test', 'package.json', 'tsconfig.json', 'vitest.config.ts'])
    cpSync(join(root, name), join(tree, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', '--bail', '1', '--reporter', 'json', test], {
    cwd: tree,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  for await (const chunk of child.stdout) said += chunk;
  const { numTotalTests, testResults } = JSON.parse(said.slice(said.indexOf('{"')));
  if (numTotalTests === 0) throw new Error(`No test of ${test} was run.`);
  for (const { assertionResults } of testResults) {
    for (const { status, fullName } of assertionResults) if (status === 'failed') return `${test}: ${fullName}`;
  }
  return null;
}
