/**
 * Plays simulated worlds, each decided by its seed, on all cores; ends with the first that fails.
 *
 *     npm run simulate                       5,000 seeds
 *     npm run simulate -- --seeds 20000      more of them
 *     npm run simulate -- --minutes 60       as many as that takes, beginning at a seed of its own
 *     npm run simulate -- --seed 4711        one, with its history if it fails
 *
 * The worlds are in test/simulation; what they are made of is in src/testing/simulation.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundle } from './simulation/bundle.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Seeds that one process plays before it is asked again. */
const PORTION = 250;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '5000' },
    first: { type: 'string' },
    minutes: { type: 'string' },
    seed: { type: 'string' },
    sources: { type: 'string', default: join(root, 'src') },
  },
});

const folder = mkdtempSync(join(tmpdir(), 'taskspan-simulation-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const program = join(folder, 'simulation.mjs');
await bundle(root, values.sources, program);

if (values.seed !== undefined) process.exitCode = (await run(['--seed', values.seed])).code;
else await many();

async function many() {
  const startedAt = Date.now();
  const until = values.minutes === undefined ? Infinity : startedAt + Number(values.minutes) * 60_000;
  const seeds = values.minutes === undefined ? Number(values.seeds) : Infinity;
  const first =
    values.first === undefined ? (values.minutes === undefined ? 1 : startedAt % 1_000_000_000) : Number(values.first);
  let next = first;
  let played = 0;
  let steps = 0;
  let failed = false;
  const worker = async () => {
    while (!failed && next < first + seeds && Date.now() < until) {
      const from = next;
      const count = Math.min(PORTION, first + seeds - from);
      next += count;
      const { code, said } = await run([String(from), String(count)]);
      if (code !== 0) {
        if (!failed) console.log(said);
        failed = true;
        return;
      }
      const report = JSON.parse(said.trim().split('\n').at(-1) ?? '{}');
      played += report.seeds;
      steps += report.steps;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  const seconds = (Date.now() - startedAt) / 1_000;
  console.log(
    `${failed ? 'Failed after' : 'All held:'} ${played} seeds, ${steps.toLocaleString('en')} steps, ${seconds.toFixed(0)} s.`,
  );
  process.exitCode = failed ? 1 : 0;
}

/**
 * @param {readonly string[]} args
 * @returns {Promise<{ readonly code: number, readonly said: string }>}
 */
function run(args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (/** @type {Buffer} */ chunk) => {
      said += chunk;
      if (args[0] === '--seed') process.stdout.write(chunk);
    });
    child.on('close', (code) => resolve({ code: code ?? 1, said }));
  });
}
