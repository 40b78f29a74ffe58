/** A process that is started again and again, and dies each time. */

import { setTimeout as sleep } from 'node:timers/promises';
import { VirtualTime } from 'taskspan/testing';
import { expect, it } from 'vitest';
import { Machine } from './machine.js';

const EVERY_MS = 100;

it('given a schedule that is registered at start, when its process is killed after each of 20 starts, then there is one schedule, and one job a slot', async () => {
  const machine = new Machine();
  const { random32 } = new VirtualTime({ seed: 20 }).host;
  const settings = { tasks: { report: 'works' }, schedule: { task: 'report', everyMs: EVERY_MS } } as const;
  for (let start = 0; start < 20; start++) {
    const doomed = await machine.worker('doomed', settings);
    // Some live to fire slots, others don't.
    await sleep(random32() % (2 * EVERY_MS));
    doomed.send('SIGKILL');
    await doomed.ended;
  }
  await machine.worker('last', settings);
  const [first] = await machine.manager.schedules();
  await machine.until('more slots', async () => ((await machine.manager.schedules())[0]?.firedCount ?? 0) > 60);
  const jobs = await machine.jobs();
  const [schedule, ...others] = await machine.manager.schedules();
  expect(others).toEqual([]);
  expect(schedule?.rule).toEqual(first?.rule);
  const slots = jobs.map((job) => job.schedule!.slot).reverse();
  // No slot is missing, none is there twice, and none lies beside the beat that the first registration began.
  expect(slots).toEqual(slots.map((_, i) => slots[0]! + i * EVERY_MS));
  expect(machine.journal.of({ what: 'error' })).toEqual([]);
}, 60_000);
