/** Processes that die by `kill -9`: nothing that was acknowledged is lost, and nothing is done again without need. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type JobSnapshot, taskRef } from 'taskspan';
import { VirtualTime } from 'taskspan/testing';
import { describe, expect, it } from 'vitest';
import { audit } from '../stores/sqlite-audit.js';
import type { Line } from './journal.js';
import { type Child, Machine } from './machine.js';
import type { Result } from './settings.js';

/** Of the moments of the kills. */
const SEED = Number(process.env.TASKSPAN_SEED ?? 20260101);

describe('workers that are killed with kill -9', () => {
  it('given 20,000 jobs and two workers, when they are killed 100 times at random moments, then each job ends once, starts no more than it may, and the file is sound', async () => {
    const machine = new Machine();
    const attempts = 5;
    const settings = {
      tasks: { resize: 'works', broken: 'throws' },
      workMs: 5,
      concurrency: 4,
      isKeyed: true,
    } as const;
    const workers: Child[] = ['a', 'b'].map((name) => machine.launch(name, settings));
    const { random32 } = new VirtualTime({ seed: SEED }).host;
    const random = (below: number): number => random32() % below;
    const ids = new Set<string>();
    for (let kill = 0; kill < 100; kill++) {
      for (const { id } of await machine.manager.enqueueMany(taskRef('resize'), Array(140).fill({}), { attempts }))
        ids.add(id);
      const keyed = Array.from({ length: 40 }, () => ({ key: `${random(10)}` }));
      for (const { id } of await machine.manager.enqueueMany(taskRef('resize'), keyed, { attempts })) ids.add(id);
      for (const { id } of await machine.manager.enqueueMany(taskRef('broken'), Array(20).fill({}), { attempts: 1 }))
        ids.add(id);
      const victim = workers[kill % 2]!;
      // Most while they work; every tenth while it starts, or as it happens.
      if (kill % 10 !== 9) {
        // Or the other one, which was there first, has left nothing to do.
        const isIdle = async (): Promise<boolean> => (await machine.manager.count()).pending === 0;
        await machine.until(
          'a victim at its work',
          async () => isBusy(machine.journal.life(victim.pid)) || (await isIdle()),
        );
      }
      await sleep(random(200));
      victim.send('SIGKILL');
      expect(await victim.ended).toBe('SIGKILL');
      workers[kill % 2] = machine.launch('ab'[kill % 2]!, settings);
    }
    await machine.until(
      'the end of all',
      async () => {
        const { completed, failed } = await machine.manager.count();
        return completed + failed === ids.size;
      },
      90_000,
    );

    const jobs = await machine.jobs();
    expect(ids.size).toBe(20_000);
    expect(new Set(jobs.map(({ id }) => id))).toEqual(ids);
    const runs = runsOf(machine.journal.read());
    const wrong = (is: (job: JobSnapshot, runs: Runs) => boolean): readonly unknown[] =>
      jobs.filter((job) => is(job, runs.get(job.id)!)).map((job) => ({ ...job, ...runs.get(job.id) }));
    expect(wrong(({ task, state, reason }) => !isExpectedEnd(task, state, reason))).toEqual([]);
    expect(wrong(({ maxAttempts }, { starts }) => starts.length > maxAttempts + 1)).toEqual([]);
    expect(wrong((_, { ends }) => ends > 1)).toEqual([]);
    expect(wrong((_, { isStartedAfterEnd }) => isStartedAfterEnd)).toEqual([]);
    // The result says which run completed the job: none came after it.
    expect(wrong(({ result }, { starts }) => result !== undefined && starts.at(-1) !== (result as Result).run)).toEqual(
      [],
    );
    expect(machine.journal.of({ what: 'error' })).toEqual([]);
    // Otherwise nothing was put to the test.
    expect([...runs.values()].filter(({ starts }) => starts.length > 1).length).toBeGreaterThanOrEqual(100);
    await expectSoundFile(machine);
  }, 240_000);

  it('given a job that kills its process each time, when its worker is restarted, then it fails after its attempts, and 200 neighbours lose none', async () => {
    const machine = new Machine();
    const before = await machine.manager.enqueueMany(taskRef('convert'), Array(100).fill(undefined), { attempts: 1 });
    const poison = await machine.manager.enqueue(taskRef('poison'), undefined, { attempts: 3 });
    const after = await machine.manager.enqueueMany(taskRef('convert'), Array(100).fill(undefined), { attempts: 1 });

    const starts = machine.supervise('a', { tasks: { convert: 'works', poison: 'dies' } });
    const failed = await machine.ended(poison.id);
    await machine.until('the ends of its neighbours', async () => (await machine.manager.count()).completed === 200);

    expect(failed).toMatchObject({ state: 'failed', reason: 'lease-expired', attempt: 3, suspect: true });
    expect(failed.errors.map(({ reason, attempt }) => [reason, attempt])).toEqual([
      ['lease-expired', 1],
      ['lease-expired', 2],
      ['lease-expired', 3],
    ]);
    // The first death costs nothing, because a neighbour might have been the cause.
    expect(machine.journal.of({ what: 'started', task: 'poison' }).map(({ attempt }) => attempt)).toEqual([1, 1, 2, 3]);
    expect(starts()).toBe(5);
    for (const { id } of [...before, ...after]) {
      expect(await machine.job(id)).toMatchObject({ state: 'completed', attempt: 1, errors: [] });
    }
  }, 40_000);
});

