const jobs = { jobs: 100_000 };

const ours = (name, node, driver, synchronous, inFlight = 100, size = jobs) => ({
  name,
  node,
  script: 'taskspan.mjs',
  size,
  args: { driver, synchronous, inFlight },
  setting: `synchronous=${synchronous}${synchronous === 'full' ? ', the default' : ''}; ${inFlight === 1 ? '1 awaited call' : `${inFlight} awaited calls`} in flight`,
});

const plainjob = (name, node) => ({
  name,
  node,
  script: 'plainjob.mjs',
  size: jobs,
  setting: 'better-sqlite3, WAL, synchronous=NORMAL (it sets both), logger off; a loop of `add`',
});

const peers = ['plainjob, Node 24', "plainjob, npm's Node"];

/** @type {import('../harness/types.d.ts').Row} */
export const row = {
  title: 'SQLite: enqueue',
  work: 'Enqueue jobs by single calls, 100 in flight, each acknowledged when it is committed.',
  measures: { perSecond: { unit: 'jobs/s', better: 'more' } },
  contestants: [
    ours('taskspan, node:sqlite, NORMAL', 'node24', 'node:sqlite', 'normal'),
    ours('taskspan, libsql, NORMAL', 'this', 'libsql', 'normal'),
    ours('taskspan, node:sqlite, FULL', 'node24', 'node:sqlite', 'full'),
    ours('taskspan, node:sqlite, NORMAL, 1 in flight', 'node24', 'node:sqlite', 'normal', 1, { jobs: 20_000 }),
    plainjob('plainjob, Node 24', 'node24'),
    plainjob("plainjob, npm's Node", 'this'),
  ],
  comparisons: [
    {
      name: 'NORMAL, node:sqlite on Node 24',
      ours: 'taskspan, node:sqlite, NORMAL',
      peers,
      measure: 'perSecond',
      floor: 4,
      goal: 6,
    },
    {
      name: 'NORMAL, libsql',
      ours: 'taskspan, libsql, NORMAL',
      peers,
      measure: 'perSecond',
      floor: 2,
      goal: 3,
    },
    { name: 'FULL, beside a peer on NORMAL', ours: 'taskspan, node:sqlite, FULL', peers, measure: 'perSecond' },
    {
      name: 'NORMAL, one call at a time',
      ours: 'taskspan, node:sqlite, NORMAL, 1 in flight',
      peers,
      measure: 'perSecond',
    },
  ],
};
