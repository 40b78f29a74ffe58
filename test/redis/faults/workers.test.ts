/** Processes that work on Redis and die, and such whose clocks are wrong. */

import { type JobSnapshot, taskRef } from 'taskspan';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LEASE_MS, Machine } from '../../processes/machine.js';
import { run } from '../../processes/program.js';
import type { Result } from '../../processes/settings.js';
import { audit } from '../audit.js';
import { type RedisServer, startRedis } from '../servers/index.js';

const TEN_MINUTES = 600_000;

describe('worker processes on Redis', () => {
  it('given a job that kills its process each time, when its worker is restarted, then it fails after its attempts, and its neighbours lose none', async () => {
    const { machine } = await machineForTest();
    const before = await machine.manager.enqueueMany(taskRef('convert'), Array(100).fill(undefined), { attempts: 1 });
    const poison = await machine.manager.enqueue(taskRef('poison'), undefined, { attempts: 2 });
    const after = await machine.manager.enqueueMany(taskRef('convert'), Array(100).fill(undefined), { attempts: 1 });
    machine.supervise('a', { tasks: { convert: 'works', poison: 'dies' } });
    const failed = await machine.ended(poison.id);
    await machine.until('the ends of its neighbours', async () => (await machine.manager.count()).completed === 200);
    expect(failed).toMatchObject({ state: 'failed', reason: 'lease-expired', attempt: 2, suspect: true });
    // The first death costs nothing, because a neighbour might have been the cause.
    expect(machine.journal.of({ what: 'started', task: 'poison' }).map(({ attempt }) => attempt)).toEqual([1, 1, 2]);
    for (const { id } of [...before, ...after]) {
      expect(await machine.job(id)).toMatchObject({ state: 'completed', attempt: 1, errors: [] });
    }
  }, 40_000);

  it('given two workers and jobs with and without keys, when they are killed 12 times, then each job ends once, and the keys agree', async () => {
    const { machine, server } = await machineForTest();
    const settings = { tasks: { resize: 'works' }, workMs: 5, concurrency: 4, isKeyed: true } as const;
    const workers = ['a', 'b'].map((name) => machine.launch(name, settings));
    const ids = new Set<string>();
    const inputs = Array.from({ length: 40 }, (_, i) => (i % 3 === 0 ? { key: `${i % 7}` } : {}));
    const enqueue = () => machine.manager.enqueueMany(taskRef('resize'), inputs, { attempts: 5 });
    for (let kill = 0; kill < 12; kill++) {
      const { pid } = workers[kill % 2]!;
      const starts = () => machine.journal.life(pid).filter(({ what }) => what === 'started').length;
      await machine.until('a victim at its work', async () => {
        if (starts() > kill % 5) return true;
        // The other one may have done all of it.
        const { pending } = await machine.manager.count();
        if (pending < 20) for (const { id } of await enqueue()) ids.add(id);
        return false;
      });
      workers[kill % 2]!.send('SIGKILL');
      await workers[kill % 2]!.ended;
      workers[kill % 2] = machine.launch('ab'[kill % 2]!, settings);
    }
    const isDone = async (): Promise<boolean> => {
      const { completed, failed } = await machine.manager.count();
      return completed + failed === ids.size;
    };
    await machine.until('the end of all', isDone, 60_000);
    const jobs = await machine.jobs();
    expect(new Set(jobs.map(({ id }) => id))).toEqual(ids);
    const startsOf = new Map<string, string[]>();
    for (const { job, run } of machine.journal.of({ what: 'started' }))
      startsOf.set(job!, [...(startsOf.get(job!) ?? []), run!]);
    const wrong = (is: (job: JobSnapshot, starts: string[]) => boolean): readonly JobSnapshot[] =>
      jobs.filter((job) => is(job, startsOf.get(job.id)!));
    expect(wrong(({ state, reason }) => state !== 'completed' && reason !== 'lease-expired')).toEqual([]);
    expect(wrong(({ maxAttempts }, starts) => starts.length > maxAttempts + 1)).toEqual([]);
    // The result says which run completed the job: none came after it.
    expect(wrong(({ result }, starts) => result !== undefined && starts.at(-1) !== (result as Result).run)).toEqual([]);
    expect(machine.journal.of({ what: 'error' })).toEqual([]);
    for (const worker of workers) {
      worker.send('SIGTERM');
      await worker.ended;
    }
    await machine.manager.close();
    await audit(server.url);
  }, 90_000);

  it.each([
    ['stands still (SIGSTOP)', 'stops'],
    ['blocks its event loop', 'blocks'],
  ] as const)(
    'given a worker on Redis that %s for longer than its lease, when another completed its job and it goes on, then its end is refused, and it works on',
    async (_, behaviour) => {
      const { machine } = await machineForTest();
      const a = await machine.worker('a', { tasks: { late: behaviour, own: 'works' } });
      const { id } = await machine.manager.enqueue(taskRef('late'));
      await machine.line({ what: 'started', job: id });
      await machine.worker('b', { tasks: { late: 'works' } });
      const ended = await machine.ended(id);
      expect(machine.journal.of({ worker: 'a', what: 'lost' })).toEqual([]);
      if (behaviour === 'stops') a.send('SIGCONT');
      else machine.release();
      await machine.line({ worker: 'a', what: 'lost', job: id });
      const own = await machine.manager.enqueue(taskRef('own'));
      expect(await machine.ended(own.id)).toMatchObject({ state: 'completed', result: { by: 'a' } });
      expect(ended).toMatchObject({ state: 'completed', result: { by: 'b' }, attempt: 1, suspect: true });
      expect(await machine.job(id)).toEqual(ended);
    },
    40_000,
  );

  it('given workers whose clocks are ten minutes ahead and behind, when jobs are due and one of them dies, then leases and due times go by the clock of the server', async () => {
    const { machine } = await machineForTest();
    const tasks = { resize: 'works', held: 'waits' } as const;
    const ahead = await machine.worker('ahead', { tasks, clockAheadMs: TEN_MINUTES });
    const held = await machine.manager.enqueue(taskRef('held'), undefined, { attempts: 1 });
    await machine.line({ what: 'started', job: held.id, worker: 'ahead' });
    await machine.worker('behind', { tasks, clockAheadMs: -TEN_MINUTES, schedule: { task: 'resize', everyMs: 300 } });
    const later = await machine.manager.enqueueMany(taskRef('resize'), Array(20).fill(undefined), { in: 1_500 });
    for (const { id } of later) {
      const { dueAt, claimedAt, attempt } = (await machine.ended(id)) as JobSnapshot & { claimedAt?: number };
      const started = machine.journal.of({ what: 'started', job: id });
      expect(started.length).toBe(1);
      expect(started[0]!.at).toBeGreaterThanOrEqual(Number(dueAt) - 1);
      expect(Number(claimedAt ?? dueAt)).toBeGreaterThanOrEqual(Number(dueAt));
      expect(attempt).toBe(1);
    }
    // Its lease holds, though by the other clock it had ended long ago.
    expect(machine.journal.of({ what: 'started', job: held.id }).length).toBe(1);
    expect(machine.journal.of({ what: 'lost' })).toEqual([]);
    const diedAt = Date.now();
    ahead.send('SIGKILL');
    const again = await machine.line({ what: 'started', job: held.id, worker: 'behind' });
    expect(again.at - diedAt).toBeLessThan(LEASE_MS + 5_000);
    const slots = machine.journal.of({ what: 'started', worker: 'behind', task: 'resize' });
    expect(slots.length).toBeGreaterThan(3);
  }, 40_000);
});

it('given a manager on Redis, when it is stopped or closed while starting, twice, or in a handler, then that settles, and the process ends by itself', async () => {
  const server = await startRedis({ config: { appendonly: true, appendfsync: 'always' } });
  onTestFinished(() => server.stop());
  const settings = { folder: null, url: server.url };
  const { code, stdout, stderr } = await run(new URL('../../processes/endings.mjs', import.meta.url), settings);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(Object.keys(JSON.parse(stdout) as object).length).toBe(6);
}, 40_000);

async function machineForTest(): Promise<{ server: RedisServer; machine: Machine }> {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  return { server, machine: new Machine(undefined, server.url) };
}
