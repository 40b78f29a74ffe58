/** What a soak has to tell. */

/** Of the samples, the first part is warm-up; the rest is compared in three windows. */
const WARM_UP = 0.25;
/** Fewer say nothing. */
const SAMPLES = 30;
/** By how much the last window may be above the first: what is kept, and what the collector has not given back to the system. */
const GROWTH = /** @type {const} */ ({ heap: { times: 1.1, bytes: 2e6 }, rss: { times: 1.15, bytes: 12e6 } });

/**
 * @param {object} parts
 * @param {import('./judge.mjs').Judge} parts.judge
 * @param {import('./crew.mjs').Crew['counts']} parts.counts
 * @param {number} parts.troubledMs
 * @param {import('taskspan').Counts} parts.left
 * @param {import('./judge.mjs').Offence[]} parts.offences
 * @param {string} parts.history
 */
export function reportOf({ judge, counts, troubledMs, left, offences: others, history }) {
  const memory = [...judge.memory]
    .filter(([, { rss }]) => rss.length >= SAMPLES)
    .map(([name, { rss, heap }]) => ({ name, rss: windowsOf(rss), heap: windowsOf(heap) }));
  const offences = [...others];
  for (const { name, ...kinds } of memory) {
    for (const kind of /** @type {const} */ (['rss', 'heap'])) {
      const [first = 0, , last = 0] = kinds[kind];
      if (last > first * GROWTH[kind].times + GROWTH[kind].bytes)
        offences.push({ n: null, what: `${name} grew from ${first} to ${last} bytes (${kind})` });
    }
  }
  const kills = counts.killedWorkers + counts.killedProducers;
  const slots = [...judge.slots.values()].reduce((sum, ran) => sum + ran.size, 0);
  const ownMb = Math.round(process.memoryUsage.rss() / 1e6);
  const c = judge.counts;
  const lines = [
    `${Math.round(troubledMs / 1_000)} s: ${show(c.acknowledged)} jobs acknowledged, ${show(c.runs)} runs, ${show(slots)} slots of schedules.`,
    `${show(c.completed)} completed, ${show(c.failed)} failed, ${show(c.cancelled)} cancelled, ${show(judge.open.size)} open. ${show(left.completed + left.failed + left.cancelled)} records are kept.`,
    `${kills + counts.paused} kills and pauses: ${counts.killedWorkers} workers killed (${counts.killedLeaders} while they led), ${counts.killedProducers} producers killed, ${counts.paused} processes paused beyond the lease (${counts.pausedLeaders} while they led). ${counts.restarted} restarts. ${judge.terms.size} terms.`,
    `${show(c.again)} jobs were started again, ${show(c.lost)} runs were lost to another worker, ${c.excused} began after the end as their process woke up.`,
    ...memory.map(
      ({ name, rss, heap }) =>
        `Memory of ${name}, MB (medians of three windows): resident ${mb(rss)}, heap ${mb(heap)}.`,
    ),
    `The judge: ${ownMb} MB.`,
    ...[...judge.errors].slice(0, 10).map(([message, times]) => `Told as an error ${times} times: ${message}`),
    ...offences.slice(0, 20).map(({ n, what }) => `OFFENCE: ${n === null ? '' : `job ${n} `}${what}.`),
    ...(history === '' ? [] : [history]),
    offences.length === 0 ? 'All held.' : `${offences.length} offences.`,
  ];
  return {
    ...c,
    slots,
    kills,
    pauses: counts.paused,
    restarts: counts.restarted,
    memory,
    offences: offences.map(({ n, what }) => `${n === null ? '' : `job ${n} `}${what}`),
    text: lines.join('\n'),
  };
}

/** @param {readonly number[]} samples @returns {number[]} */
function windowsOf(samples) {
  const warm = samples.slice(Math.floor(samples.length * WARM_UP));
  const third = warm.length / 3;
  return [0, 1, 2].map((i) => median(warm.slice(Math.floor(i * third), Math.floor((i + 1) * third))));
}

/** @param {readonly number[]} bytes */
function mb(bytes) {
  return bytes.map((each) => (each / 1e6).toFixed(1)).join(' → ');
}

/** @param {readonly number[]} values */
function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** @param {number} count */
function show(count) {
  return count.toLocaleString('en');
}
