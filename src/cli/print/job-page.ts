/** All that is known of one job, on a page. */

import { inspect } from 'node:util';
import type { JobError, JobSnapshot } from '../../index.js';
import { harmless, oneLine } from '../live/text.js';
import { type Paint, shownDuration } from '../terminal.js';
import { attempts, paintState } from './job-table.js';
import { relative, stamp } from './when.js';

export interface PageOptions {
  readonly now: number;
  readonly width: number;
  readonly isColoured: boolean;
  readonly paint: Paint;
}

/** Values of a stored job may be long; a page shows what a person reads. */
const MOST_ITEMS = 200;
const MOST_CHARACTERS = 20_000;
const READABLE_WIDTH = 100;

export function jobPage(job: JobSnapshot, options: PageOptions): readonly string[] {
  const { paint } = options;
  const fields = fieldsOf(job, options).filter(([, value]) => value !== '');
  const widest = Math.max(...fields.map(([name]) => name.length));
  return [
    `${paint('bold', oneLine(job.task))}  ${job.id}`,
    ...fields.map(([name, value]) => `  ${paint('dim', name.padEnd(widest))}  ${value}`),
    ...section('input', shownValue(job.input, options), options),
    ...(job.state === 'completed' ? section('result', shownValue(job.result, options), options) : []),
    ...(job.errors.length === 0 ? [] : section('errors', errorLines(job.errors, options), options)),
  ];
}

/** As people read it, with dates, maps and the like named. */
export function shownValue(
  value: unknown,
  { width, isColoured }: Pick<PageOptions, 'width' | 'isColoured'>,
): readonly string[] {
  if (value === undefined) return ['none'];
  return inspect(value, {
    depth: 20,
    colors: isColoured,
    maxArrayLength: MOST_ITEMS,
    maxStringLength: MOST_CHARACTERS,
    breakLength: Math.min(width, READABLE_WIDTH) - 4,
  }).split('\n');
}

function fieldsOf(job: JobSnapshot, { now, paint }: PageOptions): readonly (readonly [string, string])[] {
  const { state, reason, labels, keys, schedule, progress, step } = job;
  const at = (time: number | undefined): string =>
    time === undefined ? '' : `${stamp(time)}  ${paint('dim', relative(time, now))}`;
  const notes = [
    reason === state || reason === 'claimed' ? '' : reason,
    job.cancelRequested && state === 'running' ? 'cancel requested' : '',
    job.suspect ? 'suspect: a worker that ran it disappeared' : '',
  ].filter((note) => note !== '');
  const isUnderWay = state === 'running' && (progress > 0 || step !== undefined);
  return [
    ['state', `${paintState(paint, state, state)}${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`],
    ['queue', oneLine(job.queue)],
    ['attempt', `${attempts(job)}${job.generation > 1 ? `, retried by hand ${job.generation - 1}×` : ''}`],
    ['priority', job.priority === 0 ? '' : String(job.priority)],
    ['progress', isUnderWay ? [`${Math.round(progress)} %`, oneLine(step ?? '')].join('  ').trimEnd() : ''],
    ['created', at(job.createdAt)],
    ['due', state === 'pending' || state === 'suspended' ? at(job.dueAt) : ''],
    ['started', at(job.claimedAt)],
    ['ended', at(job.endedAt)],
    ['took', tookOf(job)],
    ['waits at', job.parkedOn === null ? '' : oneLine(job.parkedOn)],
    ['keys', keys.map(oneLine).join(', ')],
    [
      'labels',
      Object.entries(labels)
        .map(([name, value]) => oneLine(`${name}=${value}`))
        .join(', '),
    ],
    ['schedule', schedule === undefined ? '' : `${oneLine(schedule.id)}, slot ${stamp(schedule.slot)}`],
    ['parent', job.parentId ?? ''],
  ];
}

function tookOf({ claimedAt, endedAt }: JobSnapshot): string {
  return claimedAt === undefined || endedAt === undefined || endedAt < claimedAt
    ? ''
    : shownDuration(endedAt - claimedAt);
}

function section(title: string, lines: readonly string[], { paint }: PageOptions): readonly string[] {
  return ['', paint('bold', title), ...lines.map((line) => `  ${line}`.trimEnd())];
}

/** Newest first; a stack that says what the one above said is not said again. */
function errorLines(errors: readonly JobError[], { now, paint }: PageOptions): readonly string[] {
  const texts = errors.map(({ name, message, stack }) => harmless(stack ?? `${name}: ${message}`));
  return errors
    .flatMap(({ reason, attempt, at }, i): readonly (readonly string[])[] => {
      const title = paint('dim', `attempt ${attempt}, ${relative(at, now)}, ${reason}`);
      if (texts[i] === texts[i + 1]) return [[title, 'the same']];
      return [[title, ...ownFrames(texts[i] as string).map((line) => (isFrame(line) ? paint('dim', line) : line))]];
    })
    .reverse()
    .flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]));
}

/** Without what Node and taskspan do around people's own code, unless there is nothing else. */
function ownFrames(stack: string): readonly string[] {
  const lines = stack.split('\n');
  const isForeign = (line: string): boolean =>
    isFrame(line) && (/node:internal|\/taskspan\/dist\//.test(line) || line.includes(ownFolder));
  const own = lines.filter((line) => !isForeign(line));
  return own.some(isFrame) ? own : lines;
}

function isFrame(line: string): boolean {
  return /^\s+at /.test(line);
}

/** Of the package that runs this. */
const ownFolder = new URL('..', import.meta.url).pathname;
