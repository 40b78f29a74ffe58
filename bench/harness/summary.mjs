/** From what was measured to what it says: medians, ratios, and whether floor and goal are reached. */

/** @param {import('../rows.mjs').Row} row */
export function summarize(row, measured) {
  const contestants = measured.map(({ contestant, node, outputs, failure }) => ({
    name: contestant.name,
    node,
    setting: contestant.setting,
    ...factsOf(outputs[0] ?? {}),
    measures: Object.fromEntries(
      Object.keys(row.measures)
        .filter((measure) => outputs[0]?.[measure] !== undefined)
        .map((measure) => [measure, spread(outputs.map((output) => output[measure]))]),
    ),
    ...(failure === undefined ? {} : { failure }),
  }));
  return {
    title: row.title,
    work: row.work,
    contestants,
    comparisons: row.comparisons.map((comparison) => compare(row, comparison, contestants)),
  };
}

/** What a contestant says of itself, as the version of its SQLite. */
function factsOf(output) {
  return Object.fromEntries(Object.entries(output).filter(([, value]) => typeof value === 'string'));
}

function spread(values) {
  return {
    median: short(median(values)),
    min: short(Math.min(...values)),
    max: short(Math.max(...values)),
    values: values.map(short),
  };
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/**
 * The ratio is that of the medians, above 1 where ours is better; beside it the lowest and the highest of a single round.
 *
 * @param {import('../rows.mjs').Row} row
 * @param {import('../rows.mjs').Comparison} comparison
 */
function compare(row, { name, ours, peers = [], measure, by, floor, goal }, contestants) {
  const { unit, better } = row.measures[measure];
  const find = (wanted) => {
    const found = contestants.find((contestant) => contestant.name === wanted);
    if (found === undefined) throw new Error(`No contestant is called '${wanted}'.`);
    return found.measures[measure];
  };
  const times = (a, b) => short(better === 'more' ? a / b : b / a);
  const own = find(ours);
  const best = peers
    .map((peer) => ({ peer, ...find(peer) }))
    .filter((one) => one.median !== undefined)
    .reduce((a, b) => (a === null || times(b.median, a.median) > 1 ? b : a), null);
  const judged = { name, measure, unit, by: by ?? (peers.length > 0 ? 'ratio' : 'value'), floor, goal, ours };
  if (own === undefined || (peers.length > 0 && best === null)) return { ...judged, reached: 'not measured' };
  const inRounds = best === null ? [] : own.values.map((value, i) => times(value, best.values[i]));
  const ratio = best === null ? null : times(own.median, best.median);
  const result = {
    ...judged,
    median: own.median,
    ...(best === null
      ? {}
      : {
          peer: best.peer,
          peerMedian: best.median,
          ratio,
          ratioMin: Math.min(...inRounds),
          ratioMax: Math.max(...inRounds),
        }),
  };
  const isLessBetter = judged.by === 'value' && better === 'less';
  const value = judged.by === 'ratio' ? ratio : own.median;
  const meets = (bound) => bound !== undefined && (isLessBetter ? value <= bound : value >= bound);
  const reached = floor === undefined ? 'none set' : meets(goal) ? 'goal' : meets(floor) ? 'floor' : 'below';
  return { ...result, reached };
}

/** Three digits are more than the noise leaves. */
function short(value) {
  return value >= 1_000 ? Math.round(value) : Number(value.toPrecision(3));
}
