/** What a doctor concludes from what was seen. */
import { describe, expect, it } from 'vitest';
import type { WorkerRecord } from '../../src/index.js';
import { type DueJobs, findingsOf, inOrder, type SeenSchedule, type Sight } from '../../src/manager/diagnosis.js';
import { noCounts } from '../../src/store/index.js';

const now = Date.UTC(2030, 0, 1);

const worker: WorkerRecord = {
  id: 'w1',
  name: 'host:17',
  startedAt: now - 60_000,
  seenAt: now - 3_000,
  queues: ['images'],
  tasks: ['resize'],
  concurrency: 10,
  running: 1,
};
const due: DueJobs = { queue: 'images', task: 'resize', jobs: 3, isPaused: false, reader: null };
const schedule: SeenSchedule = {
  id: 'nightly',
  task: 'resize',
  queue: 'images',
  nextAt: now + 60_000,
  isReadable: true,
};
const well: Sight = {
  now,
  clockDoubtMs: 0,
  storeNow: null,
  counts: { ...noCounts(), exact: true },
  workers: [worker],
  due: [],
  isDueWhole: true,
  overdueLeases: [],
  schedules: [],
  corrupt: [],
};

/** Severity and code of each. */
function found(sight: Partial<Sight>): readonly string[] {
  return findingsOf({ ...well, ...sight }).map(({ severity, code }) => `${severity} ${code}`);
}

function messages(sight: Partial<Sight>): string {
  return findingsOf({ ...well, ...sight })
    .map(({ message, fix }) => `${message} ${fix}`)
    .join('\n');
}

describe('a diagnosis', () => {
  it.each<[string, Partial<Sight>, readonly string[]]>([
    ['all well', { due: [due], schedules: [schedule] }, []],
    ['no worker, and nothing to do', { workers: [] }, ['note no-worker']],
    ['no worker, and due jobs', { workers: [], due: [due] }, ['problem no-worker']],
    ['no worker, and a schedule', { workers: [], schedules: [schedule] }, ['warning no-worker']],
    [
      'no worker, and a schedule that has ended',
      { workers: [], schedules: [{ ...schedule, nextAt: null }] },
      ['note no-worker'],
    ],
    ['jobs of a task that no worker has', { due: [{ ...due, task: 'crop' }] }, ['problem unknown-task']],
    ['jobs in a queue that nobody serves', { due: [{ ...due, queue: 'mail' }] }, ['problem unknown-task']],
    ['jobs of a newer version', { due: [{ ...due, reader: 'reader:2' }] }, ['problem newer-record']],
    ['a paused queue where jobs wait', { due: [{ ...due, isPaused: true }] }, ['warning queue-paused']],
    ['a lease that has just ended', { overdueLeases: [4_000] }, []],
    ['a lease that ended long ago, though workers are alive', { overdueLeases: [70_000] }, ['problem lease-over']],
    [
      'a lease that ended, and no worker',
      { workers: [], overdueLeases: [4_000] },
      ['note no-worker', 'problem lease-over'],
    ],
    [
      'a schedule whose task no worker has',
      { schedules: [{ ...schedule, task: 'crop' }] },
      ['warning schedule-without-worker'],
    ],
    [
      'a schedule that is over a minute late',
      { schedules: [{ ...schedule, nextAt: now - 61_000 }] },
      ['problem schedule-late'],
    ],
    ['a schedule that is about to fire', { schedules: [{ ...schedule, nextAt: now - 59_000 }] }, []],
    [
      'a schedule that can not be read',
      { schedules: [{ ...schedule, isReadable: false, nextAt: null }] },
      ['problem schedule-corrupt'],
    ],
    ['corrupt records', { corrupt: ['a', 'b'] }, ['warning corrupt-records']],
    ['a store whose clock is near', { storeNow: now + 1_900 }, []],
    ['a store whose clock is ahead', { storeNow: now + 2_100 }, ['warning clock-skew']],
    ['a worker seen in the future', { workers: [{ ...worker, seenAt: now + 5_000 }] }, ['warning clock-stepped']],
  ])('given %s', (_, sight, expected) => {
    expect(found(sight)).toEqual(expected);
  });

  it('given names that a shell would take apart, then the commands quote them', () => {
    expect(messages({ due: [{ ...due, task: '$(crop)', queue: 'a b' }] })).toContain(
      "taskspan cancel --task '$(crop)' --queue 'a b'",
    );
    expect(messages({ due: [{ ...due, queue: 'a b', task: "it's" }] })).toContain("--task 'it'\\''s' --queue");
    expect(
      messages({
        due: [
          { ...due, queue: 'images', isPaused: true },
          { ...due, queue: '', isPaused: true },
        ],
      }),
    ).toMatch(/taskspan resume images\b.*taskspan resume ''/s);
    const odd = { ...schedule, id: 'each & all' };
    expect(messages({ schedules: [{ ...odd, task: 'crop' }] })).toContain("schedule rm 'each & all'");
    expect(messages({ schedules: [{ ...odd, isReadable: false }] })).toContain("(taskspan schedule rm 'each & all')");
    expect(messages({ corrupt: ['a;b'] })).toContain("(taskspan show 'a;b')");
  });

  it('given findings, then each says how many, of what, and what to do', () => {
    expect(messages({ due: [{ ...due, task: 'crop', jobs: 1 }] })).toBe(
      "1 due job of task 'crop' waits in queue 'images', and none of the 1 live worker has that task. Start a worker that has it, or cancel them: taskspan cancel --task crop --queue images",
    );
    expect(messages({ due: [{ ...due, queue: 'mail' }], isDueWhole: false })).toMatch(
      /^at least 3 due jobs of task 'resize' wait in queue 'mail', and those who have that task serve only images\./,
    );
    expect(
      messages({
        due: [
          { ...due, isPaused: true },
          { ...due, task: 'crop', isPaused: true },
        ],
      }),
    ).toContain("Queue 'images' is paused, and 6 due jobs wait there. Let it go on: taskspan resume images");
    const many = { ...noCounts(), pending: 9_000, delayed: 500, exact: true };
    expect(messages({ workers: [], due: [due], isDueWhole: false, counts: many })).toMatch(
      /^No worker is alive, and at least 8,500 due jobs wait\./,
    );
    expect(messages({ storeNow: now - 3_000 })).toContain("3.0 s behind this machine's");
    expect(messages({ corrupt: ['a'] })).toContain('1 job failed because what is stored of it');
  });

  it('given findings of all severities, when they are put in order, then problems come first', () => {
    const findings = findingsOf({ ...well, workers: [], corrupt: ['a'], overdueLeases: [1] });
    expect(inOrder(findings).map(({ severity }) => severity)).toEqual(['problem', 'warning', 'note']);
  });
});
