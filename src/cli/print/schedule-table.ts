/** Schedules as rows of a table. */

import type { Recurrence, ScheduleInfo, WorkerRecord } from '../../index.js';
import { oneLine } from '../live/text.js';
import { shownDuration } from '../terminal.js';
import type { TableOptions } from './job-table.js';
import { type Column, table } from './table.js';
import { relative, stamp } from './when.js';

/** A terminal of fewer cells shows no policies. */
const ROOM_FOR_POLICIES = 100;

export interface ScheduleRow extends ScheduleInfo {
  /** Whether a live worker can run its jobs. */
  readonly hasWorker: boolean;
}

export function scheduleRow(schedule: ScheduleInfo, workers: readonly WorkerRecord[]): ScheduleRow {
  const { task, queue } = schedule;
  const hasWorker = workers.some((worker) => worker.tasks.includes(task) && worker.queues.includes(queue));
  return { ...schedule, hasWorker };
}

export function scheduleTable(rows: readonly ScheduleRow[], { now, width, paint }: TableOptions): readonly string[] {
  const columns: readonly Column<ScheduleRow>[] = [
    { title: 'ID', cell: ({ id }) => oneLine(id) },
    { title: 'TASK', cell: ({ task }) => oneLine(task), min: 8 },
    { title: 'RULE', cell: ({ rule }) => ruleText(rule) },
    { title: 'ZONE', cell: ({ rule }) => (rule.kind === 'cron' ? rule.timeZone : ''), min: 8 },
    { title: 'NEXT', cell: ({ nextAt }) => (nextAt === undefined ? 'ended' : nextText(nextAt, now)) },
    { title: 'LAST', cell: ({ lastSlot }) => (lastSlot === undefined ? 'never' : relative(lastSlot, now)) },
    { title: 'OVERLAP', cell: ({ rule }) => rule.overlap },
    { title: 'MISSED', cell: ({ rule }) => rule.missed },
    {
      title: 'WORKER',
      cell: ({ hasWorker }) => (hasWorker ? 'yes' : 'none'),
      paint: (text, { hasWorker }) => paint(hasWorker ? 'green' : 'yellow', text),
    },
  ];
  // Policies are looked up seldom, and --json has them.
  const isNarrow = width < ROOM_FOR_POLICIES;
  return table(
    columns.filter(({ title }) => !(isNarrow && (title === 'OVERLAP' || title === 'MISSED'))),
    rows,
    width,
  );
}

function ruleText(rule: Recurrence): string {
  switch (rule.kind) {
    case 'at':
      return `at ${stamp(rule.at)}`;
    case 'every':
      return `every ${shownDuration(rule.everyMs).replace(/(?<=[hm])0[ms]$/, '')}`;
    case 'cron':
      return rule.cron;
  }
}

function nextText(nextAt: number, now: number): string {
  return nextAt > now ? relative(nextAt, now) : `due ${relative(nextAt, now)}`;
}

/** What `--json` prints of it. */
export function scheduleJson({ preview: _, isTaskRegistered: __, ...fields }: ScheduleRow): object {
  return fields;
}
