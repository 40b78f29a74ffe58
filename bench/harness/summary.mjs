/**
 * From what was measured to what it says: medians, ratios, and whether floor and goal are reached.
 *
 * @import { Comparison, Judged, Measure, Measured, Output, Row, Spread } from './types.d.ts'
 * @typedef {{ readonly name: string, readonly measures: Readonly<Record<string, Spread>> }} Summed
 */

/**
 * @param {Pick<Row, 'title' | 'work' | 'measures' | 'comparisons'>} row
 * @param {readonly Measured[]} measured
 */
export function summarize(row, measured) {
  const contestants = measured.map(({ contestant, node, outputs, failure }) => ({
    name: contestant.name,
    node,
    setting: contestant.setting,
    ...factsOf(outputs[0] ?? {}),
    // What failed once is not judged by the rounds before.
    measures: failure === undefined ? spreadsOf(Object.keys(row.measures), outputs) : {},
    ...(failure === undefined ? {} : { failure }),
  }));
  return {
    title: row.title,
    work: row.work,
    measures: row.measures,
    contestants,
    comparisons: row.comparisons.map((comparison) => compare(row.measures, comparison, contestants)),
  };
}

/**
 * What a contestant says of itself, as the version of its SQLite.
 *
 * @param {Output} output
 */
function factsOf(output) {
  return Object.fromEntries(Object.entries(output).filter(([, value]) => typeof value === 'string'));
}

/**
 * @param {readonly string[]} measures
 * @param {readonly Output[]} outputs
 * @returns {Record<string, Spread>}
 */
function spreadsOf(measures, outputs) {
  const made = measures.filter((measure) => typeof outputs[0]?.[measure] === 'number');
  return Object.fromEntries(made.map((measure) => [measure, spread(outputs.map((output) => Number(output[measure])))]));
}

/**
 * @param {readonly number[]} values
 * @returns {Spread}
 */
function spread(values) {
  return {
    median: short(median(values)),
    min: short(Math.min(...values)),
    max: short(Math.max(...values)),
    values: values.map(short),
  };
}

/** @param {readonly number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * The ratio is that of the medians, above 1 where ours is better; beside it the lowest and the highest of a single round.
 *
 * @param {Readonly<Record<string, Measure>>} measures
 * @param {Comparison} comparison
 * @param {readonly Summed[]} contestants
 * @returns {Judged}
 */
function compare(measures, comparison, contestants) {
  const { name, ours, peers = [], measure, floor, goal } = comparison;
  const { unit, better } = /** @type {Measure} */ (measures[measure]);
  const by = comparison.by ?? (peers.length > 0 ? 'ratio' : 'value');
  const judged = { name, measure, unit, by, floor, goal, ours };
  const own = spreadNamed(contestants, ours, measure);
  const theirs = peers.map((peer) => ({ peer, spread: spreadNamed(contestants, peer, measure) }));
  // A peer that is missing might have been the best.
  if (own === undefined || theirs.some((one) => one.spread === undefined))
    return { ...judged, reached: 'not measured' };
  /** @type {(a: number, b: number) => number} */
  const times = (a, b) => short(better === 'more' ? a / b : b / a);
  const [best] = /** @type {{ peer: string, spread: Spread }[]} */ (theirs).sort((a, b) =>
    better === 'more' ? b.spread.median - a.spread.median : a.spread.median - b.spread.median,
  );
  if (best === undefined) return { ...judged, median: own.median, reached: reachedBy(own.median, better, floor, goal) };
  const inRounds = own.values.map((value, i) => times(value, /** @type {number} */ (best.spread.values[i])));
  const ratio = times(own.median, best.spread.median);
  return {
    ...judged,
    median: own.median,
    peer: best.peer,
    peerMedian: best.spread.median,
    ratio,
    ratioMin: Math.min(...inRounds),
    ratioMax: Math.max(...inRounds),
    reached: by === 'ratio' ? reachedBy(ratio, 'more', floor, goal) : reachedBy(own.median, better, floor, goal),
  };
}

/**
 * @param {readonly Summed[]} contestants
 * @param {string} name
 * @param {string} measure
 */
function spreadNamed(contestants, name, measure) {
  const found = contestants.find((contestant) => contestant.name === name);
  if (found === undefined) throw new Error(`No contestant is called '${name}'.`);
  return found.measures[measure];
}

/**
 * @param {number} value
 * @param {'more' | 'less'} better
 * @param {number | undefined} floor
 * @param {number | undefined} goal
 */
function reachedBy(value, better, floor, goal) {
  /** @param {number | undefined} bound */
  const meets = (bound) => bound !== undefined && (better === 'more' ? value >= bound : value <= bound);
  if (floor === undefined && goal === undefined) return 'none set';
  return meets(goal) ? 'goal' : meets(floor) ? 'floor' : 'below';
}

/**
 * Three digits are more than the noise leaves.
 *
 * @param {number} value
 */
function short(value) {
  return value >= 1_000 ? Math.round(value) : Number(value.toPrecision(3));
}
