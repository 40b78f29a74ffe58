/** `taskspan show ID`: all of a job. */

import type { Command } from 'commander';
import { FAILED } from '../exit.js';
import { jobOf } from '../ids.js';
import { jobPage } from '../print/job-page.js';
import { jobJson } from '../print/json.js';
import { type Run, storeCommand } from '../store-command.js';

export function showCommand(): Command {
  return storeCommand(
    {
      name: 'show',
      summary: 'show all of a job: input, result, errors, times',
      details: 'ID is the whole id, or the 8 digits that ls and dev show.',
      examples: ['show 3f2a91c4', 'show 3f2a91c4 --json | jq .errors'],
    },
    (command) => command.argument('<ID>', 'the job'),
    show,
  );
}

async function show({ manager, out }: Run, [id = '']: readonly string[]): Promise<number> {
  const job = await jobOf(manager, id);
  if (job === null) return FAILED;
  if (out.isJson) await out.json(jobJson(job));
  else await out.lines(jobPage(job, { ...out, now: Date.now() }));
  return 0;
}
