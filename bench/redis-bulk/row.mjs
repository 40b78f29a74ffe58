const contestant = (name, script, jobs, bulk, setting) => ({
  name: `${name}, ${bulk.toLocaleString('en')} a call`,
  node: 'this',
  script,
  size: { jobs },
  args: { bulk },
  setting,
});

const peers = { bullmq: 'BullMQ, 1,000 a call', bee: 'bee-queue, 1,000 a call' };

/** @type {import('../harness/types.d.ts').Row} */
export const row = {
  title: 'Redis: enqueue in bulk',
  work: 'Enqueue jobs by calls for many, each call awaited before the next.',
  measures: { perSecond: { unit: 'jobs/s', better: 'more' } },
  contestants: [
    contestant('taskspan', 'taskspan.mjs', 300_000, 10_000, '`enqueueMany`'),
    contestant('taskspan', 'taskspan.mjs', 300_000, 1_000, '`enqueueMany`'),
    contestant('BullMQ', 'bullmq.mjs', 50_000, 1_000, '`addBulk`'),
    contestant('bee-queue', 'bee-queue.mjs', 100_000, 1_000, '`saveAll`; getEvents, storeJobs off'),
  ],
  comparisons: [
    {
      name: 'beside BullMQ',
      ours: 'taskspan, 10,000 a call',
      peers: [peers.bullmq],
      measure: 'perSecond',
      floor: 6,
      goal: 14,
    },
    { name: 'beside bee-queue', ours: 'taskspan, 10,000 a call', peers: [peers.bee], measure: 'perSecond' },
    {
      name: 'by thousands, beside BullMQ',
      ours: 'taskspan, 1,000 a call',
      peers: [peers.bullmq],
      measure: 'perSecond',
    },
  ],
};
