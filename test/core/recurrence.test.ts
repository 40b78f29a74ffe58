import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { OptionError } from '../../src/core/errors.js';
import {
  dueSlots,
  firstSlot,
  nextSlot,
  preview,
  type RecurrenceOptions,
  slotJitter,
} from '../../src/core/recurrence/index.js';
import { day, hour, minute, now, rule, second, slotsFrom, utc } from './recurrence-fixture.js';

describe('at', () => {
  it('given a time ahead, when asked, then it is the only slot', () => {
    const once = rule({ at: new Date(now + 5_000) });

    expect(firstSlot(once, now)).toBe(now + 5_000);
    expect(nextSlot(once, now, 0)).toBe(now + 5_000);
    expect(nextSlot(once, now + 5_000, 0)).toBeNull();
    expect(nextSlot(once, now, 1)).toBeNull();
  });

  it('given a time of the last minute, when registered, then it still fires; given an older one, then it has ended', () => {
    expect(firstSlot(rule({ at: now }), now)).toBe(now);
    expect(firstSlot(rule({ at: now - minute }), now)).toBe(now - minute);
    expect(firstSlot(rule({ at: now - minute - 1 }), now)).toBeNull();
  });

  it('given it was missed by an hour, when due slots are asked, then missed decides whether it fires', () => {
    const at = now - hour;
    expect(dueSlots(rule({ at }), at, now, 0, 10)).toEqual({ fire: [at], nextAt: null, skipped: 0, firedCount: 1 });
    expect(dueSlots(rule({ at, missed: 'all' }), at, now, 0, 10)).toEqual({
      fire: [at],
      nextAt: null,
      skipped: 0,
      firedCount: 1,
    });
    expect(dueSlots(rule({ at, missed: 'skip' }), at, now, 0, 10)).toEqual({
      fire: [],
      nextAt: null,
      skipped: 1,
      firedCount: 0,
    });
  });
});

describe('every', () => {
  it('given no start, when asked, then the first slot is one interval after now', () => {
    expect(firstSlot(rule({ every: '5s' }), now)).toBe(now + 5_000);
    expect(nextSlot(rule({ every: '5s' }), now - day, 0)).toBe(now + 5_000);
  });

  it('given a start, when asked, then the first slot is the start, also if it is just now', () => {
    expect(firstSlot(rule({ every: '5s', startAt: now + day }), now)).toBe(now + day);
    expect(firstSlot(rule({ every: '1h', startAt: now }), now)).toBe(now);
    expect(firstSlot(rule({ every: '1h', startAt: now - 30 * second }), now)).toBe(now - 30 * second);
    expect(firstSlot(rule({ every: '1h', startAt: now - 2 * minute }), now)).toBe(now - 2 * minute + hour);
  });

  it('given ticks that are late each time, when a thousand slots fired, then no slot has drifted', () => {
    const steady = rule({ every: 7_001, startAt: now });
    let slot = now;
    for (let count = 1; count <= 1_000; count += 1) {
      const due = dueSlots(steady, slot, slot + (count % 977), count, 1);
      expect(due.fire).toEqual([slot]);
      slot = due.nextAt as number;
    }
    expect(slot).toBe(now + 1_000 * 7_001);
  });

  it('given an interval of a hundred days, over 2^31 ms, when asked, then it is not early', () => {
    expect(nextSlot(rule({ every: '100d', startAt: now }), now, 1)).toBe(now + 100 * day);
  });

  it('given the end of what a date can hold, when asked, then the rule has ended', () => {
    const last = 8.64e15;
    expect(nextSlot(rule({ every: '1h', startAt: last - hour }), last - 2, 0)).toBe(last);
    expect(nextSlot(rule({ every: '1h', startAt: last - hour }), last, 0)).toBeNull();
  });
});

