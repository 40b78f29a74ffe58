const contestant = (name, script, setting) => ({
  name,
  node: 'node24',
  script,
  size: { triggers: 200_000 },
  flags: ['--expose-gc'],
  setting,
});

/** @type {import('../harness/types.d.ts').Row} */
export const row = {
  title: 'Triggers: heap',
  work: 'Memory for each trigger that waits for a full constraint group, with a small input of its own and its promise kept.',
  measures: { bytesPerTrigger: { unit: 'B', better: 'less' } },
  contestants: [
    contestant('taskspan', 'taskspan.mjs', 'default options; `triggerTask`, one group with `maxConcurrent: 10`, full'),
    contestant('p-queue', 'p-queue.mjs', 'concurrency 10, all in use; `add` of a function each'),
  ],
  comparisons: [
    {
      name: 'per waiting trigger',
      ours: 'taskspan',
      peers: ['p-queue'],
      by: 'value',
      measure: 'bytesPerTrigger',
      floor: 500,
      goal: 300,
    },
  ],
};
