/** `taskspan explain ID`: why isn't it running? */

import type { Command } from 'commander';
import { FAILED } from '../exit.js';
import { jobOf } from '../ids.js';
import { oneLine } from '../live/text.js';
import { adviceFor, advised } from '../print/advice.js';
import { paintState } from '../print/job-table.js';
import { type Run, storeCommand } from '../store-command.js';

export function explainCommand(): Command {
  return storeCommand(
    {
      name: 'explain',
      summary: "say why a job isn't running, and what to do about it",
      details: 'ID is the whole id, or the 8 digits that ls and dev show.',
      examples: ['explain 3f2a91c4'],
    },
    (command) => command.argument('<ID>', 'the job'),
    explain,
  );
}

async function explain({ manager, out }: Run, [given = '']: readonly string[]): Promise<number> {
  const job = await jobOf(manager, given);
  if (job === null) return FAILED;
  const { causes, ...explanation } = await manager.explain(job.id);
  const causesWithAdvice = causes.map((cause) => ({ ...cause, advice: adviceFor(cause, job) }));
  if (out.isJson) {
    await out.json({ ...explanation, causes: causesWithAdvice });
    return 0;
  }
  const { paint } = out;
  await out.lines([
    `${paint('bold', oneLine(job.task))}  ${job.id}  ${paintState(paint, job.state, job.state)}`,
    ...causesWithAdvice.flatMap(({ message, advice }) => advised(message, advice, out)),
  ]);
  return 0;
}
