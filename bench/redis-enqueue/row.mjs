const contestant = (name, script, jobs, setting) => ({
  name,
  node: 'this',
  script,
  size: { jobs },
  args: { callers: 100 },
  setting: `100 awaited calls in flight; ${setting}`,
});

/** @type {import('../harness/types.d.ts').Row} */
export const row = {
  title: 'Redis: enqueue',
  work: 'Enqueue jobs by single calls, 100 in flight, each acknowledged when Redis has it.',
  measures: { perSecond: { unit: 'jobs/s', better: 'more' } },
  contestants: [
    contestant('taskspan', 'taskspan.mjs', 200_000, '`enqueue`'),
    contestant('BullMQ', 'bullmq.mjs', 40_000, '`add`'),
    contestant('bee-queue', 'bee-queue.mjs', 80_000, '`save`; getEvents, storeJobs off'),
  ],
  comparisons: [
    { name: 'beside BullMQ', ours: 'taskspan', peers: ['BullMQ'], measure: 'perSecond', floor: 4, goal: 6.5 },
    { name: 'beside bee-queue', ours: 'taskspan', peers: ['bee-queue'], measure: 'perSecond' },
  ],
};
