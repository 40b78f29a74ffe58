/**
 * How fast no-op jobs are claimed and run, 50 at once, beside a backlog. Filling is not measured, and its
 * garbage is collected before.
 *
 *     pending   the backlog are jobs like those that run. There are as many more of them as run, so it never gets smaller
 *     parked    the backlog stands in lines of constraint keys that running jobs hold: 1,000 keys
 *     cooling   the backlog stands in lines of keys whose rate is used up for an hour: a key for every ten jobs
 *
 * Jobs that run and jobs that wait share a queue. Five passes are made in one process, after one
 * that doesn't count, and their median is the result.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { TaskConstraintGroup } from '../../dist/index.js';
import { completions, expectCount, input, report, setting, temporaryFolder } from '../harness/contestant.mjs';
import { fill, memory, sqliteIn, TaskManager, task } from '../harness/taskspan.mjs';

const PASSES = 5;
const HELD_KEYS = 1_000;
/** Enough for a heap of a million jobs. */
const SWEEPING_MS = 2_000;
const HOUR_MS = 3_600_000;

const { store: storeName, kind, backlog, runs } = setting();
const keyCount = kind === 'cooling' ? Math.ceil(backlog / 10) : Math.min(HELD_KEYS, backlog);
const keyed = (i) => ({ ...input(i), key: `tenant-${i % keyCount}` });

// Counts of a whole queue are exact, however many there are.
const queue = 'work';
const folder = temporaryFolder();
const shared = memory();
const open = () => (storeName === 'memory' ? shared : sqliteIn('node:sqlite', 'normal', folder));

const noop = task('noop', async () => {}, { queue });
const waiter = task('waiter', async () => {}, { queue });
/** Has or had the keys; in a queue of its own, which the measured worker doesn't serve. */
const holder = task('holder', () => (kind === 'parked' ? held : undefined), { queue: 'holders' });
let release = () => {};
const held = new Promise((resolve) => {
  release = resolve;
});

const manager = new TaskManager({ store: open(), tasks: [noop, waiter], concurrency: 50 });
const holders = new TaskManager({ store: open(), tasks: [holder], concurrency: kind === 'parked' ? keyCount : 50 });

if (kind === 'pending') await fill(manager, noop, backlog, input);
else await park();

// A large backlog has compiled more code by now than a small one: the first pass is for that.
await runSome();
const speeds = [];
for (let pass = 0; pass < PASSES; pass++) speeds.push(await runSome());
speeds.sort((a, b) => a - b);
report({ perSecond: speeds[PASSES >> 1] });

release();
await holders.close();
await manager.close();

async function park() {
  const group = new TaskConstraintGroup({
    name: 'tenant',
    ...(kind === 'parked' ? { maxConcurrent: 1 } : { rate: { limit: 1, perMs: HOUR_MS } }),
    constraintKeyForExecution: (_task, given) => given?.key ?? null,
  });
  manager.addConstraintGroup(group);
  holders.addConstraintGroup(group);
  let started = 0;
  const allStarted = new Promise((resolve) => {
    holders.on('started', () => {
      started += 1;
      if (started === keyCount) resolve();
    });
  });
  await holders.start();
  await fill(holders, holder, keyCount, keyed);
  await allStarted;
  await holders.stop();
  await fill(manager, waiter, backlog, keyed);
  expectCount((await manager.count({ queue })).parked, backlog, 'parked jobs');
}

async function runSome() {
  const { pending } = await manager.count({ queue });
  await fill(manager, noop, backlog + runs - pending, input);
  expectCount((await manager.count({ queue })).pending, backlog + runs, 'pending jobs');
  // What filling left behind is not the backlog's: it is collected, and the collector's other threads end their work.
  globalThis.gc();
  await sleep(SWEEPING_MS);
  const settled = completions(manager, runs);
  const begunAt = performance.now();
  await manager.start();
  const endedAt = await settled;
  await manager.stop();
  // What ran or was claimed ahead ends, or is given back.
  while ((await manager.count({ queue })).running > 0) await sleep(5);
  if (kind !== 'pending') expectCount((await manager.count({ queue })).parked, backlog, 'parked jobs');
  return (runs / (endedAt - begunAt)) * 1_000;
}
