import { expect } from 'vitest';
import { retried, snoozed } from '../../core/transitions.js';
import type { ScheduleAdvance } from '../contract.js';
import { newSchedule, type Scene } from './fixtures.js';
import type { Topic } from './suite.js';

export const schedules: Topic = {
  name: 'schedules',
  cases(test) {
    test('given a new schedule, when it is put, then it is created and every field is whole', async (scene) => {
      const schedule = newSchedule({ id: `it's 😀`, input: null, template: '{"labels":{"__proto__":"x"}}' });
      expect(await scene.store.putSchedule(schedule)).toBe('created');
      expect(await stored(scene)).toEqual([
        { ...schedule, createdAt: scene.now(), firedCount: 0, lastJobId: null, lastSlot: null },
      ]);
    });

    test('given a schedule, when it is put again as it is, then it is unchanged, though it has fired since', async (scene) => {
      await scene.store.putSchedule(newSchedule());
      await scene.store.advanceSchedules([newAdvance()]);
      await scene.advance(500);
      const before = await stored(scene);
      expect(await scene.store.putSchedule(newSchedule())).toBe('unchanged');
      expect(await stored(scene)).toEqual(before);
    });

    for (const [what, definitionVersion, outcome] of [
      ['it is put again', 4, 'unchanged'],
      ['a higher version comes', 1_000_000_000_000_017, 'updated'],
    ] as const) {
      test(`given a rule that says the same but was made at another time, when ${what}, then the first one stays`, async (scene) => {
        const given = newSchedule({ id: `it's "definitionVersion":1, 😀`, rule: '{"everyMs":5,"anchorAt":1}' });
        await scene.store.putSchedule(given);
        await scene.advance(500);
        const before = await stored(scene);
        const again = {
          ...given,
          definitionVersion,
          rule: '{"everyMs":5,"anchorAt":501}',
          nextAt: given.nextAt! + 500,
        };
        expect(await scene.store.putSchedule(again)).toBe(outcome);
        expect(await stored(scene)).toEqual(before.map((schedule) => ({ ...schedule, definitionVersion })));
      });
    }

    test('given a schedule, when it is put 200 times, then there is one', async (scene) => {
      for (let i = 0; i < 200; i++) await scene.store.putSchedule(newSchedule());
      expect(await stored(scene)).toHaveLength(1);
    });

    test('given a schedule, when another rule comes under the same version, then it is updated and counts anew', async (scene) => {
      await scene.store.putSchedule(newSchedule());
      const createdAt = scene.now();
      await scene.store.advanceSchedules([newAdvance()]);
      await scene.advance(500);
      const changed = newSchedule({ rule: '{"every":5}', fingerprint: 'print-2', nextAt: 1_950_000_000_000 });
      expect(await scene.store.putSchedule(changed)).toBe('updated');
      expect(await stored(scene)).toMatchObject([{ ...changed, createdAt, firedCount: 0 }]);
    });

    test('given a schedule, when a lower version comes, then it is stale and nothing changes', async (scene) => {
      await scene.store.putSchedule(newSchedule({ definitionVersion: 4 }));
      await scene.insert({ id: 'slot', delayMs: 90_000, rare: { scheduleId: 'nightly', scheduleVersion: 'print-1' } });
      const before = await stored(scene);
      const lower = newSchedule({ definitionVersion: 3, fingerprint: 'print-0', rule: '{"every":1}', nextAt: null });
      expect(await scene.store.putSchedule(lower)).toBe('stale');
      expect(await scene.store.putSchedule(newSchedule({ definitionVersion: 3 }))).toBe('stale');
      expect(await stored(scene)).toEqual(before);
      expect(await scene.has('slot')).toBe(true);
    });

    test('given a schedule, when a higher version with the same fingerprint comes, then it is updated but goes on where it was', async (scene) => {
      await scene.store.putSchedule(newSchedule());
      await scene.store.advanceSchedules([newAdvance()]);
      await scene.insert({ id: 'slot', delayMs: 90_000, rare: { scheduleId: 'nightly', scheduleVersion: 'print-1' } });
      const higher = newSchedule({ definitionVersion: 5, nextAt: 1_999_000_000_000 });
      expect(await scene.store.putSchedule(higher)).toBe('updated');
      expect(await stored(scene)).toMatchObject([
        { definitionVersion: 5, nextAt: newAdvance().toNextAt, firedCount: 9 },
      ]);
      expect(await scene.has('slot')).toBe(true);
      expect(await scene.store.putSchedule(newSchedule({ definitionVersion: 4 }))).toBe('stale');
    });

    for (const [what, change] of [
      ['rule', { rule: '{"every":5}', fingerprint: 'print-2' }],
      ['input', { input: '{"path":"other"}', fingerprint: 'print-3' }],
    ] as const) {
      test(`given unclaimed and claimed jobs of a schedule, when its ${what} changes, then the unclaimed ones go and the others stay`, async (scene) => {
        await withJobs(scene);
        expect(await scene.store.putSchedule(newSchedule(change))).toBe('updated');
        await expectUnclaimedGone(scene);
      });
    }

    test('given a changed schedule with a new slot made, when the put is repeated, then the new slot stays', async (scene) => {
      await scene.store.putSchedule(newSchedule());
      await scene.store.putSchedule(newSchedule({ fingerprint: 'print-2' }));
      await scene.insert({ id: 'new slot', rare: { scheduleId: 'nightly', scheduleVersion: 'print-2' } });
      expect(await scene.store.putSchedule(newSchedule({ fingerprint: 'print-2' }))).toBe('unchanged');
      expect((await scene.record('new slot')).state).toBe('pending');
    });

    test('given a schedule with jobs, when it is removed, then it and its unclaimed jobs are gone', async (scene) => {
      await withJobs(scene);
      expect(await scene.store.removeSchedule('nightly')).toBe(true);
      expect(await stored(scene)).toEqual([]);
      await expectUnclaimedGone(scene);
    });

    test('given a removed schedule whose job arrives late, when it is put with another rule, then that job is gone, and one of that rule stays', async (scene) => {
      await scene.store.putSchedule(newSchedule());
      await scene.store.removeSchedule('nightly');
      await scene.insert({ id: 'late', rare: { scheduleId: 'nightly', scheduleVersion: 'print-1' } });
      await scene.insert({ id: 'of that rule', rare: { scheduleId: 'nightly', scheduleVersion: 'print-2' } });
      await scene.advance(1);
      expect(await scene.store.putSchedule(newSchedule({ fingerprint: 'print-2' }))).toBe('created');
      expect(await scene.has('late')).toBe(false);
      expect(await scene.has('of that rule')).toBe(true);
    });

    for (const [what, change] of [
      ['its rule changes', (scene: Scene) => scene.store.putSchedule(newSchedule({ fingerprint: 'print-2' }))],
      ['it is removed', (scene: Scene) => scene.store.removeSchedule('nightly')],
    ] as const) {
      test(`given slots that were claimed before and wait again, when ${what}, then they stay`, async (scene) => {
        const claimed = await withClaimedBefore(scene);
        await change(scene);
        for (const id of claimed) expect((await scene.record(id)).state, id).toBe('pending');
        expect(await scene.has('never claimed')).toBe(false);
      });
    }

    test('given a job triggered between the slots, when the rule changes, then it stays, and when the schedule is removed, then it goes', async (scene) => {
      await scene.store.putSchedule(newSchedule());
      const rare = { scheduleId: 'nightly', scheduleSlot: 1_800_000_000_000 };
      await scene.insert({ id: 'triggered', rare }, { id: 'triggered for later', rare, delayMs: 5_000 });
      await scene.store.putSchedule(newSchedule({ fingerprint: 'print-2' }));
      expect((await scene.record('triggered')).state).toBe('pending');
      expect((await scene.record('triggered for later')).state).toBe('pending');
      await scene.store.removeSchedule('nightly');
      await scene.advance(5_000);
      expect((await scene.claim()).jobs).toEqual([]);
    });

    test('given no schedule of the id, when it is removed, then the answer is false', async (scene) => {
      await scene.store.putSchedule(newSchedule());
      expect(await scene.store.removeSchedule('weekly')).toBe(false);
      expect(await scene.store.removeSchedule('nightly')).toBe(true);
      expect(await scene.store.removeSchedule('nightly')).toBe(false);
    });

    test('given many unclaimed jobs of a schedule, when it is removed, then in the end none is left to claim', async (scene) => {
      await scene.store.putSchedule(newSchedule());
      await scene.insert(
        ...Array.from({ length: 300 }, (_, i) => ({ id: `slot-${i}`, rare: { scheduleId: 'nightly' } })),
      );
      await scene.store.removeSchedule('nightly');
      expect((await scene.claim()).jobs).toEqual([]);
      expect((await scene.count()).pending).toBe(0);
    });

    test('given a schedule, when it advances from its slot, then the record moves on', async (scene) => {
      await scene.store.putSchedule(newSchedule());
      expect(await scene.store.advanceSchedules([newAdvance()])).toEqual([true]);
      expect(await stored(scene)).toMatchObject([
        { nextAt: 1_900_086_400_000, firedCount: 9, lastJobId: 'slot-9', lastSlot: 1_900_000_000_001 },
      ]);
    });

    test('given a schedule that advanced, when another advances it from the same slot, then that one is refused', async (scene) => {
      await scene.store.putSchedule(newSchedule());
      await scene.store.advanceSchedules([newAdvance()]);
      const before = await stored(scene);
      expect(await scene.store.advanceSchedules([newAdvance({ lastJobId: 'twin' })])).toEqual([false]);
      expect(await stored(scene)).toEqual(before);
    });

    test('given a changed schedule, when it is advanced under the old fingerprint, then that is refused', async (scene) => {
      await scene.store.putSchedule(newSchedule());
      await scene.store.putSchedule(newSchedule({ fingerprint: 'print-2' }));
      expect(await scene.store.advanceSchedules([newAdvance()])).toEqual([false]);
      expect(await stored(scene)).toMatchObject([{ firedCount: 0, nextAt: 1_900_000_000_000 }]);
    });

    test('given several advances, when one is refused, then the others count and the answers keep their order', async (scene) => {
      for (const id of ['a', 'b', 'c']) await scene.store.putSchedule(newSchedule({ id }));
      const advances = [
        newAdvance({ id: 'a' }),
        newAdvance({ id: 'nobody' }),
        newAdvance({ id: 'b', fromNextAt: 5 }),
        newAdvance({ id: 'c' }),
      ];
      expect(await scene.store.advanceSchedules(advances)).toEqual([true, false, false, true]);
    });

    test('given a last slot, when the schedule advances to none, then it stays without a next one', async (scene) => {
      await scene.store.putSchedule(newSchedule());
      expect(await scene.store.advanceSchedules([newAdvance({ toNextAt: null })])).toEqual([true]);
      expect(await stored(scene)).toMatchObject([{ nextAt: null }]);
      expect(await scene.store.listSchedules({ dueBefore: 9e15 }, 10)).toEqual([]);
    });

    test('given several schedules, when they are listed, then by next slot, those without one last', async (scene) => {
      await severalSchedules(scene);
      expect((await stored(scene)).map((schedule) => schedule.id)).toEqual(['soon', 'middle', 'late', 'never']);
    });

    test('given several schedules, when those due are listed, then only they come, by next slot', async (scene) => {
      await severalSchedules(scene);
      const due = await scene.store.listSchedules({ dueBefore: 250 }, 10);
      expect(due.map((schedule) => schedule.id)).toEqual(['soon', 'middle']);
    });

    test('given several schedules, when some are listed by id, then only they come', async (scene) => {
      await severalSchedules(scene);
      const some = await scene.store.listSchedules({ ids: ['never', 'nobody', 'late'] }, 10);
      expect(some.map((schedule) => schedule.id)).toEqual(['late', 'never']);
      expect(await scene.store.listSchedules({ ids: [] }, 10)).toEqual([]);
    });

    test('given several schedules and a limit, when they are listed, then the first come', async (scene) => {
      await severalSchedules(scene);
      expect((await scene.store.listSchedules({}, 2)).map((schedule) => schedule.id)).toEqual(['soon', 'middle']);
    });

    test('given a schedule, when the chores look ahead, then nextAt is its slot', async (scene) => {
      await scene.store.putSchedule(newSchedule({ nextAt: scene.now() + 7_000 }));
      expect((await scene.maintain()).nextAt).toBe(scene.now() + 7_000);
    });
  },
};

