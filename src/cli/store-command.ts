/** A command that looks into a store, or tells it something, and ends. */

import { Command, Option } from 'commander';
import type { TaskManager } from '../index.js';
import { exitCodeOf } from './exit.js';
import { hushSqlite } from './hush-sqlite.js';
import { type Output, output } from './print/output.js';
import { chosenStore, missingFile, refuseMissing, shownUrl } from './store-url.js';

export interface About {
  readonly name: string;
  readonly summary: string;
  /** Below the summary in the help. */
  readonly details?: string;
  /** Command lines without `taskspan`. */
  readonly examples: readonly string[];
  /** Makes a store that isn't there. */
  readonly mayCreate?: boolean;
}

export interface Run {
  readonly manager: TaskManager;
  readonly out: Output;
  /** The store's URL, without a password. */
  readonly shownUrl: string;
}

type Action<TOptions> = (run: Run, args: readonly string[], options: TOptions) => Promise<number>;

/** Its own arguments and options are added by `declare`. @param act resolves with the exit code */
export function storeCommand<TOptions extends object>(
  about: About,
  declare: (command: Command) => Command,
  act: Action<TOptions>,
): Command {
  const command = new Command(about.name)
    .summary(about.summary)
    .description(`${sentence(about.summary)}${about.details === undefined ? '' : `\n\n${about.details}`}`);
  return declare(command)
    .addOption(
      new Option(
        '--url <url>',
        'where the jobs live, e.g. sqlite:./tasks.db (default: $TASKSPAN_URL, then .taskspan/dev.db)',
      ),
    )
    .option('--json', 'print JSON, and nothing else, on stdout')
    .addHelpText('after', `\nExamples:\n${about.examples.map((line) => `  taskspan ${line}`).join('\n')}`)
    .action(async (...given: unknown[]) => {
      const args = given
        .slice(0, -2)
        .flat()
        .filter((arg) => arg !== undefined) as string[];
      process.exitCode = await exitCodeOf(() => perform(about, command.opts<TOptions>(), args, act));
    });
}

async function perform<TOptions>(
  { mayCreate = false }: About,
  options: TOptions & { readonly url?: string; readonly json?: true },
  args: readonly string[],
  act: Action<TOptions>,
): Promise<number> {
  const out = output(options.json === true);
  const { url, source } = chosenStore(options.url, process.env.TASKSPAN_URL);
  if (source !== null) out.note(`taskspan: store ${shownUrl(url)} (${source})`);
  if (!mayCreate) refuseMissing(url);
  const isNew = missingFile(url) !== null;
  hushSqlite();
  const { TaskManager } = await import('../index.js');
  const manager = new TaskManager({ store: url, work: false });
  try {
    const exitCode = await act({ manager, out, shownUrl: shownUrl(url) }, args, options);
    if (isNew && missingFile(url) === null) out.note(`taskspan: ${shownUrl(url)} is a new store`);
    return exitCode;
  } finally {
    await manager.close();
  }
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
