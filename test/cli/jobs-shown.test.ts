/** Jobs and schedules, as `ls`, `show` and `schedule ls` print them. */
import { describe, expect, it } from 'vitest';
import { textWidth } from '../../src/cli/live/text.js';
import { nodeFindings } from '../../src/cli/node-version.js';
import { adviceFor, advised } from '../../src/cli/print/advice.js';
import { jobPage } from '../../src/cli/print/job-page.js';
import { jobTable, totals } from '../../src/cli/print/job-table.js';
import { jobJson, jsonable } from '../../src/cli/print/json.js';
import { scheduleJson, scheduleRow, scheduleTable } from '../../src/cli/print/schedule-table.js';
import { painter } from '../../src/cli/terminal.js';
import { type Counts, type JobSnapshot, recurrence, type ScheduleInfo, type WorkerRecord } from '../../src/index.js';

const now = Date.UTC(2030, 0, 1, 12);
const pipe = { now, width: Number.POSITIVE_INFINITY, paint: painter({}, {}), isColoured: false };
const narrow = { ...pipe, width: 80 };

const pending: JobSnapshot = {
  id: '0195f2a1-0001-7002-8003-3f2a91c45000',
  task: 'resize',
  queue: 'images',
  state: 'pending',
  reason: 'enqueued',
  placement: 'ready',
  parkedOn: null,
  input: { path: 'a.png', sizes: new Map([['s', 1]]) },
  result: undefined,
  errors: [],
  lastError: undefined,
  progress: 0,
  step: undefined,
  priority: 0,
  attempt: 0,
  maxAttempts: 3,
  labels: {},
  keys: [],
  cancelRequested: false,
  suspect: false,
  createdAt: now - 90_000,
  dueAt: now - 60_000,
  claimedAt: undefined,
  endedAt: undefined,
  schedule: undefined,
  parentId: undefined,
  generation: 1,
  rev: 1,
};
const error = {
  name: 'TypeError',
  message: 'no\u001b[2J such\nfile',
  stack: 'TypeError: no such\n    at mine (/app/tasks.ts:3:4)\n    at run (node:internal/x:1:1)',
  reason: 'threw',
  attempt: 2,
  at: now - 5_000,
} as const;
const failed: JobSnapshot = {
  ...pending,
  state: 'failed',
  reason: 'threw',
  placement: null,
  attempt: 3,
  claimedAt: now - 8_000,
  endedAt: now - 5_000,
  errors: [{ ...error, attempt: 1, at: now - 50_000 }, error, { ...error, attempt: 3 }],
  lastError: error,
};

/** Its second line, without the id. */
function row(job: Partial<JobSnapshot>): string {
  const [, line = ''] = jobTable([{ ...pending, ...job }], pipe);
  return line.slice(36).trim().replace(/ {2,}/g, ' | ');
}

