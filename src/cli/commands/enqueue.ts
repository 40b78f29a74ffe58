/** `taskspan enqueue TASK [INPUT]`: makes a job, and may wait for its result. */

import { text as textOf } from 'node:stream/consumers';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { durationMs } from '../../core/duration.js';
import { TaskspanError } from '../../core/errors.js';
import type { EnqueueOptions, JobHandle, JobSnapshot } from '../../index.js';
import { FAILED } from '../exit.js';
import { labelOption } from '../filter.js';
import { parseInput } from '../json-input.js';
import { harmless } from '../live/text.js';
import { doubtOf } from '../misspelt.js';
import { shownValue } from '../print/job-page.js';
import { jobJson } from '../print/json.js';
import { moment } from '../print/when.js';
import { UsageError } from '../settings.js';
import { onSignals } from '../signals.js';
import { type Run, storeCommand } from '../store-command.js';

interface Options {
  readonly queue?: string;
  readonly in?: number;
  readonly at?: string;
  readonly priority?: number;
  readonly attempts?: number;
  readonly label?: Readonly<Record<string, string>>;
  readonly idempotencyKey?: string;
  readonly unique?: string;
  readonly replace?: true;
  readonly wait?: true;
  readonly timeout?: number;
}

export function enqueueCommand(): Command {
  return storeCommand<Options>(
    {
      name: 'enqueue',
      summary: 'make a job of a task, and print its id',
      details:
        'INPUT is JSON, or - to read JSON from stdin. A store that is not there yet is made. The task is known here by its name only: neither its schema nor its settings are looked at.',
      examples: [
        `enqueue hello '{"name": "Ada"}' --wait`,
        'enqueue resize - --queue images --label tenant=acme < input.json',
        'enqueue report --in 2h --idempotency-key report-17',
      ],
      mayCreate: true,
    },
    (command) =>
      command
        .argument('<TASK>', 'its name')
        .argument('[INPUT]', 'JSON, or - for stdin (default: no input)')
        .option('--queue <name>', "the task's own, where that isn't 'default'")
        .addOption(new Option('--in <duration>', 'due in this long: 250ms, 10s, 5m, 1h, 7d').argParser(duration))
        .option('--at <date>', 'due at 2030-01-31T18:00 or on 2030-01-31, local time unless it ends in Z or +01:00')
        .addOption(new Option('--priority <n>', 'larger runs first (default: 0)').argParser(integer))
        .addOption(new Option('--attempts <n>', 'tries in all (default: 3)').argParser(integer))
        .addOption(labelOption('may be given several times'))
        .option('--idempotency-key <key>', 'the same key with the same input is the same job')
        .option('--unique <key>', 'no second job while one under this key has not ended')
        .option('--replace', 'with --unique: a waiting job takes over this input and due time')
        .option('--wait', 'wait for the result and print it; exit 1 if the job fails')
        .addOption(new Option('--timeout <duration>', 'with --wait: how long; the job goes on').argParser(duration)),
    enqueue,
  );
}

async function enqueue(run: Run, [task = '', given]: readonly string[], options: Options): Promise<number> {
  if (options.replace === true && options.unique === undefined)
    throw new UsageError('--replace goes with --unique KEY.');
  if (options.timeout !== undefined && options.wait !== true) throw new UsageError('--timeout goes with --wait.');
  const input = await inputOf(given);
  const { taskRef } = await import('../../index.js');
  const handle = await run.manager.enqueue(taskRef(task, { queue: options.queue }), input, enqueueOptions(options));
  if (!handle.isNew) run.out.note('taskspan: that job is there already');
  const doubt = doubtOf(task, options.queue ?? 'default', await run.manager.workers());
  if (doubt !== null) console.error(`taskspan: ${doubt}`);
  if (options.wait === true) return wait(run, handle, options.timeout);
  if (run.out.isJson) await run.out.json({ id: handle.id, isNew: handle.isNew });
  else await run.out.lines([handle.id]);
  return 0;
}

async function inputOf(given: string | undefined): Promise<unknown> {
  if (given === undefined) return undefined;
  return given === '-' ? parseInput(await textOf(process.stdin), 'stdin') : parseInput(given, 'INPUT');
}

function enqueueOptions(options: Options): EnqueueOptions {
  const { in: delay, at, priority, attempts, label, idempotencyKey, unique, replace } = options;
  return {
    in: delay,
    at: at === undefined ? undefined : moment(at, '--at'),
    priority,
    attempts,
    labels: label,
    idempotencyKey,
    unique: unique === undefined ? undefined : { key: unique, onConflict: replace === true ? 'replace' : 'keep' },
  };
}

async function wait({ manager, out }: Run, handle: JobHandle, timeout: number | undefined): Promise<number> {
  const { id } = handle;
  const asked = new AbortController();
  let exitCode: number | null = null;
  onSignals(
    (code) => {
      exitCode = code;
      asked.abort();
    },
    (code) => process.exit(code),
  );
  // Not before: who reads it may answer with a signal.
  out.note(`taskspan: waiting for ${id}`);
  try {
    const result = await handle.result({ timeout, signal: asked.signal });
    if (out.isJson) await out.json(await outcomeOf(id));
    else if (typeof result === 'string') await out.lines([out.isTerminal ? harmless(result) : result]);
    else if (result !== undefined) await out.lines(shownValue(result, out));
    return 0;
  } catch (error) {
    if (exitCode !== null) {
      out.note(`taskspan: the job goes on; look at it with: taskspan show ${id}`);
      return exitCode;
    }
    if (!(error instanceof TaskspanError)) throw error;
    console.error(`taskspan: ${harmless(error.message)}`);
    if (out.isJson) await out.json(await outcomeOf(id));
    return FAILED;
  }

  async function outcomeOf(id: string): Promise<object> {
    const job: JobSnapshot | undefined = await manager.get(id);
    return { isNew: handle.isNew, ...(job === undefined ? { id } : jobJson(job)) };
  }
}

function integer(text: string): number {
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Write a whole number.');
}

function duration(text: string): number {
  try {
    return durationMs(text, 'It');
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}
