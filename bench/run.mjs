/**
 * Measures taskspan beside its peers: npm run bench [-- --rounds 5 --only memory,enqueue --scale 0.1 --out FOLDER]
 *
 * One folder a row; its `row.mjs` says what is measured, with whom and in which setting. All contestants of a row run in
 * turn, each in a process of its own, once a round. The first run builds the peers' SQLite, which wants a compiler.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { machine } from './harness/machine.mjs';
import { measure } from './harness/measure.mjs';
import { readOptions } from './harness/options.mjs';
import { readyPeers } from './harness/peers.mjs';
import { printRow } from './harness/print.mjs';
import { summarize } from './harness/summary.mjs';
import { rows } from './rows.mjs';

/** A result is kept if it was measured in full: with so many rounds, at full size. */
const ENOUGH_ROUNDS = 5;

const options = readOptions(process.argv.slice(2), Object.keys(rows));
readyPeers();

let hasFailed = false;
for (const name of options.only) {
  const row = rows[name];
  console.log(`\n${row.title} (rounds: ${options.rounds}, contestants: ${row.contestants.length})`);
  const measured = measure(name, row, options);
  const summary = { row: name, ...summarize(row, measured), rounds: options.rounds, ...machine() };
  printRow(row, summary);
  hasFailed ||= summary.contestants.some((contestant) => contestant.failure !== undefined);
  keep(name, summary);
}
// Below a floor is a finding and no failure of the run; a contestant that broke is one.
process.exitCode = hasFailed ? 1 : 0;

function keep(name, summary) {
  const isWhole = options.rounds >= ENOUGH_ROUNDS && options.scale === 1;
  if (!isWhole && !options.hasOut)
    return console.log(`Not written: results are of ${ENOUGH_ROUNDS} rounds at scale 1; --out FOLDER writes any.`);
  if (summary.contestants.some((contestant) => contestant.failure !== undefined))
    return console.log('Not written: a contestant failed.');
  mkdirSync(options.out, { recursive: true });
  writeFileSync(join(options.out, `${name}.json`), `${JSON.stringify(summary, null, 2)}\n`);
}