describe('a row of ls', () => {
  it.each<[string, Partial<JobSnapshot>, string]>([
    ['that waits for a worker', {}, 'resize | images | pending | 0/3 | for 1m'],
    [
      'that is not due',
      { dueAt: now + 300_000, reason: 'snoozed' },
      'resize | images | pending | 0/3 | in 5m | snoozed',
    ],
    ['at a constraint', { parkedOn: 'group/key' }, 'resize | images | pending | 0/3 | for 1m | at group/key'],
    [
      'of a task that no worker has',
      { parkedOn: 'task:x' },
      'resize | images | pending | 0/3 | for 1m | no worker has had its task',
    ],
    [
      'that waits for its next try',
      { ...failed, state: 'pending', attempt: 1, dueAt: now + 9_000 },
      'resize | images | pending | 1/3 | in 9s | TypeError: no such ⏎ file',
    ],
    [
      'that runs',
      { state: 'running', claimedAt: now - 4_000, progress: 42.4, step: 'crop' },
      'resize | images | running | 0/3 | for 4s | 42 % · crop',
    ],
    [
      'that is asked to stop',
      { state: 'running', claimedAt: now, cancelRequested: true },
      'resize | images | running | 0/3 | for 0s | cancel requested',
    ],
    ['that failed', failed, 'resize | images | failed | 3/3 | 5s ago | TypeError: no such ⏎ file'],
    [
      'that was skipped',
      { state: 'completed', reason: 'skipped', endedAt: now - 1_000 },
      'resize | images | completed | 0/3 | 1s ago | skipped',
    ],
    ['that is tried without end', { maxAttempts: Infinity }, 'resize | images | pending | 0/∞ | for 1m'],
    ['that is suspended', { state: 'suspended', reason: 'suspended' }, 'resize | images | suspended | 0/3 | 1m30s ago'],
  ])('given a job %s', (_, job, expected) => {
    expect(row(job)).toBe(expected);
  });

  it('given 80 cells, when jobs have long names, then ids are short and no line is longer', () => {
    const long = { ...failed, task: 'a-task-with-quite-a-long-name', queue: 'a-queue-with-a-long-name' };
    const lines = jobTable([long, pending], narrow);
    expect(lines[1]).toMatch(/^3f2a91c4 {2}a-task/);
    for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(80);
  });

  it('given 80 cells, when all are in the default queue, then that column is left out', () => {
    expect(jobTable([{ ...pending, queue: 'default' }], narrow)[0]).not.toContain('QUEUE');
    expect(jobTable([pending], narrow)[0]).toContain('QUEUE');
  });

  it('given counts, then only states that occur are told, and whether the numbers are whole', () => {
    const none = { running: 0, suspended: 0, completed: 0, failed: 0, cancelled: 0, parked: 0, orphaned: 0 };
    const counts: Counts = { ...none, pending: 3, delayed: 2, failed: 1_200, exact: true };
    expect(totals(counts)).toBe('1,203 jobs: 3 pending (2 not due yet), 1,200 failed');
    expect(totals({ ...counts, exact: false })).toMatch(/^at least 1,203 jobs/);
    expect(totals({ ...none, pending: 0, delayed: 0, exact: true })).toBe('0 jobs');
  });
});

describe('the page of show', () => {
  const text = (job: Partial<JobSnapshot>): string => jobPage({ ...pending, ...job }, pipe).join('\n');

  it('given a failed job, then its errors are there, newest first, equal ones once, with people’s own frames', () => {
    const page = text({ ...failed, labels: { tenant: 'acme' }, keys: ['one/x'], generation: 2, priority: 7 });
    expect(page).toMatch(/^resize {2}0195f2a1-/);
    for (const part of ['failed (threw)', '3/3, retried by hand 1×', 'tenant=acme', 'one/x', 'took      3s']) {
      expect(page).toContain(part);
    }
    expect(page).toContain("{ path: 'a.png', sizes: Map(1) { 's' => 1 } }");
    expect(page.slice(page.indexOf('errors'))).toBe(
      [
        'errors',
        '  attempt 3, 5s ago, threw',
        '  TypeError: no such',
        '      at mine (/app/tasks.ts:3:4)',
        '',
        '  attempt 2, 5s ago, threw',
        '  the same',
        '',
        '  attempt 1, 50s ago, threw',
        '  the same',
      ].join('\n'),
    );
  });

  it('given an error without a stack, then its text is cleaned', () => {
    expect(text({ ...failed, errors: [{ ...error, stack: null }] })).toContain('TypeError: no such\n  file');
  });

  it('given a completed job, then its result is there; given one that runs, its progress', () => {
    expect(text({ state: 'completed', reason: 'completed', result: { bytes: 1 } })).toMatch(
      /result\n {2}\{ bytes: 1 \}$/,
    );
    expect(text({ state: 'running', progress: 12.5, step: 'crop', suspect: true })).toMatch(/progress.*13 % {2}crop/);
  });
});

describe('the JSON of a job', () => {
  it('given any state, then it has the same fields, and null where there is nothing', () => {
    const fields = (job: JobSnapshot): string[] => Object.keys(jsonable(jobJson(job)) as object);
    expect(fields(pending)).toEqual(fields(failed));
    expect(jsonable(jobJson({ ...pending, maxAttempts: Infinity }))).toMatchObject({
      result: null,
      endedAt: null,
      maxAttempts: null,
      createdAt: pending.createdAt,
      input: { path: 'a.png', sizes: [['s', 1]] },
    });
  });
});