describe('bounds', () => {
  it('given repeat 3, when three slots fired, then the rule has ended', () => {
    const thrice = rule({ every: '1m', startAt: now, repeat: 3 });
    expect(preview(thrice, now - 1, 10)).toEqual([now, now + minute, now + 2 * minute]);
    expect(nextSlot(thrice, now, 2)).toBe(now + minute);
    expect(nextSlot(thrice, now, 3)).toBeNull();
  });

  it('given an end, when the slot is exactly there, then it fires; the next one does not', () => {
    const bounded = rule({ every: '1m', startAt: now, endAt: now + 2 * minute });
    expect(preview(bounded, now - 1, 10)).toEqual([now, now + minute, now + 2 * minute]);
    expect(slotsFrom({ cron: '0 * * * *', endAt: utc('2026-05-01T02:00:00') }, '2026-05-01T00:30:00', 10)).toEqual([
      '2026-05-01T01:00:00Z',
      '2026-05-01T02:00:00Z',
    ]);
  });

  it('given a cron with a start, when the start is itself a slot, then it fires there first', () => {
    expect(slotsFrom({ cron: '0 * * * *', startAt: utc('2026-05-01T05:00:00') }, '2026-01-01T00:00:00', 2)).toEqual([
      '2026-05-01T05:00:00Z',
      '2026-05-01T06:00:00Z',
    ]);
  });

  it('given repeat is used up, when a slot is due all the same, then nothing fires', () => {
    expect(dueSlots(rule({ every: '1m', repeat: 2 }), now, now, 2, 5)).toEqual({
      fire: [],
      nextAt: null,
      skipped: 0,
      firedCount: 2,
    });
  });

  it('given repeat 3 and a million missed slots, when all are made up for, then only three fire', () => {
    const due = dueSlots(
      rule({ every: '1s', startAt: now, repeat: 3, missed: 'all' }),
      now,
      now + 1e6 * second,
      0,
      100,
    );
    expect(due).toEqual({ fire: [now, now + second, now + 2 * second], nextAt: null, skipped: 0, firedCount: 3 });
  });

  it('given repeat 2 and slots that were skipped, when one fires, then the skipped ones did not count', () => {
    const due = dueSlots(rule({ every: '1m', startAt: now, repeat: 2 }), now, now + 10 * minute, 0, 100);
    expect(due).toEqual({ fire: [now + 10 * minute], nextAt: now + 11 * minute, skipped: 10, firedCount: 1 });
  });
});

describe('missed slots', () => {
  it('given nothing is due, or no room, when asked, then nothing changes', () => {
    const made = rule({ every: '1m', startAt: now });
    expect(dueSlots(made, now + 1, now, 4, 10)).toEqual({ fire: [], nextAt: now + 1, skipped: 0, firedCount: 4 });
    expect(dueSlots(made, now, now, 4, 0)).toEqual({ fire: [], nextAt: now, skipped: 0, firedCount: 4 });
  });

  it.each(['latest', 'skip', 'all'] as const)(
    'given missed %s, when a tick is a little late, then the slot fires',
    (missed) => {
      const made = rule({ every: '5m', startAt: now, missed });
      expect(dueSlots(made, now, now + 900, 0, 10)).toEqual({
        fire: [now],
        nextAt: now + 5 * minute,
        skipped: 0,
        firedCount: 1,
      });
    },
  );

  it('given latest, when three hourly slots passed, then the third fires', () => {
    const three = utc('2026-05-01T03:00:00');
    const due = dueSlots(rule({ cron: '0 * * * *' }), utc('2026-05-01T01:00:00'), three + 50 * minute, 7, 10);
    expect(due).toEqual({ fire: [three], nextAt: three + hour, skipped: 2, firedCount: 8 });
  });

  it('given skip, when three hourly slots passed, then none fires unless the third is at most a minute late', () => {
    const made = rule({ cron: '0 * * * *', missed: 'skip' });
    const three = utc('2026-05-01T03:00:00');
    const first = utc('2026-05-01T01:00:00');
    expect(dueSlots(made, first, three + minute, 7, 10)).toEqual({
      fire: [three],
      nextAt: three + hour,
      skipped: 2,
      firedCount: 8,
    });
    expect(dueSlots(made, first, three + minute + 1, 7, 10)).toEqual({
      fire: [],
      nextAt: three + hour,
      skipped: 3,
      firedCount: 7,
    });
  });

  it('given skip and an interval under a minute, when two slots are due, then the older is missed', () => {
    const made = rule({ every: '10s', startAt: now, missed: 'skip' });
    expect(dueSlots(made, now, now + 15 * second, 0, 10)).toEqual({
      fire: [now + 10 * second],
      nextAt: now + 20 * second,
      skipped: 1,
      firedCount: 1,
    });
  });

  it('given all and a limit, when asked again and again, then each slot fires once, the oldest first', () => {
    const made = rule({ cron: '0 * * * *', timeZone: 'Europe/Berlin', missed: 'all' });
    const first = utc('2026-10-24T20:00:00');
    const end = first + 9 * hour;
    const fired: number[] = [];
    let nextAt: number | null = first;
    while (nextAt !== null && nextAt <= end) {
      const due = dueSlots(made, nextAt, end, fired.length, 4);
      expect(due.fire.length).toBeLessThanOrEqual(4);
      fired.push(...due.fire);
      nextAt = due.nextAt;
    }
    expect(fired).toEqual(Array.from({ length: 10 }, (_, i) => first + i * hour));
  });

  it.each<[string, RecurrenceOptions, number]>([
    ['every', { every: '1s', startAt: utc('2026-01-01T00:00:00') }, 999_999],
    ['a cron', { cron: '* * * * * *' }, 100],
    ['a cron in a zone', { cron: '* * * * * *', timeZone: 'America/New_York' }, 100],
  ])('given a million missed slots of %s, when caught up with, then it takes a moment', (_name, options, skipped) => {
    const first = utc('2026-01-01T00:00:00');
    const end = first + 999_999 * second + 77;
    for (const missed of ['latest', 'skip'] as const) {
      const made = rule({ ...options, missed });
      const before = performance.now();
      const due = dueSlots(made, first, end, 0, 1_000);
      expect(performance.now() - before).toBeLessThan(1_000);
      expect(due).toEqual({ fire: [end - 77], nextAt: end - 77 + second, skipped, firedCount: 1 });
    }
    const some = dueSlots(rule({ ...options, missed: 'all' }), first, end, 0, 3);
    expect(some).toEqual({
      fire: [first, first + second, first + 2 * second],
      nextAt: first + 3 * second,
      skipped: 0,
      firedCount: 3,
    });
  });

  it('given a stored slot that the zone no longer has, when it is due, then it fires, since it was promised', () => {
    const promised = utc('2026-05-01T01:30:00');
    const due = dueSlots(rule({ cron: '0 2 * * *' }), promised, promised + 5, 0, 1);
    expect(due).toEqual({ fire: [promised], nextAt: utc('2026-05-01T02:00:00'), skipped: 0, firedCount: 1 });
  });
});

