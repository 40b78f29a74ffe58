/** `taskspan doctor`: what is wrong with a store and those who work on it. */

import type { Command } from 'commander';
import type { Diagnosis, Finding } from '../../index.js';
import { FAILED } from '../exit.js';
import { nodeFindings } from '../node-version.js';
import { advised } from '../print/advice.js';
import { totals } from '../print/job-table.js';
import type { Output } from '../print/output.js';
import { counted, wrapped } from '../print/text.js';
import { type Run, storeCommand } from '../store-command.js';
import { shownPath } from '../terminal.js';

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
  const findings = [...nodeFindings(node), ...diagnosis.findings];
  const isWell = findings.every(({ severity }) => severity === 'note');
  if (out.isJson) await out.json({ ok: isWell, taskspan: version, node, url: shownUrl, ...diagnosis, findings });
  else {
    const lines = findings.flatMap((finding) => findingLines(finding, out));
    const head = [`taskspan ${version}, Node ${node}`, ...about(diagnosis)];
    await out.lines([...head.flatMap((line) => wrapped(line, out.width, '')), '', ...lines]);
    if (isWell) await out.lines([`${out.paint('green', '✓')} nothing is wrong`]);
  }
  return isWell ? 0 : FAILED;
}

function about({ store, counts, workers, schedules }: Diagnosis): readonly string[] {
  return [
    [
      `${store.kind} ${shownPath(store.location)}`,
      `durability ${store.durability}`,
      ...Object.entries(store.facts).map(factText),
    ].join(', '),
    `${counted(workers, 'live worker')}, ${counted(schedules, 'schedule')}, ${totals(counts)}`,
  ];
}

/** `journalMode: 'wal'` as `journal mode wal`, `fileBytes: 2048` as `file 2 KiB`. */
function factText([name, value]: readonly [string, string | number]): string {
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.endsWith(' bytes') ? words.replace('bytes', size(Number(value))) : `${words} ${value}`;
}

function size(bytes: number): string {
  return bytes < 1_048_576 ? `${Math.ceil(bytes / 1_024)} KiB` : `${(bytes / 1_048_576).toFixed(1)} MiB`;
}

const marks = { problem: ['✗', 'red'], warning: ['!', 'yellow'], note: ['·', 'dim'] } as const;

function findingLines({ severity, code, message, fix }: Finding, out: Output): readonly string[] {
  const [mark, style] = marks[severity];
  const title = `${out.paint(style, `${mark} ${severity}`)} ${out.paint('dim', code)}`;
  return [title, ...advised(message, fix, out)];
}
