const size = { triggers: 500_000, warmUp: 50_000 };

const on = (node, where) => [
  {
    name: `taskspan, ${where}`,
    node,
    script: 'taskspan.mjs',
    size,
    setting: 'default options, no manager; each `trigger` awaited before the next',
  },
  {
    name: `taskbuffer, ${where}`,
    node,
    script: 'taskbuffer.mjs',
    size,
    setting: 'default options, no manager; each `trigger` awaited before the next',
  },
];
const comparison = (where) => ({
  name: `trigger, ${where}`,
  ours: `taskspan, ${where}`,
  peers: [`taskbuffer, ${where}`],
  measure: 'perSecond',
  floor: 1,
  goal: 2,
});

/** @type {import('../harness/types.d.ts').Row} */
export const row = {
  title: 'Triggers: one after the other',
  work: 'Trigger a no-op task with a small input, and await its result, before the next.',
  measures: { perSecond: { unit: 'triggers/s', better: 'more' } },
  contestants: [...on('node24', 'Node 24'), ...on('this', "npm's Node")],
  comparisons: [comparison('Node 24'), comparison("npm's Node")],
};
