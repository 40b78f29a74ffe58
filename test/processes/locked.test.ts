/** Several processes that all want to write to one file. */

import { setTimeout as sleep } from 'node:timers/promises';
import { taskRef } from 'taskspan';
import { describe, expect, it } from 'vitest';
import { Machine } from './machine.js';

describe('workers of one file', () => {
  it('given three at work, when another process holds the write lock for seconds, then all wait, nobody hears of it, and each job runs once', async () => {
    const machine = new Machine();
    const names = ['a', 'b', 'c'];
    const settings = { tasks: { resize: 'works' }, leaseMs: 30_000, workMs: 20 } as const;
    await Promise.all(names.map((name) => machine.worker(name, settings)));
    const ids: string[] = [];
    const enqueue = async (count: number): Promise<void> => {
      const jobs = await machine.manager.enqueueMany(taskRef('resize'), Array(count).fill({}), { attempts: 1 });
      ids.push(...jobs.map(({ id }) => id));
    };
    await enqueue(2_000);
    await machine.until('each at its work', () => {
      return names.every((worker) => machine.journal.of({ worker, what: 'completed' }).length > 10);
    });
    const other = await machine.connect();
    let isLocked = true;
    await machine.until('the lock', () => isDone(() => other.exec('BEGIN IMMEDIATE')));
    const enqueued = enqueue(100).then(() => isLocked);
    await sleep(3_000);
    const before = await machine.manager.count();
    isLocked = false;
    other.exec('COMMIT');
    expect(await enqueued).toBe(false);
    expect(before.completed).toBeLessThan(2_000);
    await machine.until('the end of all', async () => (await machine.manager.count()).completed === 2_100);

    expect(machine.journal.of({ what: 'error' })).toEqual([]);
    expect(machine.journal.of({ what: 'started' }).length).toBe(2_100);
    expect(
      machine.journal
        .of({ what: 'completed' })
        .map(({ job }) => job!)
        .sort(),
    ).toEqual(ids.sort());
    for (const { attempt, suspect } of await machine.jobs())
      expect({ attempt, suspect }).toEqual({ attempt: 1, suspect: false });
  }, 60_000);
});

/** Whether it could be done: the lock may be somebody else's just now. */
function isDone(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (/locked|busy/i.test(String(error))) return false;
    throw error;
  }
}
