const SMALL = 10_000;
const LARGE = 1_000_000;

const meanings = {
  pending: 'no-op jobs that wait for their turn',
  parked: 'jobs in lines of 1,000 keys that running jobs hold',
  cooling: 'jobs in lines of keys whose rate is used up, ten a key',
};

const contestant = (store, kind, backlog) => ({
  name: `${store}, ${backlog.toLocaleString('en')} ${kind}`,
  node: 'node24',
  script: 'taskspan.mjs',
  size: { backlog, runs: 20_000 },
  args: { store, kind },
  flags: ['--max-old-space-size=8192', '--expose-gc'],
  setting: `${store === 'sqlite' ? 'node:sqlite, NORMAL' : 'memory store'}; concurrency 50; backlog: ${meanings[kind]}`,
});

const pairs = [
  ['memory', 'pending', true],
  ['memory', 'parked', true],
  ['sqlite', 'pending', true],
  ['sqlite', 'parked', true],
  ['memory', 'cooling', false],
  ['sqlite', 'cooling', false],
].map(([store, kind, isGoal]) => ({
  store,
  kind,
  isGoal,
  small: contestant(store, kind, SMALL),
  large: contestant(store, kind, LARGE),
}));

/** @type {import('../harness/types.d.ts').Row} */
export const row = {
  title: 'Backlog: a million jobs that wait',
  work: 'Claim, run and settle 20,000 no-op jobs beside a backlog of 1,000,000 jobs, and beside one of 10,000.',
  measures: { perSecond: { unit: 'jobs/s', better: 'more' } },
  contestants: pairs.flatMap(({ small, large }) => [small, large]),
  comparisons: pairs.map(({ store, kind, isGoal, small, large }) => ({
    name: `${store}, ${kind}: a million beside ten thousand`,
    ours: large.name,
    peers: [small.name],
    measure: 'perSecond',
    ...(isGoal ? { floor: 0.8, goal: 0.95 } : {}),
  })),
};
