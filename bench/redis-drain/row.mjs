import { atMost } from '../harness/bounds.mjs';

const contestant = (name, script, concurrency, jobs, args, setting) => ({
  name: `${name}, ${concurrency} at once`,
  node: 'this',
  script,
  size: { jobs },
  args: { concurrency, ...args },
  setting: `concurrency ${concurrency}; ${setting}`,
});

const ours = (concurrency, jobs) =>
  contestant('taskspan', 'taskspan.mjs', concurrency, jobs, {}, 'default retention, leases, heartbeat and events');

/** Which of the two is faster differs from one machine to the next; ours keeps. */
const bullmq = (concurrency, jobs) => [
  contestant('BullMQ', 'bullmq.mjs', concurrency, jobs, { options: {}, kept: 'all' }, 'ended jobs kept, its default'),
  contestant(
    'BullMQ that removes',
    'bullmq.mjs',
    concurrency,
    jobs,
    { options: { removeOnComplete: { count: 0 } }, kept: 'none' },
    'removeOnComplete: { count: 0 }',
  ),
];
const off = 'getEvents, sendEvents, storeJobs off';
const bee = (concurrency, jobs) => [
  contestant(
    'bee-queue',
    'bee-queue.mjs',
    concurrency,
    jobs,
    { options: {}, kept: 'all' },
    `${off}; ended jobs kept, its default`,
  ),
  contestant(
    'bee-queue that removes',
    'bee-queue.mjs',
    concurrency,
    jobs,
    { options: { removeOnSuccess: true }, kept: 'none' },
    `${off}; removeOnSuccess`,
  ),
];

const both = (peer, concurrency) => [`${peer}, ${concurrency} at once`, `${peer} that removes, ${concurrency} at once`];
const beside = (peer, concurrency, bounds) => ({
  name: `${concurrency} at once, beside ${peer}`,
  ours: `taskspan, ${concurrency} at once`,
  peers: both(peer, concurrency),
  measure: 'perSecond',
  ...bounds,
});

/** @type {import('../harness/types.d.ts').Row} */
export const row = {
  title: 'Redis: drain',
  work: "Run and settle no-op jobs of a full queue from Redis, by one worker process, and how long Redis's processor works for each. An end counts when Redis has acknowledged it; ended jobs stay, unless the name says otherwise.",
  measures: { perSecond: { unit: 'jobs/s', better: 'more' }, redisCpuUs: { unit: 'µs of Redis', better: 'less' } },
  contestants: [
    ours(50, 100_000),
    ours(200, 100_000),
    ours(1, 50_000),
    ...bullmq(50, 30_000),
    ...bullmq(200, 30_000),
    ...bullmq(1, 10_000),
    ...bee(50, 40_000),
    ...bee(200, 40_000),
    ...bee(1, 10_000),
  ],
  comparisons: [
    beside('BullMQ', 50, { floor: 4, goal: 7 }),
    beside('bee-queue', 50, { floor: 2, goal: 3.5 }),
    beside('BullMQ', 200, { floor: 4, goal: 8 }),
    beside('bee-queue', 200, { floor: 2.5, goal: 5 }),
    beside('BullMQ', 1, { floor: 3, goal: 12 }),
    beside('bee-queue', 1, {}),
    {
      name: "Redis's processor, 50 at once, beside BullMQ",
      ours: 'taskspan, 50 at once',
      peers: both('BullMQ', 50),
      measure: 'redisCpuUs',
      floor: atMost(0.3),
      goal: atMost(0.12),
    },
    {
      name: "Redis's processor, 50 at once, beside bee-queue",
      ours: 'taskspan, 50 at once',
      peers: both('bee-queue', 50),
      measure: 'redisCpuUs',
    },
  ],
};