const GONE = ['ready slot', 'delayed slot', 'suspended slot'];

async function withJobs(scene: Scene): Promise<void> {
  const rare = { scheduleId: 'nightly', scheduleVersion: 'print-1', scheduleSlot: 1_800_000_000_000 };
  await scene.store.putSchedule(newSchedule());
  await scene.insert({ id: 'ended slot', rare });
  await scene.complete(await scene.claimOne('ended slot'));
  await scene.insert({ id: 'running slot', rare });
  await scene.claimOne('running slot');
  await scene.insert(
    { id: 'ready slot', rare },
    { id: 'delayed slot', rare, delayMs: 5_000 },
    { id: 'suspended slot', rare },
  );
  await scene.control('suspend', 'suspended slot');
  await scene.insert(
    { id: 'of another', rare: { ...rare, scheduleId: 'weekly' } },
    { id: 'by hand', labels: { scheduleId: 'nightly' } },
  );
}

/** Their ids; beside them one that nobody ever claimed. */
async function withClaimedBefore(scene: Scene): Promise<readonly string[]> {
  const rare = { scheduleId: 'nightly', scheduleVersion: 'print-1', scheduleSlot: 1_800_000_000_000 };
  await scene.store.putSchedule(newSchedule());
  await scene.insert({ id: 'suspect', rare });
  await scene.claimOne('suspect');
  await scene.rescue();
  await scene.insert({ id: 'to retry', rare });
  const error = { at: scene.now(), attempt: 1, name: 'Error', message: 'no', stack: null, reason: 'threw' } as const;
  await scene.settle(await scene.claimOne('to retry'), retried(error, 60_000));
  await scene.insert({ id: 'snoozing', rare });
  await scene.settle(await scene.claimOne('snoozing'), snoozed(60_000));
  await scene.insert({ id: 'redriven', rare });
  await scene.control('cancel', 'redriven');
  await scene.control('retry', 'redriven');
  await scene.insert({ id: 'never claimed', rare });
  return ['suspect', 'to retry', 'snoozing', 'redriven'];
}

