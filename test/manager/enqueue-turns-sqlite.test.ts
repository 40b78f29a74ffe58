/** Enqueueing without end leaves the event loop to the others of the process. */

import { TaskManager, task } from 'taskspan';
import { describe, expect, it, onTestFinished } from 'vitest';

const GIVE_UP_MS = 10_000;

const quick = task('quick', (n: number) => n);

describe.each(['memory:', 'sqlite::memory:'])('on %s', (store) => {
  const startedManager = async (): Promise<TaskManager> => {
    const manager = new TaskManager({ store, tasks: [quick] });
    onTestFinished(() => manager.close({ timeout: 0 }));
    await manager.start();
    return manager;
  };

  it.each([
    ['enqueue', (manager: TaskManager, n: number) => manager.enqueue(quick, n)],
    ['enqueueMany', (manager: TaskManager, n: number) => manager.enqueueMany(quick, [n, n + 1])],
  ])(
    'given a loop that awaits one %s after the other, then timers fire and jobs complete meanwhile',
    async (_name, add) => {
      const manager = await startedManager();
      let completed = 0;
      let ticks = 0;
      manager.on('completed', () => {
        completed += 1;
      });
      const timer = setInterval(() => {
        ticks += 1;
      }, 1);
      onTestFinished(() => clearInterval(timer));

      const giveUpAt = performance.now() + GIVE_UP_MS;
      for (let n = 0; (ticks < 3 || completed < 3) && performance.now() < giveUpAt; n++) await add(manager, n);
      expect(ticks).toBeGreaterThanOrEqual(3);
      expect(completed).toBeGreaterThanOrEqual(3);
    },
  );
});
