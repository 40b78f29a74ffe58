const contestant = (name, script, setting) => ({
  name,
  node: 'node24',
  script,
  size: { jobs: 200_000 },
  flags: ['--expose-gc'],
  setting,
});

/** @type {import('../harness/types.d.ts').Row} */
export const row = {
  title: 'Memory: heap',
  work: 'Memory for each pending job of the memory store, with a small JSON input of its own.',
  measures: { bytesPerJob: { unit: 'B', better: 'less' } },
  contestants: [
    contestant('taskspan', 'taskspan.mjs', 'memory store, default options; handles are not kept'),
    contestant('p-queue', 'p-queue.mjs', 'paused; promises of `add` are not kept'),
  ],
  comparisons: [
    {
      name: 'per pending job',
      ours: 'taskspan',
      peers: ['p-queue'],
      by: 'value',
      measure: 'bytesPerJob',
      floor: 600,
      goal: 300,
    },
  ],
};
