/** The command line of the example: what follows `--`. */

import { parseArgs } from 'node:util';
import { type Site, siteOf, UsageError } from './site.js';

export interface Request {
  readonly site: Site;
  /** Ends when this one audit is done, and makes no schedule. */
  readonly once: boolean;
  /** Gives up an unfinished audit of the same site instead of going on with it. */
  readonly fresh: boolean;
  /** Whether links to other sites are asked for. */
  readonly external: boolean;
  readonly maxPages: number;
}

export const usage = `Usage: taskspan dev examples/site-audit.ts -- [options] [URL|FOLDER]

Audits every page of a web site, or of a folder with HTML and Markdown (default: this project's own
README.md and docs/), and writes report.html and report.json into the current folder.

  --once                  audit once and end (otherwise: now and every hour)
  --max-pages N           read about N pages at most (default 500)
  --external check|none   ask for links to other sites too, once each (default), or leave them out
  --fresh                 start over instead of going on with an unfinished audit
  --port N                serve a folder on this port (default: one that follows from the folder's path)
  --help                  show this`;

/** @throws UsageError for what can't be understood; `'help'` if that was asked for */
export function readArguments(args: readonly string[]): Request | 'help' {
  const { values, positionals } = parse(args);
  if (values.help === true) return 'help';
  if (positionals.length > 1)
    throw new UsageError(`Give one URL or folder, not ${positionals.length}: ${positionals.join(' ')}\n\n${usage}`);
  const external = values.external ?? 'check';
  if (external !== 'check' && external !== 'none')
    throw new UsageError(`--external is '${external}'; it must be 'check' or 'none'.`);
  const port = values.port === undefined ? null : wholeNumber('--port', values.port, 1, 65_535);
  return {
    site: siteOf(positionals[0] ?? null, port),
    once: values.once === true,
    fresh: values.fresh === true,
    external: external === 'check',
    maxPages: wholeNumber('--max-pages', values['max-pages'] ?? '500', 1, 100_000),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        once: { type: 'boolean' },
        fresh: { type: 'boolean' },
        external: { type: 'string' },
        'max-pages': { type: 'string' },
        port: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${usage}`);
  }
}

function wholeNumber(option: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new UsageError(`${option} is '${text}'; it must be a whole number from ${min} to ${max}.`);
}
