/** Processes that die by `kill -9`: nothing that was acknowledged is lost, and nothing is done again without need. */

import { taskRef } from 'taskspan';
import { describe, expect, it } from 'vitest';
import type { Line } from './journal.js';
import { type Child, Machine } from './machine.js';
import type { Result } from './settings.js';

describe('workers that are killed with kill -9', () => {
  it('given 5,000 jobs and two workers, when they are killed 20 times in the middle of their work, then each job completes, once, and starts no more', async () => {
    const machine = new Machine();
    const attempts = 5;
    const settings = { tasks: { resize: 'works' }, workMs: 10 } as const;
    const workers: Child[] = ['a', 'b'].map((name) => machine.launch(name, settings));
    const ids: string[] = [];
    for (let kill = 0; kill < 20; kill++) {
      const inputs = Array.from({ length: 250 }, (_, i) => ({ image: ids.length + i }));
      ids.push(...(await machine.manager.enqueueMany(taskRef('resize'), inputs, { attempts })).map(({ id }) => id));
      const victim = workers[kill % 2]!;
      await machine.until('a victim in the middle of its work', () => isBusy(machine.journal.of({ pid: victim.pid })));
      victim.send('SIGKILL');
      expect(await victim.ended).toBe('SIGKILL');
      workers[kill % 2] = machine.launch('ab'[kill % 2]!, settings);
    }
    await machine.until('the end of all', async () => (await machine.manager.count()).completed === ids.length);

    const jobs = await machine.jobs();
    expect(jobs.map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect(jobs.filter(({ state }) => state !== 'completed')).toEqual([]);
    expect(jobs.filter(({ attempt }) => attempt < 1 || attempt > attempts)).toEqual([]);
    const runs = runsOf(machine.journal.read());
    expect(runs.size).toBe(ids.length);
    expect(jobs.filter(({ id }) => runs.get(id)!.starts.length > attempts + 1)).toEqual([]);
    expect(jobs.filter(({ id }) => runs.get(id)!.completions > 1)).toEqual([]);
    // The result says which run completed the job: none came after it.
    const late = jobs.filter(({ id, result }) => runs.get(id)!.starts.at(-1) !== (result as Result).run);
    expect(late.map(({ id, result }) => ({ id, result, ...runs.get(id) }))).toEqual([]);
    expect([...runs.values()].filter((run) => run.isStartedAfterCompletion)).toEqual([]);
    expect(machine.journal.of({ what: 'error' })).toEqual([]);
    // Otherwise nothing was put to the test.
    expect([...runs.values()].filter(({ starts }) => starts.length > 1).length).toBeGreaterThanOrEqual(20);
  }, 90_000);

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
  const ended = life.filter(({ what }) => what === 'completed').length;
  return started >= 20 && started > ended;
}

interface Runs {
  /** The run of each start, in their order. */
  readonly starts: string[];
  /** How often a worker heard that the store took its completion. */
  completions: number;
  isStartedAfterCompletion: boolean;
}

function runsOf(lines: readonly Line[]): Map<string, Runs> {
  const runs = new Map<string, Runs>();
  for (const { what, job, run } of lines) {
    if (job === undefined) continue;
    const known = runs.get(job) ?? { starts: [], completions: 0, isStartedAfterCompletion: false };
    runs.set(job, known);
    if (what === 'completed') known.completions += 1;
    if (what !== 'started') continue;
    known.starts.push(run!);
    if (known.completions > 0) known.isStartedAfterCompletion = true;
  }
  return runs;
}
