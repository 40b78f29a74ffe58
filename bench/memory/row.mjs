const size = { jobs: 100_000, warmUp: 50_000 };

const contestant = (name, node, script, way, setting) => ({ name, node, script, size, args: { way }, setting });
const on = (node, where) => [
  contestant(
    `taskspan, single enqueues, ${where}`,
    node,
    'taskspan.mjs',
    'single',
    'default options, concurrency 10; N calls of `enqueue`',
  ),
  contestant(`taskspan, enqueueMany, ${where}`, node, 'taskspan.mjs', 'many', 'the same; one call'),
  contestant(
    `taskspan, results awaited, ${where}`,
    node,
    'taskspan.mjs',
    'result',
    'the same; `enqueue`, then `result()` of each',
  ),
  contestant(`p-queue, ${where}`, node, 'p-queue.mjs', 'idle', 'concurrency 10; N calls of `add`, then `onIdle`'),
  contestant(`p-queue, results awaited, ${where}`, node, 'p-queue.mjs', 'result', 'the same; each promise awaited'),
];
const comparisons = (where) => [
  {
    name: `single enqueues beside add, ${where}`,
    ours: `taskspan, single enqueues, ${where}`,
    peers: [`p-queue, ${where}`],
    measure: 'perSecond',
    floor: 1,
    goal: 2,
  },
  {
    name: `enqueueMany beside add, ${where}`,
    ours: `taskspan, enqueueMany, ${where}`,
    peers: [`p-queue, ${where}`],
    measure: 'perSecond',
  },
  {
    name: `each result awaited, ${where}`,
    ours: `taskspan, results awaited, ${where}`,
    peers: [`p-queue, results awaited, ${where}`],
    measure: 'perSecond',
  },
];

/** @type {import('../harness/types.d.ts').Row} */
export const row = {
  title: 'Memory: enqueue and run',
  work: 'Enqueue no-op jobs with a small JSON input on the memory store, and run them, 10 at once.',
  measures: { perSecond: { unit: 'jobs/s', better: 'more' } },
  contestants: [...on('node24', 'Node 24'), ...on('this', "npm's Node")],
  comparisons: [...comparisons('Node 24'), ...comparisons("npm's Node")],
};
