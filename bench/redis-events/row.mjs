const contestant = (name, hasSubscriber, setting) => ({
  name,
  node: 'this',
  script: 'taskspan.mjs',
  size: { jobs: 100_000 },
  args: { hasSubscriber },
  setting: `concurrency 50, default options; ${setting}`,
});

/** @type {import('../harness/types.d.ts').Row} */
export const row = {
  title: 'Redis: events',
  work: 'Enqueue no-op jobs and drain them by one worker process, while another process hears of everything that happens on the cluster, and while none does.',
  measures: { perSecond: { unit: 'jobs/s', better: 'more' } },
  contestants: [
    contestant('taskspan', false, 'nobody listens'),
    contestant('taskspan, one subscriber', true, 'a manager in another process listens'),
  ],
  comparisons: [
    {
      name: 'one subscriber, beside ours without',
      ours: 'taskspan, one subscriber',
      peers: ['taskspan'],
      measure: 'perSecond',
      floor: 0.6,
      goal: 0.85,
    },
  ],
};
