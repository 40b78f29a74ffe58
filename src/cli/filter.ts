/** The options that choose jobs, alike in all commands. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { groupOfKey, valueOfKey } from '../core/constraint.js';
import type { JobState } from '../core/job.js';
import { nearest } from '../core/options.js';
import type { JobQuery } from '../index.js';
import { pastMoment } from './print/when.js';
import { UsageError } from './settings.js';

export interface FilterOptions {
  readonly queue?: string;
  readonly task?: string;
  readonly state?: readonly JobState[];
  readonly label?: Readonly<Record<string, string>>;
  readonly schedule?: string;
  readonly parent?: string;
  readonly key?: string;
  readonly since?: string;
  readonly before?: string;
}

const states: readonly JobState[] = ['pending', 'running', 'suspended', 'completed', 'failed', 'cancelled'];

/** @param stateHelp what leaving `--state` out means */
export function withFilters(command: Command, stateHelp: string): Command {
  return command
    .option('--queue <name>', 'of this queue')
    .option('--task <name>', 'of this task')
    .addOption(
      new Option('--state <state>', `${states.join(', ')}; several with commas (${stateHelp})`).argParser(addStates),
    )
    .addOption(labelOption('with this label; may be given several times'))
    .option('--schedule <id>', 'made by this schedule')
    .option('--parent <id>', 'enqueued by this job')
    .option('--key <group/key>', 'under this constraint key')
    .option('--since <time>', 'enqueued since: 2h (ago), or a date, local time')
    .option('--before <time>', 'enqueued before: 2h (ago), or a date, local time');
}

export function labelOption(help: string): Option {
  return new Option('--label <name=value>', help).argParser(addLabel);
}

/** @throws UsageError */
export function queryOf(options: FilterOptions, now: number): JobQuery {
  const { queue, task, state, label, schedule, parent, key, since, before } = options;
  return {
    queue,
    task,
    state,
    labels: label,
    schedule,
    parent,
    constraint: key === undefined ? undefined : constraintOf(key),
    createdAfter: since === undefined ? undefined : pastMoment(since, '--since', now),
    createdBefore: before === undefined ? undefined : pastMoment(before, '--before', now),
  };
}

export function isRestricted(query: JobQuery): boolean {
  return Object.values(query).some((value) => value !== undefined);
}

function constraintOf(key: string): { readonly group: string; readonly key: string } {
  try {
    if (/^[^/]+\/./.test(key)) return { group: groupOfKey(key), key: valueOfKey(key) };
  } catch {
    // A percent sign that begins no escape.
  }
  throw new UsageError(`--key is '${key}'; write GROUP/KEY, as 'taskspan show' prints it.`);
}

function addStates(text: string, earlier: readonly JobState[] = []): readonly JobState[] {
  const names = text.split(',').map((name) => name.trim());
  for (const name of names) {
    if ((states as readonly string[]).includes(name)) continue;
    const near = nearest(name, states);
    throw new InvalidArgumentError(
      `'${name}' is no state. ${near === null ? `States are ${states.join(', ')}.` : `Did you mean ${near}?`}`,
    );
  }
  return [...new Set([...earlier, ...(names as JobState[])])];
}

function addLabel(text: string, earlier: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const at = text.indexOf('=');
  if (at <= 0) throw new InvalidArgumentError('Write name=value.');
  return { ...earlier, [text.slice(0, at)]: text.slice(at + 1) };
}
