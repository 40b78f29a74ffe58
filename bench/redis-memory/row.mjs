import { atMost } from '../harness/bounds.mjs';

const contestant = (name, script, setting) => ({ name, node: 'this', script, size: { jobs: 100_000 }, setting });

/** @type {import('../harness/types.d.ts').Row} */
export const row = {
  title: 'Redis: memory',
  work: 'Memory that Redis uses for each job that waits, with its input of about 40 bytes: `used_memory` before and after.',
  measures: { bytes: { unit: 'B', better: 'less' } },
  contestants: [
    contestant('taskspan', 'taskspan.mjs', 'default options'),
    contestant('BullMQ', 'bullmq.mjs', 'default options'),
    contestant('bee-queue', 'bee-queue.mjs', 'default options'),
  ],
  comparisons: [
    {
      name: 'per waiting job, beside BullMQ',
      ours: 'taskspan',
      peers: ['BullMQ'],
      measure: 'bytes',
      floor: atMost(0.55),
      goal: atMost(0.35),
    },
    { name: 'per waiting job, beside bee-queue', ours: 'taskspan', peers: ['bee-queue'], measure: 'bytes' },
  ],
};
