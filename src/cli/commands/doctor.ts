/** `taskspan doctor`: what is wrong with a store and those who work on it. */

import type { Command } from 'commander';
import type { Diagnosis, Finding } from '../../index.js';
import type { Paint } from '../colour.js';
import { FAILED } from '../exit.js';
import { totals } from '../job-table.js';
import { type Run, storeCommand } from '../store-command.js';
import { shownPath } from '../terminal.js';
import { counted, oneLine } from '../text.js';

export function doctorCommand(version: string): Command {
  return storeCommand(
    {
      name: 'doctor',
      summary: 'look for what is wrong with a store and its workers',
      details: 'Changes nothing. Exits with 1 if there is a problem or a warning.',
      examples: ['doctor', 'doctor --json | jq .findings'],
    },
    (command) => command,
    (run) => doctor(run, version),
  );
}

async function doctor({ manager, out, shownUrl }: Run, version: string): Promise<number> {
  const { node } = process.versions;
  const diagnosis = await manager.diagnose();
  const { findings } = diagnosis;
  const isWell = findings.every(({ severity }) => severity === 'note');
  if (out.isJson) await out.json({ ok: isWell, taskspan: version, node, url: shownUrl, ...diagnosis });
  else {
    const lines = findings.flatMap((finding) => findingLines(finding, out.paint));
    await out.lines([`taskspan ${version}, Node ${node}`, ...about(diagnosis), '', ...lines]);
    if (isWell) await out.lines([`${out.paint('green', '✓')} nothing is wrong`]);
  }
  return isWell ? 0 : FAILED;
}

function about({ store, counts, workers, schedules }: Diagnosis): readonly string[] {
  const facts = Object.entries(store.facts).map(
    ([name, value]) => `${name} ${/bytes$/i.test(name) ? size(Number(value)) : value}`,
  );
  return [
    [`${store.kind} ${shownPath(store.location)}`, `durability ${store.durability}`, ...facts].join(', '),
    `${counted(workers, 'live worker')}, ${counted(schedules, 'schedule')}, ${totals(counts)}`,
  ];
}

function size(bytes: number): string {
  return bytes < 1_048_576 ? `${Math.ceil(bytes / 1_024)} KiB` : `${(bytes / 1_048_576).toFixed(1)} MiB`;
}

const marks = { problem: ['✗', 'red'], warning: ['!', 'yellow'], note: ['·', 'dim'] } as const;

function findingLines({ severity, code, message, fix }: Finding, paint: Paint): readonly string[] {
  const [mark, style] = marks[severity];
  return [
    `${paint(style, `${mark} ${severity}`)} ${paint('dim', code)}`,
    `  ${oneLine(message)}`,
    ...(fix === null ? [] : [`  ${paint('dim', '→')} ${oneLine(fix)}`]),
  ];
}
