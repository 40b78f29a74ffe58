const TRIGGERS = 100_000;
const few = { waiting: 1_000, keys: 1_000, triggers: TRIGGERS };
const many = { waiting: 100_000, keys: 1_000, triggers: TRIGGERS };

const on = (node, where) => [
  contestant(`1,000 on 1,000 keys, ${where}`, node, few, 'default options; one waits on each key; drained 100 times'),
  contestant(`100,000 on 1,000 keys, ${where}`, node, many, 'the same; 100 wait on each key; drained once'),
];
const contestant = (name, node, size, setting) => ({
  name,
  node,
  script: 'taskspan.mjs',
  size,
  flags: ['--expose-gc'],
  setting,
});
const comparisons = (where) => {
  const both = { ours: `100,000 on 1,000 keys, ${where}`, peers: [`1,000 on 1,000 keys, ${where}`] };
  return [
    { name: `drain: many beside few, ${where}`, ...both, measure: 'drainUs', floor: 0.77, goal: 0.95 },
    { name: `trigger: many beside few, ${where}`, ...both, measure: 'triggerUs' },
  ];
};

/** @type {import('../harness/types.d.ts').Row} */
export const row = {
  title: 'Triggers: many that wait on many keys',
  work: 'Run all triggers that wait on 1,000 keys with `maxConcurrent: 1`: time for each, 100,000 beside 1,000.',
  measures: { drainUs: { unit: 'µs', better: 'less' }, triggerUs: { unit: 'µs', better: 'less' } },
  contestants: [...on('node24', 'Node 24'), ...on('this', "npm's Node")],
  comparisons: [...comparisons('Node 24'), ...comparisons("npm's Node")],
};
