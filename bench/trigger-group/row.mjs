const size = { triggers: 100_000, warmUp: 10_000 };

const contestant = (name, node, script, setting) => ({ name, node, script, size, setting });
const on = (node, where) => [
  contestant(
    `taskspan, ${where}`,
    node,
    'taskspan.mjs',
    'default options; `triggerTask`, one constraint group with `maxConcurrent: 10`; all promises awaited together',
  ),
  contestant(
    `p-queue, ${where}`,
    node,
    'p-queue.mjs',
    'concurrency 10; `add` of a function each; all promises awaited together',
  ),
  contestant(
    `p-limit, ${where}`,
    node,
    'p-limit.mjs',
    'concurrency 10; `limit(fn, input)`, which makes no closure; all promises awaited together',
  ),
  contestant(
    `fastq, ${where}`,
    node,
    'fastq.mjs',
    '`fastq.promise`, concurrency 10, one worker function; `push` of each input; all promises awaited together',
  ),
];
const comparisons = (where) => [
  { name: `beside p-queue, ${where}`, ...beside('p-queue', where), floor: 1 },
  { name: `beside fastq, ${where}`, ...beside('fastq', where), goal: 1 },
  { name: `beside p-limit, ${where}`, ...beside('p-limit', where) },
];
const beside = (peer, where) => ({
  ours: `taskspan, ${where}`,
  peers: [`${peer}, ${where}`],
  measure: 'perSecond',
});

/** @type {import('../harness/types.d.ts').Row} */
export const row = {
  title: 'Triggers: through a constraint group',
  work: 'Trigger a no-op task with a small input many times at once, of which 10 may run together, and await all results.',
  measures: { perSecond: { unit: 'triggers/s', better: 'more' } },
  contestants: [...on('node24', 'Node 24'), ...on('this', "npm's Node")],
  comparisons: [...comparisons('Node 24'), ...comparisons("npm's Node")],
};
