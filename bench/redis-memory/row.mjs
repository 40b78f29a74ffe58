import { atMost } from '../harness/bounds.mjs';

const LARGE = 'input of 100 bytes';
const SMALL = 'input of 40 bytes';

const contestant = (name, script) =>
  [LARGE, SMALL].map((size) => ({
    name: `${name}, ${size}`,
    node: 'this',
    script,
    size: { jobs: 100_000 },
    args: { isLarge: size === LARGE },
    setting: 'default options',
  }));

const beside = (peer, size, bounds = {}) => ({
  name: `${size}, beside ${peer}`,
  ours: `taskspan, ${size}`,
  peers: [`${peer}, ${size}`],
  measure: 'bytes',
  ...bounds,
});

/** @type {import('../harness/types.d.ts').Row} */
export const row = {
  title: 'Redis: memory',
  work: 'Memory that Redis uses for each job that waits, its input included: `used_memory` before and after.',
  measures: { bytes: { unit: 'B', better: 'less' } },
  contestants: [
    ...contestant('taskspan', 'taskspan.mjs'),
    ...contestant('BullMQ', 'bullmq.mjs'),
    ...contestant('bee-queue', 'bee-queue.mjs'),
  ],
  comparisons: [
    beside('BullMQ', LARGE, { floor: atMost(0.55), goal: atMost(0.35) }),
    beside('bee-queue', LARGE),
    beside('BullMQ', SMALL),
    beside('bee-queue', SMALL),
  ],
};