describe('schedules', () => {
  const info: ScheduleInfo = {
    id: 'nightly',
    task: 'mail',
    queue: 'q',
    input: { to: 'x' },
    definitionVersion: 0,
    rule: recurrence({ cron: '0 2 * * *', timeZone: 'Europe/Berlin' }, now),
    nextAt: now + 7_200_000,
    firedCount: 4,
    lastJobId: 'j',
    lastSlot: now - 3_600_000,
    isTaskRegistered: false,
    preview: () => [],
  };
  const worker = { queues: ['q'], tasks: ['mail'] } as unknown as WorkerRecord;
  const elsewhere = { queues: ['other'], tasks: ['mail'] } as unknown as WorkerRecord;

  it('given a live worker for it, or none, then that shows', () => {
    const rows = [scheduleRow(info, [elsewhere, worker]), scheduleRow({ ...info, nextAt: undefined }, [elsewhere])];
    expect(scheduleTable(rows, pipe).map((line) => line.replace(/ {2,}/g, ' | '))).toEqual([
      'ID | TASK | RULE | ZONE | NEXT | LAST | OVERLAP | MISSED | WORKER',
      'nightly | mail | 0 2 * * * | Europe/Berlin | in 2h | 1h ago | skip | latest | yes',
      'nightly | mail | 0 2 * * * | Europe/Berlin | ended | 1h ago | skip | latest | none',
    ]);
    for (const line of scheduleTable(rows, narrow)) expect(textWidth(line)).toBeLessThanOrEqual(80);
  });

  it('given one that is overdue, or at an interval, then that shows', () => {
    const every = { ...info, rule: recurrence({ every: '90m' }, now), nextAt: now - 60_000 };
    expect(scheduleTable([scheduleRow(every, [])], pipe)[1]).toMatch(/every 1h30m .* due 1m ago/);
  });

  it('as JSON has what a program wants to know', () => {
    expect(scheduleJson(scheduleRow(info, []))).toMatchObject({
      id: 'nightly',
      hasWorker: false,
      rule: { kind: 'cron' },
    });
  });
});

describe('advice', () => {
  it('given each cause, then it names what to do, with the names of this job', () => {
    expect(adviceFor({ code: 'queue-paused', message: '', until: null }, pending)).toBe('taskspan resume images');
    expect(adviceFor({ code: 'ended', message: '', until: null }, failed)).toContain(`taskspan retry ${failed.id}`);
    expect(adviceFor({ code: 'next', message: '', until: null }, pending)).toBeNull();
    expect(adviceFor({ code: 'not-due', message: '', until: now }, pending)).toContain('2030-01-0');
  });

  it('given a name that a shell would take apart, then it is quoted', () => {
    const job = { ...pending, queue: "Ada's; rm -rf *" };
    const advice = (code: 'queue-paused' | 'queue-full'): string | null =>
      adviceFor({ code, message: '', until: null }, job);
    expect(advice('queue-paused')).toBe("taskspan resume 'Ada'\\''s; rm -rf *'");
    expect(advice('queue-full')).toContain("taskspan ls --queue 'Ada'\\''s; rm -rf *' --state running");
  });

  it('is set below what it is about', () => {
    expect(advised('It waits for this.', 'Do that then.', { ...narrow, width: 14 })).toEqual([
      '  It waits for',
      '  this.',
      '  → Do that',
      '    then.',
    ]);
  });
});

describe('a version of Node', () => {
  it.each([
    ['18.20.4', true],
    ['20.18.3', true],
    ['20.19.0', false],
    ['22.0.0', false],
    ['24.1.0', false],
  ])('%s is older than what taskspan is made for: %s', (version, isOld) => {
    expect(nodeFindings(version).map(({ code }) => code)).toEqual(isOld ? ['old-node'] : []);
  });
});
