const jobs = { jobs: 100_000 };
const ours = 'default retention, leases, heartbeat and events; concurrency 50';

const plainjob = (name, node, script, args, setting) => ({ name, node, script, size: { jobs: 20_000 }, args, setting });
const asItSets = 'better-sqlite3, WAL, synchronous=NORMAL (it sets both), logger off';

const contestants = [
  {
    name: 'taskspan, node:sqlite, NORMAL',
    node: 'node24',
    script: 'taskspan.mjs',
    size: jobs,
    args: { driver: 'node:sqlite', synchronous: 'normal', concurrency: 50 },
    setting: `sqlite:…?synchronous=normal; ${ours}`,
  },
  {
    name: 'taskspan, node:sqlite, FULL',
    node: 'node24',
    script: 'taskspan.mjs',
    size: jobs,
    args: { driver: 'node:sqlite', synchronous: 'full', concurrency: 50 },
    setting: `the default: synchronous=full; ${ours}`,
  },
  {
    name: 'taskspan, libsql, NORMAL',
    node: 'this',
    script: 'taskspan.mjs',
    size: jobs,
    args: { driver: 'libsql', synchronous: 'normal', concurrency: 50 },
    setting: `sqlite:…?synchronous=normal; ${ours}`,
  },
  plainjob("plainjob, npm's Node, 1 worker", 'this', 'plainjob.mjs', { workers: 1 }, asItSets),
  plainjob("plainjob, npm's Node, 50 workers", 'this', 'plainjob.mjs', { workers: 50 }, 'the same, in one process'),
  plainjob(
    "plainjob, npm's Node, 2 processes",
    'this',
    'plainjob-processes.mjs',
    { processes: 2 },
    'the same; 2 processes of 1 worker on the file, as its README advises for throughput',
  ),
  plainjob('plainjob, Node 24, 1 worker', 'node24', 'plainjob.mjs', { workers: 1 }, asItSets),
];
const peers = contestants.map((contestant) => contestant.name).filter((name) => name.startsWith('plainjob'));

/** @type {import('../harness/types.d.ts').Row} */
export const row = {
  title: 'SQLite: drain',
  work: 'Run and settle no-op jobs of a full queue from an SQLite file. Each end is committed before it counts; ended jobs stay in the file.',
  measures: { perSecond: { unit: 'jobs/s', better: 'more' } },
  contestants,
  comparisons: [
    {
      name: 'NORMAL, node:sqlite on Node 24',
      ours: 'taskspan, node:sqlite, NORMAL',
      peers,
      measure: 'perSecond',
      floor: 6,
      goal: 9,
    },
    {
      name: 'NORMAL, libsql',
      ours: 'taskspan, libsql, NORMAL',
      peers,
      measure: 'perSecond',
      floor: 3,
      goal: 5,
    },
    {
      name: 'FULL, node:sqlite on Node 24, beside a peer on NORMAL',
      ours: 'taskspan, node:sqlite, FULL',
      peers,
      measure: 'perSecond',
      floor: 4,
      goal: 7,
    },
  ],
};
