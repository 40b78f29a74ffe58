/** `taskspan ls`: the newest jobs that match, a line each. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import type { JobSnapshot } from '../../index.js';
import { type FilterOptions, queryOf, withFilters } from '../filter.js';
import { jobTable, totals } from '../print/job-table.js';
import { jobJson, jsonable } from '../print/json.js';
import { wrapped } from '../print/text.js';
import { type Run, storeCommand } from '../store-command.js';

const DEFAULT_LIMIT = 50;
/** Written together. */
const PIECE = 200;

interface Options extends FilterOptions {
  readonly limit: number;
}

export function lsCommand(): Command {
  return storeCommand<Options>(
    {
      name: 'ls',
      summary: 'list jobs, newest first',
      details: 'With --json, a line of JSON for each job.',
      examples: [
        'ls --state failed --since 2h',
        'ls --task resize --label tenant=acme --limit all',
        'ls --state failed --json | jq -r .id',
      ],
    },
    (command) =>
      withFilters(command, 'default: all').addOption(
        new Option('--limit <n>', 'at most this many, or all').default(DEFAULT_LIMIT).argParser(limitOf),
      ),
    ls,
  );
}

async function ls({ manager, out }: Run, _args: readonly string[], options: Options): Promise<number> {
  const now = Date.now();
  const query = queryOf(options, now);
  const jobs: JobSnapshot[] = [];
  let listed = 0;
  let isCut = false;
  const flush = async (isFirst: boolean): Promise<void> => {
    const piece = jobs.splice(0);
    if (out.isJson) await out.lines(piece.map((job) => JSON.stringify(jsonable(jobJson(job)))));
    else if (piece.length > 0) await out.lines(jobTable(piece, { ...out, now }).slice(isFirst ? 0 : 1));
  };
  for await (const job of manager.list(query)) {
    isCut = listed >= options.limit;
    if (isCut) break;
    listed += 1;
    if (jobs.push(job) >= PIECE) await flush(listed <= PIECE);
  }
  await flush(listed <= PIECE);
  if (out.isTerminal && !out.isJson) {
    const lines = wrapped(totals(await manager.count(query)), out.width, '');
    await out.lines(lines.map((line) => out.paint('dim', line)));
  }
  if (isCut) out.note(`taskspan: these are the newest ${listed}, and there are more: --limit all`);
  return 0;
}

function limitOf(text: string): number {
  if (text === 'all') return Number.POSITIVE_INFINITY;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Write a whole number of 1 or more, or all.');
}
