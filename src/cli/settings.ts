/** What `dev` and `worker` are told: one declaration of their arguments and options. */

import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { durationMs } from '../core/duration.js';
import { wholeNumber } from '../core/options.js';

/** Plain data: `dev` sends it to its child. */
export interface Settings {
  readonly command: 'dev' | 'worker';
  readonly version: string;
  /** Absolute. */
  readonly file: string;
  /** As it was given, for messages. */
  readonly shownFile: string;
  /** What came after `--`. */
  readonly args: readonly string[];
  readonly url: string | null;
  /** On the command line, and not just in the environment. */
  readonly isUrlGiven: boolean;
  readonly concurrency: number | null;
  readonly timeoutMs: number;
}

/** Called wrongly: printed without a stack, exit code 2. */
export class UsageError extends Error {}

interface About {
  readonly name: Settings['command'];
  readonly version: string;
  readonly summary: string;
  readonly description: string;
  /** The default of `--timeout`. */
  readonly timeout: string;
}

/** @param run ends with the command's exit code */
export function fileCommand(
  { name, version, summary, description, timeout }: About,
  run: (settings: Settings) => Promise<number>,
): Command {
  return new Command(name)
    .description(description)
    .summary(summary)
    .usage('[options] FILE [-- args]')
    .argument(
      '<FILE>',
      'exports tasks (alone, in arrays or records), constraint groups, or a TaskManager; its default export is called',
    )
    .argument('[args...]', 'after `--`: passed to the default export')
    .addOption(
      new Option('--url <url>', 'where the jobs live, e.g. sqlite:./tasks.db').env('TASKSPAN_URL').argParser(nonEmpty),
    )
    .addOption(new Option('--concurrency <n>', 'jobs that run here at once (default: 10)').argParser(concurrency))
    .addOption(
      new Option(
        '--timeout <duration>',
        'on the first signal: how long running jobs may take to end before they are given back',
      )
        .default(durationMs(timeout, '--timeout'), timeout)
        .argParser(duration),
    )
    .action(async (file: string, args: string[], _options: unknown, command: Command) => {
      const options = command.opts<{ url?: string; concurrency?: number; timeout: number }>();
      const settings: Settings = {
        command: name,
        version,
        file: resolve(file),
        shownFile: file,
        args,
        url: options.url ?? null,
        isUrlGiven: command.getOptionValueSource('url') === 'cli',
        concurrency: options.concurrency ?? null,
        timeoutMs: options.timeout,
      };
      process.exit(isFile(settings.file) ? await run(settings) : missing(file));
    });
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

function missing(file: string): number {
  console.error(`taskspan: there is no file '${file}'.`);
  return 2;
}

function nonEmpty(text: string): string {
  if (text === '') throw new InvalidArgumentError('It is empty.');
  return text;
}

function concurrency(text: string): number {
  return checked(() => wholeNumber(Number(text), '--concurrency', 1, 100_000));
}

function duration(text: string): number {
  return checked(() => durationMs(/^\d+$/.test(text) ? Number(text) : text, '--timeout'));
}

function checked<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}
