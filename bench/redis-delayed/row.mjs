const size = { jobs: 100_000 };
const ours = 'concurrency 200; default retention, leases, heartbeat and events';

/** @type {import('../harness/types.d.ts').Row} */
export const row = {
  title: 'Redis: delayed jobs',
  work: '100,000 delayed jobs come due at one instant, before an idle worker, and are drained; the clock runs from that instant.',
  measures: { perSecond: { unit: 'jobs/s', better: 'more' } },
  contestants: [
    { name: 'taskspan', node: 'this', script: 'taskspan.mjs', size, args: { leadMs: 15_000, keys: 0 }, setting: ours },
    {
      name: 'taskspan, 10 at once a key',
      node: 'this',
      script: 'taskspan.mjs',
      size,
      args: { leadMs: 15_000, keys: 1_000 },
      setting: 'the same; a constraint group with `maxConcurrent: 10`, 1,000 keys',
    },
    {
      name: 'BullMQ',
      node: 'this',
      script: 'bullmq.mjs',
      size,
      args: { leadMs: 40_000 },
      setting: 'concurrency 200; ended jobs kept, its default',
    },
  ],
  comparisons: [
    { name: 'beside BullMQ', ours: 'taskspan', peers: ['BullMQ'], measure: 'perSecond', floor: 4, goal: 6.5 },
    {
      name: '10 at once a key, beside ours without',
      ours: 'taskspan, 10 at once a key',
      peers: ['taskspan'],
      measure: 'perSecond',
      floor: 0.5,
      goal: 0.8,
    },
  ],
};
