/** Processes that stand still for longer than their leases, and go on as if nothing had been. */

import { setTimeout as sleep } from 'node:timers/promises';
import { taskRef } from 'taskspan';
import { describe, expect, it } from 'vitest';
import { LEASE_MS, Machine } from './machine.js';

describe('a worker that stands still', () => {
  it('given SIGSTOP for three leases, when another worker completed its jobs and it goes on, then its own ends are refused and its signal is aborted', async () => {
    const machine = new Machine();
    // The job stops its own process: at an instant at which the process surely doesn't hold the lock of the file.
    const a = await machine.worker('a', { tasks: { watch: 'waits', freeze: 'stops', own: 'works' } });
    const watch = await machine.manager.enqueue(taskRef('watch'));
    await machine.line({ what: 'started', job: watch.id });
    const freeze = await machine.manager.enqueue(taskRef('freeze'));
    const stopped = await machine.line({ what: 'started', job: freeze.id });
    await machine.worker('b', { tasks: { watch: 'works', freeze: 'works' } });
    const completedByB = await Promise.all([machine.ended(watch.id), machine.ended(freeze.id)]);
    await sleep(stopped.at + 3 * LEASE_MS - Date.now());
    expect(machine.journal.of({ worker: 'a', what: 'lost' })).toEqual([]);
    a.send('SIGCONT');

    await machine.line({ worker: 'a', what: 'lost', job: freeze.id });
    await machine.line({ worker: 'a', what: 'lost', job: watch.id });
    expect(machine.journal.of({ what: 'aborted' })).toMatchObject([
      { worker: 'a', job: watch.id, code: 'LEASE_LOST', name: 'LeaseLostError' },
    ]);
    await expectToGoOn(machine);
    for (const job of completedByB) {
      expect(job).toMatchObject({ state: 'completed', result: { by: 'b' }, attempt: 1, suspect: true });
      expect(await machine.job(job.id)).toEqual(job);
      expect(machine.journal.of({ job: job.id, what: 'started' }).map(({ worker }) => worker)).toEqual(['a', 'b']);
      expect(machine.journal.of({ job: job.id, what: 'completed' }).map(({ worker }) => worker)).toEqual(['b']);
      expect(machine.journal.of({ job: job.id, what: 'lost' }).map(({ worker }) => worker)).toEqual(['a']);
    }
    expect(machine.journal.of({ what: 'error' })).toEqual([]);
  }, 40_000);

  it('given a busy loop longer than the lease, when another worker took the job over, then the late end is refused', async () => {
    const machine = new Machine();
    await machine.worker('a', { tasks: { hash: 'blocks', own: 'works' } });
    const hash = await machine.manager.enqueue(taskRef('hash'));
    await machine.line({ what: 'started', job: hash.id });
    await machine.worker('b', { tasks: { hash: 'works' } });
    const completedByB = await machine.ended(hash.id);
    expect(machine.journal.of({ worker: 'a', what: 'lost' })).toEqual([]);
    machine.release();

    await machine.line({ worker: 'a', what: 'lost', job: hash.id });
    await expectToGoOn(machine);
    expect(completedByB).toMatchObject({ state: 'completed', result: { by: 'b' }, attempt: 1, suspect: true });
    expect(await machine.job(hash.id)).toEqual(completedByB);
    expect(machine.journal.of({ what: 'completed', job: hash.id }).map(({ worker }) => worker)).toEqual(['b']);
    expect(machine.journal.of({ what: 'lost', job: hash.id }).length).toBe(1);
    expect(machine.journal.of({ what: 'error' })).toEqual([]);
  }, 40_000);
});

/** Worker `a` runs jobs as before. */
async function expectToGoOn(machine: Machine): Promise<void> {
  const { id } = await machine.manager.enqueue(taskRef('own'));
  expect(await machine.ended(id)).toMatchObject({ state: 'completed', result: { by: 'a' }, attempt: 1 });
}
