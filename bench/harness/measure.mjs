/** Runs the contestants of a row in turn, round by round. */
import { spawnSync } from 'node:child_process';
import { here, nodes, versionOf } from './places.mjs';

/** Longer than any takes: one that hangs must not hang the rest. */
const PATIENCE_MS = 15 * 60_000;

/**
 * @param {string} name of the row, which is that of its folder
 * @param {import('./types.d.ts').Row} row
 * @param {{ readonly rounds: number, readonly scale: number }} options
 */
export function measure(name, row, { rounds, scale }) {
  const measured = row.contestants.map((contestant) => ({
    contestant,
    node: versionOf(nodes[contestant.node]),
    outputs: [],
    failure: undefined,
  }));
  for (let round = 0; round < rounds; round++) {
    // Every other round backwards: what comes later in a round finds the machine warmer, or busier.
    const order = round % 2 === 0 ? measured : measured.toReversed();
    for (const one of order) {
      if (one.failure === undefined) runOnce(name, one, scale);
    }
    console.log(`  round ${round + 1} of ${rounds}`);
  }
  return measured;
}

function runOnce(name, one, scale) {
  const { contestant } = one;
  const { script, size, args = {}, flags = [] } = contestant;
  const scaled = Object.entries(size).map(([key, count]) => [key, Math.max(1, Math.round(count * scale))]);
  const setting = JSON.stringify({ ...Object.fromEntries(scaled), ...args });
  const path = here(`${name}/${script}`);
  const { status, signal, stdout, stderr } = spawnSync(
    nodes[contestant.node],
    ['--no-warnings', ...flags, path, setting],
    { encoding: 'utf8', timeout: PATIENCE_MS, maxBuffer: 2 ** 26 },
  );
  const output = lineOf(stdout);
  if (status === 0 && output !== null) return one.outputs.push(output);
  one.failure = `${signal ?? `exit code ${status}`}: ${stderr.trim() || stdout.trim() || 'it printed nothing'}`;
  console.error(`  ${contestant.name} failed with ${one.failure}`);
}

/** What the last line says. */
function lineOf(stdout) {
  try {
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  } catch {
    return null;
  }
}
