/** Schedules whose processes come, die, stay away, and come back with another rule. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { JobSnapshot } from 'taskspan';
import { VirtualTime } from 'taskspan/testing';
import { describe, expect, it } from 'vitest';
import type { Machine } from './machine.js';
import { stores } from './stores.js';

const EVERY_MS = 100;
const report = { tasks: { report: 'works' }, schedule: { task: 'report', everyMs: EVERY_MS } } as const;

describe('a process that registers its schedule at start', () => {
  it.each(stores)(
    'given it is on %s and killed after each of 20 starts, when it registers the same each time, then there is one schedule, and one job a slot',
    async (_, machineForTest) => {
      const machine = await machineForTest();
      const { random32 } = new VirtualTime({ seed: 20 }).host;
      for (let start = 0; start < 20; start++) {
        const doomed = await machine.worker('doomed', report);
        // Some live to fire slots, others don't.
        await sleep(random32() % (2 * EVERY_MS));
        doomed.send('SIGKILL');
        await doomed.ended;
      }
      await machine.worker('last', report);
      const { rule } = await schedule(machine);
      await machine.until('more slots', async () => (await schedule(machine)).firedCount > 60);
      expect((await schedule(machine)).rule).toEqual(rule);
      expectBeat(slotsOf(await machine.jobs()));
      expect(machine.journal.of({ what: 'error' })).toEqual([]);
    },
    60_000,
  );

  it.each(stores)(
    'given it is on %s and was away for many slots, when it registers the same again, then the beat goes on, and no slot is missing or comes twice',
    async (_, machineForTest) => {
      const machine = await machineForTest();
      const first = await machine.worker('first', report);
      await machine.until('slots', async () => (await schedule(machine)).firedCount >= 5);
      first.send('SIGTERM');
      await first.ended;
      const before = await schedule(machine);
      await machine.until('20 slots to pass', () => Date.now() > before.nextAt! + 20 * EVERY_MS);
      // Nobody makes up for them before it is back.
      expect(await schedule(machine)).toEqual(before);
      await machine.worker('second', report);
      await machine.until('slots that are not missed ones', async () => {
        const { firedCount } = await schedule(machine);
        return firedCount > before.firedCount + 40;
      });
      const after = await schedule(machine);
      expect(after.rule).toEqual(before.rule);
      const slots = slotsOf(await machine.jobs());
      expectBeat(slots);
      expect(slots.length).toBeGreaterThanOrEqual(after.firedCount);
      expect(machine.journal.of({ what: 'error' })).toEqual([]);
    },
    40_000,
  );

  it.each(stores)(
    'given a job of it runs on %s, when another process registers another rule, then the job completes where it runs, what nobody claimed goes, and only the new rule fires',
    async (_, machineForTest) => {
      const machine = await machineForTest();
      // Long leases: only the rule shall take jobs from a worker here.
      const leaseMs = 10_000;
      const held = { tasks: { report: 'obeys' }, concurrency: 1, leaseMs } as const;
      const old = await machine.worker('old', { ...report, ...held });
      const { job: id = '' } = await machine.line({ what: 'started' });
      await machine.until('jobs that nobody claimed', async () => (await machine.manager.count()).pending > 3);
      const before = await schedule(machine);
      await machine.worker('new', { ...report, leaseMs, schedule: { task: 'report', everyMs: 130 } });
      const { rule } = await schedule(machine);
      expect(rule).not.toEqual(before.rule);
      const from = (rule as { anchorAt: number }).anchorAt;
      const ofOld = async () => (await machine.jobs()).filter((job) => job.schedule!.slot <= from);
      await machine.until('what nobody claimed to go', async () => {
        return (await ofOld()).every(({ state }) => state === 'running');
      });
      await machine.until('slots of the new rule', async () => (await schedule(machine)).firedCount > 15);
      expect(await machine.job(id)).toMatchObject({ state: 'running', attempt: 1 });
      machine.release();
      expect(await machine.ended(id)).toMatchObject({ state: 'completed', result: { by: 'old' }, attempt: 1 });
      await machine.until('the end of what it had claimed', async () => {
        return (await ofOld()).every(({ state }) => state === 'completed');
      });
      old.send('SIGTERM');
      expect(await old.ended).toBe(0);

      const { firedCount } = await schedule(machine);
      await machine.until('it to fire without the old process', async () => {
        return (await schedule(machine)).firedCount > firedCount + 5;
      });
      const slots = slotsOf(await machine.jobs()).filter((slot) => slot > from);
      expect(slots).toEqual(slots.map((_slot, i) => from + (i + 1) * 130));
      expect(machine.journal.of({ what: 'started', job: id }).length).toBe(1);
      expect(machine.journal.of({ what: 'error' })).toEqual([]);
    },
    40_000,
  );
});

/** The only one that there is. */
async function schedule({ manager }: Machine) {
  const [only, ...others] = await manager.schedules();
  expect(others).toEqual([]);
  const { rule, firedCount, nextAt } = only!;
  return { rule, firedCount, nextAt };
}

/** Of jobs as they are listed, the oldest first. */
function slotsOf(jobs: readonly JobSnapshot[]): readonly number[] {
  return jobs.map((job) => job.schedule!.slot).reverse();
}

/** No slot is missing, none is there twice, and none lies beside the beat that the first registration began. */
function expectBeat(slots: readonly number[]): void {
  expect(slots).toEqual(slots.map((_, i) => slots[0]! + i * EVERY_MS));
}
