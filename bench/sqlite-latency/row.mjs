const ours = (name, node, driver, synchronous) => ({
  name,
  node,
  script: 'taskspan.mjs',
  size: { jobs: 1_000 },
  args: { driver, synchronous },
  setting: `synchronous=${synchronous}; one job at a time, 5 ms of rest between them`,
});

/** @type {import('../harness/types.d.ts').Row} */
export const row = {
  title: 'SQLite: latency',
  work: 'From the call of `enqueue` on an idle manager to the start of the function, in one process.',
  measures: { p50Ms: { unit: 'ms', better: 'less' }, p99Ms: { unit: 'ms', better: 'less' } },
  contestants: [
    ours('taskspan, node:sqlite, NORMAL', 'node24', 'node:sqlite', 'normal'),
    ours('taskspan, libsql, NORMAL', 'this', 'libsql', 'normal'),
    ours('taskspan, node:sqlite, FULL', 'node24', 'node:sqlite', 'full'),
  ],
  comparisons: [
    { name: 'NORMAL, Node 24, p50', ours: 'taskspan, node:sqlite, NORMAL', measure: 'p50Ms', floor: 1, goal: 0.3 },
    { name: 'NORMAL, Node 24, p99', ours: 'taskspan, node:sqlite, NORMAL', measure: 'p99Ms', floor: 5 },
    { name: 'NORMAL, libsql, p50', ours: 'taskspan, libsql, NORMAL', measure: 'p50Ms', floor: 1, goal: 0.3 },
    { name: 'NORMAL, libsql, p99', ours: 'taskspan, libsql, NORMAL', measure: 'p99Ms', floor: 5 },
    { name: 'FULL, Node 24, p50', ours: 'taskspan, node:sqlite, FULL', measure: 'p50Ms' },
    { name: 'FULL, Node 24, p99', ours: 'taskspan, node:sqlite, FULL', measure: 'p99Ms' },
  ],
};
