/** How soon one process hears of another's jobs. */

import { setTimeout as sleep } from 'node:timers/promises';
import { taskRef } from 'taskspan';
import { expect, it } from 'vitest';
import { Machine } from './machine.js';

/** What a worker that only polls would exceed at once. */
const BOUND_MS = 2_000;

it('given an idle worker, when another process enqueues a job, then it starts without waiting for a poll', async () => {
  const machine = new Machine();
  await machine.worker('a', { tasks: { resize: 'works' }, leaseMs: 30_000 });
  const waits: number[] = [];
  for (let i = 0; i < 10; i++) {
    // So that the worker has nothing left to do, and the jobs don't come in step with its polls.
    await sleep(100 + 17 * i);
    const enqueuedAt = Date.now();
    const { id } = await machine.manager.enqueue(taskRef('resize'));
    waits.push((await machine.line({ what: 'started', job: id })).at - enqueuedAt);
  }
  waits.sort((x, y) => x - y);
  console.log(`Idle workers start another process's job within ${waits[5]} ms (median), ${waits.at(-1)} ms (most).`);
  expect(waits.filter((ms) => ms >= BOUND_MS)).toEqual([]);
}, 40_000);
