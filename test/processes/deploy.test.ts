/** Processes that come and go as in a deploy: no job pays for it. */

import { taskRef } from 'taskspan';
import { describe, expect, it } from 'vitest';
import { stores } from './stores.js';

describe.each(stores)('a rolling deploy on %s', (_, machineForTest) => {
  it('given an old worker that lacks a task, when a new one has it, then all its jobs complete there, on their first attempt', async () => {
    const machine = await machineForTest();
    await machine.worker('old', { tasks: { letter: 'works' } });
    const add = () => machine.manager.enqueueMany(taskRef('invoice'), Array(100).fill(undefined), { attempts: 1 });
    const parked = await add();
    await machine.until('the old worker to set them aside', async () => {
      return (await machine.manager.count()).orphaned === parked.length;
    });
    await machine.worker('new', { tasks: { letter: 'works', invoice: 'works' } });
    const invoices = [...parked, ...(await add())];
    const letters = await machine.manager.enqueueMany(taskRef('letter'), Array(50).fill(undefined), { attempts: 1 });

    const all = [...invoices, ...letters];
    await machine.until('the ends of all', async () => (await machine.manager.count()).completed === all.length);
    for (const { id } of invoices) {
      expect(await machine.job(id)).toMatchObject({
        state: 'completed',
        result: { by: 'new' },
        attempt: 1,
        errors: [],
      });
    }
    for (const { id } of letters) expect(await machine.job(id)).toMatchObject({ state: 'completed', attempt: 1 });
    expect(machine.journal.of({ what: 'started' }).length).toBe(all.length);
    expect(machine.journal.of({ what: 'error' })).toEqual([]);
  }, 40_000);

  it('given running jobs, when SIGTERM closes their worker, then what ends in time completes, the rest is given back at no attempt, and another completes it', async () => {
    const machine = await machineForTest();
    const old = await machine.worker('old', {
      tasks: { quick: 'obeys', careful: 'waits', stubborn: 'ignores' },
      concurrency: 3,
      closeMs: 1_000,
    });
    const [quick, careful, stubborn] = [
      await machine.manager.enqueue(taskRef('quick'), undefined, { attempts: 1 }),
      await machine.manager.enqueue(taskRef('careful'), undefined, { attempts: 1 }),
      await machine.manager.enqueue(taskRef('stubborn'), undefined, { attempts: 1 }),
    ];
    for (const { id } of [quick, careful, stubborn]) await machine.line({ what: 'started', job: id });
    const waiting = await machine.manager.enqueue(taskRef('quick'), undefined, { attempts: 1 });
    old.send('SIGTERM');
    await machine.line({ what: 'closing' });
    machine.release();
    expect(await old.ended).toBe(0);

    const line = { worker: 'old' };
    expect(machine.journal.of({ ...line, what: 'closed' }).length).toBe(1);
    expect(machine.journal.of({ ...line, what: 'aborted' })).toMatchObject([
      { job: careful.id, code: 'SHUTTING_DOWN' },
    ]);
    expect(machine.journal.of({ ...line, what: 'completed' }).map(({ job }) => job)).toEqual([quick.id]);
    expect(await machine.job(quick.id)).toMatchObject({ state: 'completed', result: { by: 'old' }, attempt: 1 });
    for (const { id } of [careful, stubborn]) {
      const job = await machine.job(id);
      expect(job).toMatchObject({ state: 'pending', reason: 'released', attempt: 0, suspect: false, errors: [] });
    }
    expect(await machine.job(waiting.id)).toMatchObject({ state: 'pending', reason: 'enqueued', attempt: 0 });
    expect(await machine.manager.workers()).toEqual([]);

    await machine.worker('new', { tasks: { quick: 'works', careful: 'works', stubborn: 'works' } });
    for (const { id } of [careful, stubborn, waiting]) {
      const job = await machine.ended(id);
      expect(job).toMatchObject({ state: 'completed', result: { by: 'new' }, attempt: 1, suspect: false });
    }
    expect(machine.journal.of({ what: 'error' })).toEqual([]);
  }, 40_000);
});
