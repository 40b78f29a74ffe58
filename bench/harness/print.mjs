/** A row's results for people. */

/** @param {import('./types.d.ts').Row} row */
export function printRow(row, { contestants, comparisons }) {
  const lines = contestants.flatMap(({ name, node, measures, failure }) => {
    if (failure !== undefined) return [[name, node, 'failed', '', '']];
    return Object.entries(measures).map(([measure, { median, min, max }]) => [
      name,
      node,
      `${shown(median)} ${row.measures[measure].unit}`,
      `${shown(min)} – ${shown(max)}`,
      Object.keys(measures).length > 1 ? measure : '',
    ]);
  });
  printTable(['contestant', 'node', 'median', 'lowest – highest', ''], lines);
  printTable(
    ['comparison', 'measured', 'single rounds', 'floor', 'goal', 'reached'],
    comparisons.map((one) => [
      one.name,
      measuredText(one),
      one.ratio === undefined ? '' : `${one.ratioMin} – ${one.ratioMax}×`,
      boundText(one, one.floor),
      boundText(one, one.goal),
      one.reached,
    ]),
  );
}

export function shown(value) {
  return value >= 1_000 ? value.toLocaleString('en') : String(value);
}

/** What floor and goal are about first. */
export function measuredText({ by, median, unit, ratio }) {
  if (median === undefined) return '';
  if (by === 'ratio') return `${ratio}×`;
  return `${shown(median)} ${unit}`;
}

export function boundText({ by, unit }, bound) {
  if (bound === undefined) return '';
  return by === 'ratio' ? `${bound}×` : `${bound} ${unit}`;
}

function printTable(head, lines) {
  const widths = head.map((_, i) => Math.max(...[head, ...lines].map((line) => line[i].length)));
  console.log('');
  for (const line of [head, widths.map((width) => '─'.repeat(width)), ...lines]) {
    console.log(`  ${line.map((cell, i) => cell.padEnd(widths[i])).join('  ')}`.trimEnd());
  }
}