describe('producers that are killed with kill -9', () => {
  it('given a job was acknowledged, when its producer is killed at once, then the job is there, and runs', async () => {
    const machine = new Machine();
    const producers = [1, 2, 40].map((count) => machine.producer('resize', count));
    for (const producer of producers) expect(await producer.ended).toBe('SIGKILL');
    const acknowledged = machine.journal.of({ what: 'acknowledged' }).map(({ job }) => job!);
    expect(acknowledged.length).toBe(43);
    expect(await machine.manager.count()).toMatchObject({ pending: 43, running: 0, completed: 0 });

    await machine.worker('a', { tasks: { resize: 'works' } });
    for (const id of acknowledged) expect(await machine.ended(id)).toMatchObject({ state: 'completed', attempt: 1 });
    expect((await machine.jobs()).length).toBe(43);
  }, 40_000);
});

/** It has run some jobs in its life, so that it prefetches, and runs one now. */
function isBusy(life: readonly Line[]): boolean {
  const started = life.filter(({ what }) => what === 'started').length;
  const ended = life.filter(({ what }) => what === 'completed' || what === 'failed').length;
  return started >= 20 && started > ended;
}

/** Who is killed as a suspect too often fails of that, whatever the task does. */
function isExpectedEnd(task: string, state: string, reason: string): boolean {
  if (state === 'failed') return reason === 'lease-expired' || (task === 'broken' && reason === 'threw');
  return task === 'resize' && state === 'completed';
}

/** Nothing is left over of what the killed ones held: no claim, no waiter, no count that disagrees with the jobs. */
async function expectSoundFile(machine: Machine): Promise<void> {
  const db = await machine.connect();
  expect(db.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  const kept = ['claims', 'waits', 'orphans'].map((table) => `SELECT '${table}' FROM ${table}`);
  expect(db.all(kept.join(' UNION ALL '))).toEqual([]);
  expect(db.all('SELECT * FROM keys WHERE running <> 0')).toEqual([]);
  audit((sql) => db.all(sql));
}

interface Runs {
  /** The run of each start, in their order. */
  readonly starts: string[];
  /** How often a worker heard that the store took an end of it. */
  ends: number;
  isStartedAfterEnd: boolean;
}

function runsOf(lines: readonly Line[]): Map<string, Runs> {
  const runs = new Map<string, Runs>();
  for (const { what, job, run } of lines) {
    if (job === undefined) continue;
    const known = runs.get(job) ?? { starts: [], ends: 0, isStartedAfterEnd: false };
    runs.set(job, known);
    if (what === 'completed' || what === 'failed') known.ends += 1;
    if (what !== 'started') continue;
    known.starts.push(run!);
    if (known.ends > 0) known.isStartedAfterEnd = true;
  }
  return runs;
}
