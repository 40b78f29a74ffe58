const size = { timers: 1_000_000 };
const contestant = (name, script, args, setting, flags = []) => ({
  name,
  node: 'node24',
  script,
  size,
  args,
  flags,
  setting,
});

const both = { measure: 'bothUs', peers: ['setTimeout'] };

/** @type {import('../harness/types.d.ts').Row} */
export const row = {
  title: 'Timers: a million',
  work: 'A million things to do later: add them, then cancel each, in another order. Time for each.',
  measures: {
    bothUs: { unit: 'µs', better: 'less' },
    addUs: { unit: 'µs', better: 'less' },
    cancelUs: { unit: 'µs', better: 'less' },
  },
  contestants: [
    contestant(
      'due times',
      'structure.mjs',
      { kind: 'spread' },
      'what holds the delayed jobs of the memory store; delays spread over an hour',
    ),
    contestant('due times, equal', 'structure.mjs', { kind: 'same' }, 'the same; all due together'),
    contestant(
      'setTimeout',
      'set-timeout.mjs',
      { kind: 'spread' },
      '`setTimeout`, `clearTimeout`; delays spread over an hour',
    ),
    contestant(
      'setTimeout, equal',
      'set-timeout.mjs',
      { kind: 'same' },
      'the same; all due together, which is its best case',
    ),
    contestant(
      'delayed jobs',
      'delayed-jobs.mjs',
      {},
      '`enqueueMany` with `in` in calls of 1,000, then `cancel()` of each handle: whole jobs',
      ['--max-old-space-size=8192'],
    ),
  ],
  comparisons: [
    { name: 'due times: add and cancel', ours: 'due times', ...both, floor: 5, goal: 20 },
    { name: 'due times: add', ours: 'due times', ...both, measure: 'addUs' },
    { name: 'due times: cancel', ours: 'due times', ...both, measure: 'cancelUs' },
    { name: 'due times, all equal', ours: 'due times, equal', peers: ['setTimeout, equal'], measure: 'bothUs' },
    { name: 'whole delayed jobs', ours: 'delayed jobs', ...both },
  ],
};
