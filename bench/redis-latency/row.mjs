import { atMost } from '../harness/bounds.mjs';

const APART = 'from another process';
const WITHIN = 'from the same process';

const contestant = (name, script, setting) =>
  [APART, WITHIN].map((where) => ({
    name: `${name}, ${where}`,
    node: 'this',
    script,
    size: { jobs: 1_000 },
    args: { isApart: where === APART },
    setting: `${setting}; one job at a time, 5 ms of rest between them`,
  }));

const beside = (peer, bounds) =>
  [APART, WITHIN].flatMap((where) =>
    ['p50', 'p99'].map((percentile) => ({
      name: `${percentile}, ${where}, beside ${peer}`,
      ours: `taskspan, ${where}`,
      peers: [`${peer}, ${where}`],
      measure: `${percentile}Ms`,
      ...(where === APART ? bounds : {}),
    })),
  );

/** @type {import('../harness/types.d.ts').Row} */
export const row = {
  title: 'Redis: latency',
  work: 'From the call that enqueues a job to the start of its function, with an idle worker. The job comes from another process, or from the one that works.',
  measures: { p50Ms: { unit: 'ms', better: 'less' }, p99Ms: { unit: 'ms', better: 'less' } },
  contestants: [
    ...contestant('taskspan', 'taskspan.mjs', 'default options'),
    ...contestant('BullMQ', 'bullmq.mjs', 'default options'),
    ...contestant('bee-queue', 'bee-queue.mjs', 'getEvents, sendEvents, storeJobs off'),
  ],
  comparisons: [
    ...beside('BullMQ', { floor: atMost(0.9), goal: atMost(0.6) }),
    ...beside('bee-queue', { floor: atMost(1.3), goal: 1 }),
  ],
};
