/** `taskspan cancel` and `taskspan retry`: of jobs by their ids, or of all that match. */

import type { Command } from 'commander';
import { TaskspanError } from '../../core/errors.js';
import type { JobState } from '../../core/job.js';
import type { JobQuery } from '../../index.js';
import { isConfirmed } from '../confirm.js';
import { FAILED } from '../exit.js';
import { type FilterOptions, isRestricted, queryOf, withFilters } from '../filter.js';
import { missingJob, wholeIds } from '../ids.js';
import { counted } from '../print/text.js';
import { UsageError } from '../settings.js';
import { type Run, storeCommand } from '../store-command.js';
import { shortId } from '../terminal.js';

interface Options extends FilterOptions {
  readonly all?: true;
  readonly dryRun?: true;
  readonly yes?: true;
}

interface Action {
  readonly name: 'cancel' | 'retry';
  /** States that it can change. */
  readonly from: readonly JobState[];
  /** What a filter without `--state` means. */
  readonly byDefault: readonly JobState[];
  readonly past: string;
  /** What a job in another state is told. */
  readonly refusal: string;
}

const cancel: Action = {
  name: 'cancel',
  from: ['pending', 'running', 'suspended'],
  byDefault: ['pending', 'running', 'suspended'],
  past: 'cancelled',
  refusal: 'it has ended',
};

const retry: Action = {
  name: 'retry',
  from: ['failed', 'cancelled', 'completed'],
  byDefault: ['failed'],
  past: 'retried',
  refusal: 'it has not ended',
};

export function cancelCommand(): Command {
  return actCommand(cancel, 'cancel jobs: at once those that wait, by their signal those that run', [
    'cancel 3f2a91c4',
    'cancel --task resize --label tenant=acme --dry-run',
    'cancel --queue mail --state pending --yes',
  ]);
}

export function retryCommand(): Command {
  return actCommand(retry, 'run failed jobs again, with all their attempts', [
    'retry 3f2a91c4',
    'retry --task resize --since 2h --dry-run',
    'retry --queue mail --state failed,cancelled --yes',
  ]);
}

function actCommand(action: Action, summary: string, examples: readonly string[]): Command {
  return storeCommand<Options>(
    {
      name: action.name,
      summary,
      details:
        'Give ids, or options that choose jobs. By options, a terminal asks before more than 10 jobs are changed; elsewhere --yes is needed.',
      examples,
    },
    (command) =>
      withFilters(command.argument('[ID...]', 'the jobs'), `default: ${action.byDefault.join(',')}`)
        .option('--all', 'needed where no option chooses')
        .option('--dry-run', 'only say how many')
        .option('-y, --yes', "don't ask"),
    (run, ids, options) => {
      const query = queryOf(options, Date.now());
      const isChosen = isRestricted(query) || options.all === true;
      if (ids.length > 0 && (isChosen || options.dryRun === true))
        throw new UsageError(`give ids, or options that choose jobs; not both.`);
      if (ids.length > 0) return byIds(action, run, ids);
      if (isChosen) return byFilter(action, run, query, options);
      throw new UsageError(`${action.name} which jobs? Give ids, options that choose jobs, or --all.`);
    },
  );
}

interface Answer {
  readonly id: string;
  /** `asked`: it runs, and is asked by its signal. */
  readonly outcome: 'done' | 'asked' | 'unchanged' | 'refused' | 'missing';
  /** That it was in. */
  readonly state: JobState | null;
}

async function byIds(action: Action, run: Run, given: readonly string[]): Promise<number> {
  // All before the first is changed: one that could be several is a mistake, and then nothing is done.
  const ids = await wholeIds(run.manager, given);
  const answers: Answer[] = [];
  for (const [i, text] of given.entries()) answers.push(await actOn(action, run, ids[i] ?? null, text));
  const changed = answers.filter(({ outcome }) => outcome === 'done' || outcome === 'asked').length;
  if (run.out.isJson) await run.out.json({ action: action.name, changed, jobs: answers });
  else {
    for (const answer of answers) {
      const line = sentenceOf(action, answer);
      if (isFailure(answer)) console.error(`taskspan: ${line}`);
      else await run.out.lines([line]);
    }
  }
  return answers.some(isFailure) ? FAILED : 0;
}

async function actOn(action: Action, { manager }: Run, id: string | null, text: string): Promise<Answer> {
  const job = id === null ? undefined : await manager.get(id);
  if (job === undefined) return { id: text, outcome: 'missing', state: null };
  const { state } = job;
  if (action.name === 'cancel' && state === 'cancelled') return { id: job.id, outcome: 'unchanged', state };
  if (!action.from.includes(state)) return { id: job.id, outcome: 'refused', state };
  try {
    const isDone = (await manager[action.name](job.id)) > 0;
    return { id: job.id, outcome: !isDone ? 'refused' : state === 'running' ? 'asked' : 'done', state };
  } catch (error) {
    // It changed, or went, since it was looked at.
    if (error instanceof TaskspanError && error.code === 'JOB_STATE') return { id: job.id, outcome: 'refused', state };
    if (error instanceof TaskspanError && error.code === 'JOB_GONE')
      return { id: text, outcome: 'missing', state: null };
    throw error;
  }
}

function isFailure({ outcome }: Answer): boolean {
  return outcome === 'refused' || outcome === 'missing';
}

function sentenceOf({ name, past, refusal }: Action, { id, outcome, state }: Answer): string {
  switch (outcome) {
    case 'done':
      return `${id} ${past}`;
    case 'asked':
      return `${id} runs; it is asked to stop`;
    case 'unchanged':
      return `${id} was ${state} already`;
    case 'refused':
      return `can't ${name} ${shortId(id)}: ${refusal} (${state}).`;
    case 'missing':
      return missingJob(id);
  }
}

async function byFilter(action: Action, { manager, out }: Run, query: JobQuery, options: Options): Promise<number> {
  const { name, from, byDefault, past } = action;
  const states = (query.state ?? byDefault) as readonly JobState[];
  const wrong = states.find((state) => !from.includes(state));
  if (wrong !== undefined) throw new UsageError(`can't ${name} ${wrong} jobs; ${name} takes ${from.join(', ')}.`);
  const chosen: JobQuery = { ...query, state: states };
  const counts = await manager.count(chosen);
  const matched = states.reduce((sum, state) => sum + counts[state], 0);
  const shown = `${counts.exact ? '' : 'at least '}${counted(matched, 'job')}`;
  const isDry = options.dryRun === true;
  if (isDry || matched === 0) {
    if (out.isJson) await out.json({ action: name, matched, exact: counts.exact, changed: 0 });
    else await out.lines([matched === 0 ? `no job matches (${states.join(', ')})` : `${shown} would be ${past}`]);
    return 0;
  }
  const question = `${name === 'cancel' ? 'Cancel' : 'Retry'} ${shown} (${states.join(', ')})?`;
  if (!(await isConfirmed({ question, jobs: matched, isYes: options.yes === true }))) {
    out.note('taskspan: nothing was changed');
    return FAILED;
  }
  const changed = await manager[name](chosen);
  if (out.isJson) await out.json({ action: name, matched, exact: counts.exact, changed });
  else
    await out.lines([
      `${counted(changed, 'job')} ${past}${name === 'cancel' && counts.running > 0 ? '; those that run are asked to stop' : ''}`,
    ]);
  return 0;
}