describe('preview and jitter', () => {
  it('given more than a thousand slots, or no number, when previewed, then an error says the limit', () => {
    const made = rule({ every: '1s' });
    expect(preview(made, now, 1_000)).toHaveLength(1_000);
    for (const n of [1_001, -1, 2.5, Number.NaN]) expect(() => preview(made, now, n)).toThrow(OptionError);
    expect(() => preview(made, Number.NaN, 1)).toThrow(/from NaN/);
  });

  it('given any hash, when jitter is asked, then it lies in 0 to jitterMs, and is the same each time', () => {
    const made = rule({ every: '1m', jitterMs: 9 });
    expect(slotJitter(made, 0)).toBe(0);
    expect(slotJitter(made, 0xffff_ffff)).toBe(9);
    expect(slotJitter(made, -1)).toBe(9);
    expect(slotJitter(rule({ every: '1m' }), 0xdead_beef)).toBe(0);
    fc.assert(
      fc.property(fc.integer(), (hash) => {
        const delay = slotJitter(made, hash);
        expect(delay).toBe(slotJitter(made, hash));
        expect(Number.isInteger(delay) && delay >= 0 && delay <= 9).toBe(true);
      }),
    );
  });
});

describe('speed', () => {
  it('given a cached pattern, when its next slot is asked a thousand times, then it is not compiled again', () => {
    const made = rule({ cron: '5 4 * * *', timeZone: 'Europe/Berlin' });
    const before = performance.now();
    let slot: number | null = now;
    for (let i = 0; i < 1_000 && slot !== null; i += 1) slot = nextSlot(made, slot, 0);
    // Compiling alone would take 30 µs each; the bound is wide for a busy machine.
    expect(performance.now() - before).toBeLessThan(2_000);
  });

  it('given more patterns and zones than are kept, when asked in turn, then answers stay right', () => {
    const rules = Array.from({ length: 200 }, (_, i) => rule({ cron: `${i % 60} ${i % 24} * * *` }));
    for (const [i, made] of [...rules.entries(), ...rules.entries()]) {
      expect(nextSlot(made, utc('2026-05-01T00:00:00') - 1, 0)).toBe(
        utc('2026-05-01T00:00:00') + (i % 60) * minute + (i % 24) * hour,
      );
    }
  });
});
