/** Jobs as rows of a table. */

import type { Counts, JobSnapshot } from '../../index.js';
import { oneLine } from '../live/text.js';
import { type Paint, shortId, shownCount } from '../terminal.js';
import { type Column, table } from './table.js';
import { counted } from './text.js';
import { relative, span } from './when.js';

/** A terminal of fewer cells gets short ids. */
const ROOM_FOR_IDS = 120;

export interface TableOptions {
  readonly now: number;
  readonly width: number;
  readonly paint: Paint;
}

export function jobTable(jobs: readonly JobSnapshot[], { now, width, paint }: TableOptions): readonly string[] {
  const isNarrow = width < ROOM_FOR_IDS;
  const columns: Column<JobSnapshot>[] = [
    {
      title: 'ID',
      cell: ({ id }) => (isNarrow ? shortId(id) : id),
      paint: (text) => paint('dim', text),
    },
    { title: 'TASK', cell: ({ task }) => oneLine(task), min: 8 },
    { title: 'QUEUE', cell: ({ queue }) => oneLine(queue), min: 7 },
    { title: 'STATE', cell: ({ state }) => state, paint: (text, { state }) => paintState(paint, state, text) },
    { title: 'TRY', cell: attempts },
    { title: 'WHEN', cell: (job) => when(job, now) },
    { title: 'WHY', cell: why, min: 16 },
  ];
  // Of no interest where there is but one, and room is dear.
  const isOneQueue = isNarrow && jobs.every(({ queue }) => queue === 'default');
  return table(
    columns.filter(({ title }) => !(isOneQueue && title === 'QUEUE')),
    jobs,
    width,
  );
}

export function paintState(paint: Paint, state: JobSnapshot['state'], text: string): string {
  switch (state) {
    case 'completed':
      return paint('green', text);
    case 'failed':
      return paint('red', text);
    case 'running':
      return paint('bold', text);
    case 'suspended':
      return paint('yellow', text);
    case 'cancelled':
      return paint('dim', text);
    case 'pending':
      return text;
  }
}

export function attempts({ attempt, maxAttempts }: JobSnapshot): string {
  return `${attempt}/${maxAttempts === Infinity ? '∞' : maxAttempts}`;
}

function when({ state, dueAt, createdAt, claimedAt, endedAt }: JobSnapshot, now: number): string {
  switch (state) {
    case 'pending':
      return dueAt > now ? relative(dueAt, now) : `for ${span(now - dueAt)}`;
    case 'running':
      return `for ${span(now - (claimedAt ?? now))}`;
    case 'suspended':
      return relative(createdAt, now);
    default:
      return relative(endedAt ?? now, now);
  }
}

/** The most telling thing about it: what went wrong, what it waits for, how far it is. */
function why(job: JobSnapshot): string {
  const { state, reason, parkedOn, cancelRequested, progress, step, lastError } = job;
  const error = lastError === undefined ? '' : oneLine(`${lastError.name}: ${lastError.message}`);
  switch (state) {
    case 'running':
      if (cancelRequested) return 'cancel requested';
      return [progress > 0 ? `${Math.round(progress)} %` : '', oneLine(step ?? '')]
        .filter((part) => part !== '')
        .join(' · ');
    case 'pending':
      if (parkedOn?.startsWith('task:')) return 'no worker has had its task';
      if (parkedOn?.startsWith('reader:')) return 'needs a newer taskspan';
      if (parkedOn !== null) return `at ${oneLine(parkedOn)}`;
      if (error !== '') return error;
      return reason === 'enqueued' ? '' : reason;
    case 'failed':
      return error === '' ? reason : error;
    default:
      return reason === state ? '' : reason;
  }
}

/** `12 jobs: 3 pending (2 not due yet), 9 completed`. */
export function totals(counts: Counts): string {
  const { pending, running, suspended, completed, failed, cancelled } = counts;
  const states = { pending, running, suspended, completed, failed, cancelled };
  const all = Object.values(states).reduce((sum, n) => sum + n, 0);
  const parts = Object.entries(states)
    .filter(([, n]) => n > 0)
    .map(([state, n]) => `${shownCount(n)} ${state}${state === 'pending' ? places(counts) : ''}`);
  return `${counts.exact ? '' : 'at least '}${counted(all, 'job')}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`;
}

function places({ delayed, parked, orphaned }: Counts): string {
  const parts = [
    [delayed, 'not due yet'],
    [parked, 'at a constraint'],
    [orphaned, 'without a worker'],
  ] as const;
  const shown = parts.filter(([n]) => n > 0).map(([n, what]) => `${shownCount(n)} ${what}`);
  return shown.length === 0 ? '' : ` (${shown.join(', ')})`;
}
