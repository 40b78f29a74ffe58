/** A disk that is full for a while: everybody is told, nothing is lost, and all goes on by itself. */

import { setTimeout as sleep } from 'node:timers/promises';
import { TaskManager, taskRef } from 'taskspan';
import { describe, expect, it } from 'vitest';
import { Disk } from './disk.js';
import { LEASE_MS, Machine } from './machine.js';

const IS_FULL = {
  code: 'STORE_FAILED',
  message: expect.stringContaining('the disk is full; nothing of the call was written. Free some space'),
};

describe('a disk that is full', () => {
  it('given a worker at work, when the disk is full for a while, then enqueue says what to do, no job pays for it, and all goes on by itself', async (context) => {
    const disk = Disk.forTest(context);
    const machine = new Machine(disk.folder);
    const worker = await machine.worker('a', { tasks: { held: 'obeys', resize: 'works' }, leaseMs: 30_000 });
    const held = await machine.manager.enqueue(taskRef('held'), undefined, { attempts: 1 });
    await machine.line({ what: 'started', job: held.id });
    const acknowledged = [held.id];
    const enqueue = async (): Promise<void> => {
      acknowledged.push((await machine.manager.enqueue(taskRef('resize'), 'x'.repeat(1_000), { attempts: 1 })).id);
    };
    await enqueue();
    disk.fill(20_000);
    // Until the last page is taken.
    await expect(repeated(enqueue)).rejects.toMatchObject(IS_FULL);
    disk.fill();
    // Its end can't be written now.
    machine.release();
    await machine.line({ worker: 'a', what: 'error' });
    const fullFor = sleep(2_000);
    for (let i = 0; i < 10; i++) await expect(enqueue()).rejects.toMatchObject(IS_FULL);
    await fullFor;
    const db = await machine.connect();
    expect(db.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    const complaints = machine.journal.of({ what: 'error' });
    expect(complaints.filter(({ message }) => !message!.includes('Free some space'))).toEqual([]);
    // Ever more seldom, not in a hot loop.
    expect(complaints.length).toBeLessThan(40);
    expect(machine.journal.of({ what: 'completed', job: held.id })).toEqual([]);

    disk.clear();
    await enqueue();
    for (const id of acknowledged) {
      expect(await machine.ended(id)).toMatchObject({ state: 'completed', attempt: 1, errors: [], suspect: false });
      expect(machine.journal.of({ what: 'started', job: id }).length).toBe(1);
    }
    expect((await machine.jobs()).map(({ id }) => id).sort()).toEqual(acknowledged.sort());
    expect(machine.journal.of({ what: 'ready' }).map(({ pid }) => pid)).toEqual([worker.pid]);
    expect(db.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  }, 60_000);

  it('given a running job, when the disk is full for longer than its lease, then it is given up there, and completes at no attempt when there is space', async (context) => {
    const disk = Disk.forTest(context);
    const machine = new Machine(disk.folder);
    const worker = await machine.worker('a', { tasks: { watch: 'waits' } });
    const { id } = await machine.manager.enqueue(taskRef('watch'), undefined, { attempts: 1 });
    await machine.line({ what: 'started', job: id });
    disk.fill();
    await machine.line({ what: 'aborted', job: id, code: 'LEASE_LOST' });
    await sleep(2 * LEASE_MS);
    disk.clear();
    const again = await machine.until('its second start', () => machine.journal.of({ what: 'started', job: id })[1]);
    expect(again).toMatchObject({ pid: worker.pid, attempt: 1 });
    expect(await machine.job(id)).toMatchObject({ state: 'running', attempt: 1, suspect: true, errors: [] });
    await machine.manager.cancel(id);
    expect(await machine.ended(id)).toMatchObject({ state: 'cancelled' });
  }, 60_000);

  it('given no space at all, or hardly any, when a store is opened there, then start says what to do, and works once there is space', async (context) => {
    const disk = Disk.forTest(context);
    for (const leaveBytes of [0, 8_192, 40_960, 122_880]) {
      disk.fill(leaveBytes);
      const manager = new TaskManager({ store: `sqlite:${disk.folder}/${leaveBytes}.db`, work: false });
      await expect(manager.start(), `${leaveBytes} bytes`).rejects.toMatchObject(IS_FULL);
      disk.clear();
      await manager.start();
      expect((await manager.enqueue(taskRef('later'))).isNew).toBe(true);
      await manager.close();
    }
  });
});

/** Calls it until it rejects. */
async function repeated(call: () => Promise<void>): Promise<never> {
  for (;;) await call();
}
