/**
 * Writes what bench/results holds into docs/performance.md, between its markers: npm run bench:report [-- RESULTS PAGE]
 * Measures nothing, so the page can be written anew whenever its words change.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { here } from './harness/places.mjs';
import { boundText, measuredText, shown } from './harness/print.mjs';
import { rows } from './rows.mjs';

const BEGIN = '<!-- results: written by bench/report.mjs -->';
const END = '<!-- end of results -->';

const [results = here('results'), page = here('../docs/performance.md')] = process.argv.slice(2);
const all = Object.keys(rows).map((name) => {
  const path = join(results, `${name}.json`);
  return { name, result: existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null };
});
const measured = all.flatMap(({ result }) => result ?? []);
const sections = all.map(({ name, result }) =>
  result === null ? `### ${rows[name].title}\n\nNot measured yet.` : section(result),
);
const text = readFileSync(page, 'utf8');
const [before, rest] = cut(text, BEGIN);
const [, after] = cut(rest, END);
writeFileSync(page, `${before}${BEGIN}\n\n${[...machines(), ...sections].join('\n\n')}\n\n${END}${after}`);
const missing = all.filter(({ result }) => result === null).map(({ name }) => name);
console.log(`${measured.length} rows written${missing.length > 0 ? `; not measured: ${missing.join(', ')}` : ''}.`);

/** What is in front of the marker, and behind it. */
function cut(whole, marker) {
  const at = whole.indexOf(marker);
  if (at < 0) throw new Error(`${page} has no line '${marker}'.`);
  return [whole.slice(0, at), whole.slice(at + marker.length)];
}

/** Rows may have been measured at different times: each combination of machine and versions is named once. */
function machines() {
  const said = new Map();
  for (const { cpu, cores, memoryGiB, rounds, versions } of measured) {
    const where = `Measured on ${cpu}, ${cores} cores, ${memoryGiB} GiB, in ${rounds} rounds, with `;
    const packages = said.get(where) ?? new Set();
    for (const [name, version] of Object.entries(versions)) packages.add(`${name} ${version}`);
    said.set(where, packages);
  }
  return [...said].map(([where, packages]) => `${where}${[...packages].join(', ')}.`);
}

function section({ title, work, contestants, comparisons, measures }) {
  return [
    `### ${title}`,
    work,
    table(
      ['', 'measured', 'single rounds', 'floor', 'goal', 'reached', 'beside'],
      comparisons.map((one) => [
        one.name,
        one.by === 'value' && one.ratio !== undefined ? `${measuredText(one)} (${one.ratio}×)` : measuredText(one),
        one.ratio === undefined ? spreadOf(contestants, one) : `${one.ratioMin}–${one.ratioMax}×`,
        boundText(one, one.floor) || '–',
        boundText(one, one.goal) || '–',
        one.reached === 'none set' ? '–' : one.reached,
        one.peer ?? '–',
      ]),
    ),
    table(
      ['contestant', 'Node', ...Object.entries(measures).map(([name, { unit }]) => header(name, unit)), 'setting'],
      contestants.map((contestant) => [
        contestant.name,
        [contestant.node.slice(1), contestant.sqlite, contestant.redis].filter((part) => part !== undefined).join(', '),
        ...Object.keys(measures).map((measure) => cell(contestant.measures[measure])),
        contestant.setting,
      ]),
    ),
  ].join('\n\n');
}

/** Of one that is judged by itself. */
function spreadOf(contestants, { ours, measure, unit }) {
  const { min, max } = contestants.find((contestant) => contestant.name === ours).measures[measure];
  return `${shown(min)}–${shown(max)} ${unit}`;
}

/** `p50Ms` is p50 in ms. */
function header(measure, unit) {
  const name = measure.replace(/(Ms|Us|PerJob|PerTrigger|PerSecond)$/, '');
  return ['perSecond', 'bytes', 'timers'].includes(name) ? unit : `${name}, ${unit}`;
}

function cell(spread) {
  return spread === undefined ? '' : `${shown(spread.median)} (${shown(spread.min)}–${shown(spread.max)})`;
}

function table(head, lines) {
  const all = [head, head.map(() => '---'), ...lines];
  return all.map((line) => `| ${line.join(' | ')} |`).join('\n');
}