/** Removed outright, or ended as cancelled with its reason: a store may do either. */
async function expectUnclaimedGone(scene: Scene): Promise<void> {
  for (const job of await scene.store.get(GONE)) {
    if (job !== null) expect(job).toMatchObject({ state: 'cancelled', reason: 'schedule-changed' });
  }
  const others = await scene.store.get(['ended slot', 'running slot', 'of another', 'by hand']);
  expect(others.map((job) => job?.state)).toEqual(['completed', 'running', 'pending', 'pending']);
  await scene.advance(5_000);
  expect((await scene.claim()).jobs.map((job) => job.id).sort()).toEqual(['by hand', 'of another']);
}

async function severalSchedules(scene: Scene): Promise<void> {
  for (const [id, nextAt] of [
    ['late', 300],
    ['never', null],
    ['soon', 100],
    ['middle', 200],
  ] as const) {
    await scene.store.putSchedule(newSchedule({ id, nextAt }));
  }
}

function stored(scene: Scene) {
  return scene.store.listSchedules({}, 100);
}

function newAdvance(given: Partial<ScheduleAdvance> = {}): ScheduleAdvance {
  return {
    id: 'nightly',
    fingerprint: 'print-1',
    fromNextAt: 1_900_000_000_000,
    toNextAt: 1_900_086_400_000,
    firedCount: 9,
    lastJobId: 'slot-9',
    lastSlot: 1_900_000_000_001,
    ...given,
  };
}
