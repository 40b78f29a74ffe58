const on = (node, where) => ({
  name: `taskspan, ${where}`,
  node,
  script: 'taskspan.mjs',
  size: { keys: 1_000 },
  setting:
    'default options; `maxConcurrent: 1`, `cooldownMs: 3000`; a key each, cooling, and a trigger that waits for it',
});
const comparison = (where) => ({
  name: `1,000 keys that cool, ${where}`,
  ours: `taskspan, ${where}`,
  measure: 'timers',
  floor: 1,
  goal: 1,
});

/** @type {import('../harness/types.d.ts').Row} */
export const row = {
  title: 'Triggers: keys that cool',
  work: 'Timers that are alive while triggers wait for 1,000 keys to cool down, one for each.',
  measures: { timers: { unit: 'timers', better: 'less' } },
  contestants: [on('node24', 'Node 24'), on('this', "npm's Node")],
  comparisons: [comparison('Node 24'), comparison("npm's Node")],
};
