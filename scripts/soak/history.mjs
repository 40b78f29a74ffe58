/** What the processes wrote about one job, for people. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

const MOST_LINES = 80;

/**
 * @param {readonly import('./judge.mjs').Offence[]} offences
 * @param {string} path of the journal
 * @returns {Promise<string>} of the job that has the shortest
 */
export async function historyOf(offences, path) {
  const numbers = new Set(offences.map(({ n }) => n).filter((n) => n !== null));
  if (numbers.size === 0) return '';
  /** @type {Map<number, import('./journal.mjs').Line[]>} */
  const linesOf = new Map([...numbers].map((n) => [n, []]));
  for await (const line of linesIn(path)) {
    for (const n of numbers) if (line.n === n || line.ns?.includes(n)) linesOf.get(n)?.push(line);
  }
  const [shortest] = [...linesOf].sort(([, a], [, b]) => a.length - b.length);
  if (shortest === undefined) return '';
  const [n, own] = shortest;
  const processes = new Set(own.map(({ by }) => by));
  const [from, until] = [own[0]?.at ?? 0, own.at(-1)?.at ?? 0];
  const all = [];
  for await (const line of linesIn(path)) {
    if (line.n === n || line.ns?.includes(n)) all.push(line);
    // What happened to those processes meanwhile.
    else if (line.whom !== undefined && processes.has(line.whom) && line.at >= from && line.at <= until) all.push(line);
  }
  return [`The history of job ${n}:`, ...all.slice(-MOST_LINES).map((line) => shown(line, n, from))].join('\n');
}

/** @param {string} path */
async function* linesIn(path) {
  for await (const text of createInterface({ input: createReadStream(path) })) {
    if (text === '') continue;
    try {
      yield/** @type {import('./journal.mjs').Line} */ (JSON.parse(text));
    } catch {
      // A part of a line, of a process that was killed.
    }
  }
}

/** @param {import('./journal.mjs').Line} line @param {number} n @param {number} from */
function shown({ at, by, whom, what, run, ns, ids }, n, from) {
  const id = ns === undefined ? '' : ` as ${ids?.[ns.indexOf(n)]}`;
  const time = `${(at - from).toFixed(1)} ms`.padStart(14);
  return `${time}  ${whom ?? by}: ${what}${id}${run === undefined ? '' : ` (run ${run})`}`;
}
