/**
 * Real processes on one store, for minutes: producers, workers and leaders that are killed, stopped and continued, and
 * a judge of all that they do. Ends with figures, or with the shortest history of what must not have been.
 *
 *     npm run soak                                  ten minutes on an SQLite file of its own
 *     npm run soak -- --seconds 30
 *     npm run soak -- --store sqlite:/tmp/x.db      on another store; it should be empty
 *     npm run soak -- --seed 7                      another order of kills
 *
 * Its programs and its rules are in scripts/soak.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Soak } from './soak/soak.mjs';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seconds: { type: 'string' },
    store: { type: 'string' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});

const folder = mkdtempSync(join(tmpdir(), 'taskspan-soak-'));
const soak = new Soak({
  forMs: values.seconds === undefined ? Number(values.minutes) * 60_000 : Number(values.seconds) * 1_000,
  store: values.store ?? `sqlite:${join(folder, 'jobs.db')}`,
  journalPath: join(folder, 'journal'),
  seed: Number(values.seed),
});
process.on('exit', () => soak.killAll());
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => process.exit(1));

const report = await soak.run();
console.log(values.json ? JSON.stringify(report) : report.text);
if (report.offences.length === 0) rmSync(folder, { recursive: true, force: true });
else console.log(`What all processes wrote is in ${folder}.`);
process.exitCode = report.offences.length === 0 ? 0 : 1;
