import { Cron } from 'croner';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { OptionError, ScheduleError } from '../../src/core/errors.js';
import {
  dueSlots,
  firstSlot,
  nextSlot,
  preview,
  type Recurrence,
  type RecurrenceOptions,
  recurrence,
  recurrenceOptionNames,
  sameRecurrence,
  slotJitter,
} from '../../src/core/recurrence/index.js';

const second = 1_000;
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Not a round time: a rule that mixes up the time of its making with another time shows. */
const now = Date.UTC(2026, 1, 3, 4, 5, 6, 789);

const utc = (text: string): number => Date.parse(`${text}Z`);
const iso = (slots: readonly (number | null)[]): readonly (string | null)[] =>
  slots.map((slot) => (slot === null ? null : new Date(slot).toISOString().replace('.000Z', 'Z')));

const rule = (options: RecurrenceOptions): Recurrence => recurrence(options, now);
const slotsFrom = (options: RecurrenceOptions, from: string, n: number): readonly (string | null)[] =>
  iso(preview(rule(options), utc(from), n));

describe('a rule that can not be scheduled', () => {
  // Loading Intl's data takes some 20 ms, once in a process, and is nobody's pattern's fault.
  rule({ cron: '0 2 * * *', timeZone: 'Europe/Berlin' });

  const refused: readonly (readonly [name: string, options: unknown, message: RegExp])[] = [
    ['30 February', { cron: '0 0 30 2 *' }, /'0 0 30 2 \*' never fires.*Change its day/],
    ['31 April or June', { cron: '0 0 31 4,6 *' }, /never fires/],
    ['a fifth Monday on the first', { cron: '0 0 1 * +MON#5' }, /never fires/],
    ['a step of zero', { cron: '*/0 * * * *' }, /'\*\/0 \* \* \* \*' can't be read: .*stepping: 0.*Write five fields/],
    ['garbage', { cron: 'every now and then, please' }, /'every now and then, please' can't be read/],
    ['an hour that no clock shows', { cron: '0 24 * * *' }, /hour: 24/],
    ['a range that runs backwards', { cron: '0 22-2 * * *' }, /larger than/],
    [
      '10 kB of cron',
      { cron: `${'0,'.repeat(5_000)}0 * * * *` },
      /^cron '0,0,.{1,60}…' \(10009 characters\) is too long; the limit is 1000/,
    ],
    ['10 kB of blanks', { cron: ' '.repeat(10_000) }, /too long/],
    ['an empty cron', { cron: '' }, /'' has 0 fields/],
    ['four fields', { cron: '0 2 * *' }, /'0 2 \* \*' has 4 fields. Write five/],
    ['seven fields', { cron: '0 0 2 * * * 2027' }, /has 7 fields/],
    ['a date where a cron is due', { cron: '2026-01-01T00:00:00' }, /has 1 fields/],
    ['five fields that croner would take for a date', { cron: '1 Jan 2027 at 10:00' }, /colon/],
    ['an event that is no time', { cron: '@reboot' }, /'@reboot' can't be read/],
    ['a cron that is no string', { cron: 5 }, /cron is 5; it must be a string/],
    [
      'an unknown time zone',
      { cron: '0 2 * * *', timeZone: 'Europe/Atlantis' },
      /'Europe\/Atlantis' is not known.*IANA/,
    ],
    ['an offset for a time zone', { cron: '0 2 * * *', timeZone: '+02:00' }, /'\+02:00'.*IANA/],
    ['an empty time zone', { cron: '0 2 * * *', timeZone: '' }, /timeZone is ''/],
    ['10 kB of time zone', { cron: '0 2 * * *', timeZone: 'x'.repeat(10_000) }, /10000 characters/],
    [
      'a time that the clocks skip in each year',
      { cron: '30 2 * 3 SUNL', timeZone: 'Europe/Berlin', dst: { gap: 'skip' } },
      /clocks skip/,
    ],
    ['an interval of nothing', { every: 0 }, /every is 0; it must be 1 ms or more/],
    ['half a millisecond', { every: '0.5ms' }, /every is '0.5ms'; it must be 1 ms or more/],
    ['an interval that is not a number', { every: Number.NaN }, /NaN/],
    ['an endless interval', { every: Number.POSITIVE_INFINITY }, /Infinity/],
    ['an interval beyond what a date holds', { every: 1e16 }, /date can hold/],
    ['an interval in words', { every: '5 parsecs' }, /"5 parsecs"/],
    ['10 kB of interval', { every: '9'.repeat(10_000) }, /10000 characters/],
    ['an interval that is an object', { every: {} }, /every is an object/],
    ['a date that is not one', { at: new Date('soon') }, /at is an invalid Date; give a valid Date/],
    ['a time that is not a number', { at: Number.NaN }, /at is NaN/],
    ['a time beyond what a date holds', { at: 8.64e15 + 1 }, /at is 8640000000000001/],
    ['a time in words', { at: 'tomorrow' }, /at is 'tomorrow'/],
    ['a start that is no date', { every: 5, startAt: Number.NEGATIVE_INFINITY }, /startAt is -Infinity/],
    ['an end before the start', { every: 5, startAt: 7_000, endAt: 6_000 }, /endAt 6000 is before startAt 7000/],
    ['nothing to repeat', {}, /needs one of at, every or cron/],
    ['an interval and a cron', { every: '5m', cron: '* * * * *' }, /but got every '5m' and cron '\* \* \* \* \*'/],
    ['repeat 0', { every: 5, repeat: 0 }, /repeat is 0; it must be a whole number/],
    ['repeat 1.5', { every: 5, repeat: 1.5 }, /repeat is 1.5/],
    ['an unknown policy', { every: 5, missed: 'last' }, /missed is 'last'; it must be one of 'latest', 'skip', 'all'/],
    ['an unknown overlap', { every: 5, overlap: 'no' }, /overlap is 'no'/],
    [
      'an unknown clock policy',
      { cron: '* * * * *', dst: { gaps: 'skip' } },
      /dst has no option 'gaps'.*'gap' and 'overlap'/,
    ],
    ['a clock policy that is a word', { cron: '* * * * *', dst: 'skip' }, /dst is 'skip'/],
    ['negative jitter', { every: 5, jitterMs: -1 }, /jitterMs is -1/],
    ['a time zone without a clock to read', { every: 5, timeZone: 'UTC' }, /timeZone 'UTC' has no effect with 'every'/],
    ['one time, repeated', { at: 5, repeat: 2 }, /repeat 2 has no effect with 'at'/],
  ];

  it.each(refused)(
    'given %s, when the rule is made, then an error says what is wrong within 10 ms',
    (_name, options, message) => {
      let error: unknown;
      const attempt = (): number => {
        const before = performance.now();
        try {
          recurrence(options as RecurrenceOptions, now);
        } catch (thrown) {
          error = thrown;
        }
        return performance.now() - before;
      };
      // The best of three: a busy machine, or code that was not compiled yet, is nobody's pattern's fault either.
      const took = Math.min(attempt(), attempt(), attempt());

      expect(error instanceof ScheduleError || error instanceof OptionError).toBe(true);
      expect((error as Error).message).toMatch(message);
      expect((error as Error).message.length).toBeLessThan(400);
      expect(took).toBeLessThan(10);
    },
  );
});

describe('the normal form', () => {
  it('given only what must be given, when the rule is made, then every default is filled in and JSON carries it', () => {
    const made = rule({ cron: ' 0  2 * * * ' });

    expect(made).toEqual({
      kind: 'cron',
      cron: '0 2 * * *',
      timeZone: 'UTC',
      dst: { gap: 'shift', overlap: 'first' },
      startAt: null,
      endAt: null,
      repeat: null,
      overlap: 'skip',
      missed: 'latest',
      jitterMs: 0,
    });
    expect(JSON.parse(JSON.stringify(made))).toEqual(made);
  });

  it('given a nickname and a zone in lower case, when the rule is made, then both have their usual spelling', () => {
    expect(rule({ cron: '@daily', timeZone: 'europe/berlin' })).toMatchObject({
      cron: '0 0 * * *',
      timeZone: 'Europe/Berlin',
    });
  });

  it('given an interval without a start, when the rule is made, then it counts from now; with one, from there', () => {
    expect(rule({ every: '5s' })).toMatchObject({ kind: 'every', everyMs: 5_000, anchorAt: now, startAt: null });
    expect(rule({ every: '5s', startAt: new Date(77_000) })).toMatchObject({ anchorAt: 77_000, startAt: 77_000 });
  });

  it('given the names of the options, when compared with what a user may type, then none is missing', () => {
    const all: Required<RecurrenceOptions> = {
      at: 1,
      every: 1,
      cron: '',
      timeZone: '',
      repeat: 1,
      startAt: 1,
      endAt: 1,
      overlap: 'skip',
      missed: 'all',
      dst: {},
      jitterMs: 1,
    };
    expect([...recurrenceOptionNames].sort()).toEqual(Object.keys(all).sort());
  });
});

describe('a rule that is registered again', () => {
  const later = now + 12_345;
  const same = (a: RecurrenceOptions, b: RecurrenceOptions): boolean =>
    sameRecurrence(recurrence(a, now), recurrence(b, later));

  it('given an interval without a start, when registered later, then nothing changed', () => {
    expect(same({ every: '60s' }, { every: 60_000 })).toBe(true);
  });

  it('given the same rule from a store that orders its fields otherwise, when registered, then nothing changed', () => {
    const made = rule({ cron: '0 2 * * *', timeZone: 'Asia/Tokyo' });
    const stored = Object.fromEntries(Object.entries(made).reverse()) as unknown as Recurrence;
    expect(sameRecurrence(made, stored)).toBe(true);
  });

  it.each<[string, RecurrenceOptions, RecurrenceOptions]>([
    ['another interval', { every: '5s' }, { every: '6s' }],
    ['a start', { every: '5s' }, { every: '5s', startAt: now }],
    ['another cron', { cron: '0 2 * * *' }, { cron: '0 3 * * *' }],
    ['another zone', { cron: '0 2 * * *' }, { cron: '0 2 * * *', timeZone: 'Asia/Tokyo' }],
    ['another clock policy', { cron: '0 2 * * *' }, { cron: '0 2 * * *', dst: { overlap: 'both' } }],
    ['another time', { at: 5 }, { at: 6 }],
    ['another end', { every: 5, endAt: 50 }, { every: 5, endAt: 55 }],
    ['another count', { every: 5, repeat: 2 }, { every: 5, repeat: 3 }],
    ['another policy', { every: 5, missed: 'all' }, { every: 5, missed: 'skip' }],
    ['another jitter', { every: 5, jitterMs: 1 }, { every: 5, jitterMs: 2 }],
    ['another kind', { every: 5 }, { at: 5 }],
  ])('given %s, when registered, then the rule changed', (_name, a, b) => {
    expect(same(a, b)).toBe(false);
  });
});

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

describe('cron and the calendar', () => {
  it.each<[string, string, string, readonly string[]]>([
    ['29 February', '0 0 29 2 *', '2026-01-01T00:00:00', ['2028-02-29T00:00:00Z', '2032-02-29T00:00:00Z']],
    ['29 February over a century', '0 0 29 2 *', '2096-03-01T00:00:00', ['2104-02-29T00:00:00Z']],
    [
      'the 31st',
      '0 0 31 * *',
      '2026-01-31T00:00:00',
      ['2026-03-31T00:00:00Z', '2026-05-31T00:00:00Z', '2026-07-31T00:00:00Z'],
    ],
    ['the last day', '0 0 L * *', '2028-01-31T00:00:00', ['2028-02-29T00:00:00Z', '2028-03-31T00:00:00Z']],
    ['the last Friday', '0 9 * * FRIL', '2026-01-01T00:00:00', ['2026-01-30T09:00:00Z', '2026-02-27T09:00:00Z']],
    ['the last weekday', '0 9 LW * *', '2026-05-01T00:00:00', ['2026-05-29T09:00:00Z', '2026-06-30T09:00:00Z']],
    [
      'the weekday next to the 15th',
      '0 9 15W * *',
      '2026-02-01T00:00:00',
      ['2026-02-16T09:00:00Z', '2026-03-16T09:00:00Z', '2026-04-15T09:00:00Z'],
    ],
    ['the second Tuesday', '0 9 * * TUE#2', '2026-01-01T00:00:00', ['2026-01-13T09:00:00Z', '2026-02-10T09:00:00Z']],
    [
      'a fifth Monday of a February',
      '0 0 * 2 MON#5',
      '2026-01-01T00:00:00',
      ['2044-02-29T00:00:00Z', '2072-02-29T00:00:00Z'],
    ],
    [
      'day and weekday: either',
      '0 0 13 * FRI',
      '2026-02-01T00:00:00',
      ['2026-02-06T00:00:00Z', '2026-02-13T00:00:00Z'],
    ],
    ['day and weekday: both', '0 0 13 * +FRI', '2026-04-01T00:00:00', ['2026-11-13T00:00:00Z']],
    ['Sunday as 7', '0 0 * * 7', '2026-02-03T00:00:00', ['2026-02-08T00:00:00Z']],
    [
      'six fields',
      '*/20 59 23 31 12 *',
      '2026-01-01T00:00:00',
      ['2026-12-31T23:59:00Z', '2026-12-31T23:59:20Z', '2026-12-31T23:59:40Z', '2027-12-31T23:59:00Z'],
    ],
    ['after 2038', '0 2 * * *', '2038-01-19T03:14:07', ['2038-01-20T02:00:00Z', '2038-01-21T02:00:00Z']],
    ['far after 2038', '0 2 * * *', '2900-02-28T03:00:00', ['2900-03-01T02:00:00Z']],
    ['the last day of the calendar', '0 2 * * *', '2999-12-30T03:00:00', ['2999-12-31T02:00:00Z']],
  ])('given %s, when asked, then the slots are those of the calendar', (_name, cron, from, slots) => {
    expect(slotsFrom({ cron }, from, slots.length)).toEqual(slots);
  });

  it('given the year 3000 or the end of time, when asked, then the rule has ended, in any zone', () => {
    for (const timeZone of ['UTC', 'Pacific/Kiritimati', 'Pacific/Pago_Pago']) {
      const made = rule({ cron: '0 2 * * *', timeZone });
      for (const after of [Date.UTC(3000, 0, 3), 8.64e15, Number.POSITIVE_INFINITY])
        expect(nextSlot(made, after, 0)).toBeNull();
    }
  });

  it('given a time before 1970, when asked, then the first slot is in 1970', () => {
    expect(iso([nextSlot(rule({ cron: '0 2 * * *', timeZone: 'Asia/Tokyo' }), -8.64e15, 0)])).toEqual([
      '1970-01-01T17:00:00Z',
    ]);
  });

  it('given milliseconds after a slot, when asked, then the same slot does not come again', () => {
    const made = rule({ cron: '* * * * * *', timeZone: 'Asia/Kolkata' });
    const slot = utc('2026-05-01T00:00:07');
    expect(nextSlot(made, slot - 1, 0)).toBe(slot);
    expect(nextSlot(made, slot, 0)).toBe(slot + second);
    expect(nextSlot(made, slot + 999, 0)).toBe(slot + second);
  });
});

describe('cron when the clocks change', () => {
  const berlin = 'Europe/Berlin'; // 2026: 29 March 02:00 → 03:00 (01:00Z), 25 October 03:00 → 02:00 (01:00Z)
  const newYork = 'America/New_York'; // 2026: 8 March 02:00 → 03:00 (07:00Z), 1 November 02:00 → 01:00 (06:00Z)
  const lordHowe = 'Australia/Lord_Howe'; // 2026: 5 April 02:00 → 01:30 (3 April 15:00Z …), 4 October 02:00 → 02:30 (15:30Z)

  it.each<[string, RecurrenceOptions, string, readonly string[]]>([
    [
      'Berlin, gap, by default',
      { cron: '30 2 * * *', timeZone: berlin },
      '2026-03-28T02:00:00',
      ['2026-03-29T01:00:00Z', '2026-03-30T00:30:00Z'],
    ],
    [
      'Berlin, gap, skip',
      { cron: '30 2 * * *', timeZone: berlin, dst: { gap: 'skip' } },
      '2026-03-28T02:00:00',
      ['2026-03-30T00:30:00Z', '2026-03-31T00:30:00Z'],
    ],
    [
      'New York, gap, shift',
      { cron: '15 2 * * *', timeZone: newYork, dst: { gap: 'shift' } },
      '2026-03-07T08:00:00',
      ['2026-03-08T07:00:00Z', '2026-03-09T06:15:00Z'],
    ],
    [
      'New York, gap, skip',
      { cron: '15 2 * * *', timeZone: newYork, dst: { gap: 'skip' } },
      '2026-03-07T08:00:00',
      ['2026-03-09T06:15:00Z'],
    ],
    [
      'Lord Howe, gap of half an hour, shift',
      { cron: '15 2 * * *', timeZone: lordHowe },
      '2026-10-03T12:00:00',
      ['2026-10-03T15:30:00Z', '2026-10-04T15:15:00Z'],
    ],
    [
      'Lord Howe, gap of half an hour, skip',
      { cron: '15 2 * * *', timeZone: lordHowe, dst: { gap: 'skip' } },
      '2026-10-03T12:00:00',
      ['2026-10-04T15:15:00Z'],
    ],
    [
      'Berlin, overlap, by default',
      { cron: '30 2 * * *', timeZone: berlin },
      '2026-10-24T12:00:00',
      ['2026-10-25T00:30:00Z', '2026-10-26T01:30:00Z'],
    ],
    [
      'Berlin, overlap, both',
      { cron: '30 2 * * *', timeZone: berlin, dst: { overlap: 'both' } },
      '2026-10-24T12:00:00',
      ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z', '2026-10-26T01:30:00Z'],
    ],
    [
      'New York, overlap, first',
      { cron: '30 1 * * *', timeZone: newYork, dst: { overlap: 'first' } },
      '2026-10-31T12:00:00',
      ['2026-11-01T05:30:00Z', '2026-11-02T06:30:00Z'],
    ],
    [
      'New York, overlap, both',
      { cron: '30 1 * * *', timeZone: newYork, dst: { overlap: 'both' } },
      '2026-10-31T12:00:00',
      ['2026-11-01T05:30:00Z', '2026-11-01T06:30:00Z', '2026-11-02T06:30:00Z'],
    ],
    [
      'Lord Howe, overlap, first',
      { cron: '45 1 * * *', timeZone: lordHowe },
      '2026-04-04T12:00:00',
      ['2026-04-04T14:45:00Z', '2026-04-05T15:15:00Z'],
    ],
    [
      'Lord Howe, overlap, both',
      { cron: '45 1 * * *', timeZone: lordHowe, dst: { overlap: 'both' } },
      '2026-04-04T12:00:00',
      ['2026-04-04T14:45:00Z', '2026-04-04T15:15:00Z', '2026-04-05T15:15:00Z'],
    ],
    [
      'two of a list in the gap: one slot',
      { cron: '0,30 2 * * *', timeZone: berlin },
      '2026-03-28T02:00:00',
      ['2026-03-29T01:00:00Z', '2026-03-30T00:00:00Z'],
    ],
    [
      'the gap and the hour after it: one slot',
      { cron: '0 2,3 * * *', timeZone: berlin },
      '2026-03-28T12:00:00',
      ['2026-03-29T01:00:00Z', '2026-03-30T00:00:00Z', '2026-03-30T01:00:00Z'],
    ],
    [
      'a list in the overlap, first',
      { cron: '0,30 2 * * *', timeZone: berlin },
      '2026-10-24T12:00:00',
      ['2026-10-25T00:00:00Z', '2026-10-25T00:30:00Z', '2026-10-26T01:00:00Z'],
    ],
    [
      'a list in the overlap, both: each pass in order',
      { cron: '0,30 2 * * *', timeZone: berlin, dst: { overlap: 'both' } },
      '2026-10-24T12:00:00',
      [
        '2026-10-25T00:00:00Z',
        '2026-10-25T00:30:00Z',
        '2026-10-25T01:00:00Z',
        '2026-10-25T01:30:00Z',
        '2026-10-26T01:00:00Z',
      ],
    ],
    [
      'hourly through a gap: each real hour',
      { cron: '0 * * * *', timeZone: berlin },
      '2026-03-28T23:30:00',
      ['2026-03-29T00:00:00Z', '2026-03-29T01:00:00Z', '2026-03-29T02:00:00Z'],
    ],
    [
      'hourly through an overlap: each real hour, whatever dst says',
      { cron: '0 * * * *', timeZone: berlin, dst: { overlap: 'first' } },
      '2026-10-24T23:30:00',
      ['2026-10-25T00:00:00Z', '2026-10-25T01:00:00Z', '2026-10-25T02:00:00Z'],
    ],
    [
      'hourly on Lord Howe: at its half hours',
      { cron: '0 * * * *', timeZone: lordHowe },
      '2026-10-03T14:00:00',
      ['2026-10-03T14:30:00Z', '2026-10-03T16:00:00Z', '2026-10-03T17:00:00Z'],
    ],
    [
      'some quarters of a skipped hour: none',
      { cron: '*/15 2 * * *', timeZone: berlin },
      '2026-03-28T12:00:00',
      ['2026-03-30T00:00:00Z'],
    ],
    [
      'a gap that ends at midnight',
      { cron: '30 23 * * *', timeZone: 'America/Scoresbysund' },
      '2026-03-28T12:00:00',
      ['2026-03-29T01:00:00Z', '2026-03-30T00:30:00Z'],
    ],
    [
      'a day lost to the date line',
      { cron: '30 2 * * *', timeZone: 'Pacific/Apia' },
      '2011-12-29T00:00:00',
      ['2011-12-29T12:30:00Z', '2011-12-30T12:30:00Z'],
    ],
    [
      'an offset that is not whole minutes',
      { cron: '0 2 * * *', timeZone: 'Africa/Monrovia' },
      '1971-06-01T12:00:00',
      ['1971-06-02T02:44:30Z'],
    ],
  ])('given %s, when asked, then the slots are the documented ones', (_name, options, from, slots) => {
    expect(slotsFrom(options, from, slots.length)).toEqual(slots);
  });

  it.each([berlin, newYork, 'Asia/Kathmandu'])(
    'given */15 in %s, when the clocks change, then it stays a real quarter of an hour apart',
    (timeZone) => {
      for (const from of ['2026-03-07T00:00:00', '2026-03-28T00:00:00', '2026-10-24T00:00:00', '2026-10-31T00:00:00']) {
        const slots = preview(rule({ cron: '*/15 * * * *', timeZone }), utc(from), 200);
        slots.slice(1).forEach((slot, i) => {
          expect(slot - (slots[i] as number)).toBe(15 * minute);
        });
      }
    },
  );

  it('given a slot each second, when an hour is skipped, then the search jumps over it', () => {
    const made = rule({ cron: '* * * * * *', timeZone: berlin });
    const before = performance.now();
    expect(iso([nextSlot(made, utc('2026-03-29T00:59:59'), 0)])).toEqual(['2026-03-29T01:00:00Z']);
    expect(performance.now() - before).toBeLessThan(10);
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
      expect(performance.now() - before).toBeLessThan(50);
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
    expect(performance.now() - before).toBeLessThan(300);
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

/** Zones whose clocks change at different hours, by different amounts, on both halves of the globe, or not at all. */
const zoneNames = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/Havana',
  'America/Santiago',
  'Africa/Casablanca',
  'Africa/Cairo',
  'Asia/Kathmandu',
  'Asia/Beirut',
  'Antarctica/Troll',
  'Pacific/Chatham',
] as const;

const anyField = (low: number, high: number): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant('*') },
    { weight: 4, arbitrary: fc.integer({ min: low, max: high }).map(String) },
    { weight: 1, arbitrary: fc.integer({ min: 2, max: Math.min(12, high) }).map((step) => `*/${step}`) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.integer({ min: low, max: high }), fc.integer({ min: low, max: high }))
        .map((pair) => pair.join(',')),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.integer({ min: low, max: high }), fc.integer({ min: low, max: high }))
        .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    },
  );

/** Mostly the small hours, which the clocks skip and repeat. */
const anyHour = fc.oneof(anyField(0, 23), anyField(0, 3));
const anyDay = fc.oneof(
  { weight: 3, arbitrary: fc.constant('*') },
  anyField(1, 28),
  fc.constantFrom('L', '15W', 'LW', '31'),
);
const anyWeekday = fc.oneof(
  { weight: 3, arbitrary: fc.constant('*') },
  anyField(0, 6),
  fc.constantFrom('SUNL', 'SUN#2', 'MON-FRI'),
);
const anyCron = fc
  .tuple(
    fc.option(anyField(0, 59), { nil: null }),
    anyField(0, 59),
    anyHour,
    anyDay,
    fc.constantFrom('*', '*', '3-11'),
    anyWeekday,
  )
  .map((fields) => fields.filter((field) => field !== null).join(' '));
const anyZone = fc.constantFrom(...zoneNames);
const anyDst = fc.record({
  gap: fc.constantFrom('shift' as const, 'skip' as const),
  overlap: fc.constantFrom('first' as const, 'both' as const),
});
const anyMissed = fc.constantFrom('latest' as const, 'skip' as const, 'all' as const);

/** Any time of thirty years, and times within two hours of a change of some zone's clocks, to the ms. */
const changes = zoneNames.flatMap((timeZone) => clockChanges(timeZone));
const anyTime = fc.oneof(
  fc.integer({ min: utc('2020-01-01T00:00:00'), max: utc('2050-01-01T00:00:00') }),
  fc.tuple(fc.constantFrom(...changes), fc.integer({ min: -2 * hour, max: 2 * hour })).map(([at, off]) => at + off),
);

function clockChanges(timeZone: string): readonly number[] {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  const offset = (at: number): string | undefined => format.format(at).split('GMT')[1];
  const found: number[] = [];
  for (let at = utc('2026-01-01T00:00:00'); at < utc('2027-01-01T00:00:00'); at += day) {
    if (offset(at) === offset(at + day)) continue;
    for (let half = at; half < at + day; half += hour / 2)
      if (offset(half) !== offset(half + hour / 2)) found.push(half + hour / 2);
  }
  return found;
}

const anyCronRule = fc
  .record({
    cron: anyCron,
    timeZone: anyZone,
    dst: anyDst,
    missed: anyMissed,
    repeat: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
  })
  .map((options) => rule(options));
const anyEveryRule = fc
  .record({
    every: fc.oneof(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 40 * day })),
    startAt: fc.option(anyTime, { nil: undefined }),
    missed: anyMissed,
    repeat: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
  })
  .map((options) => rule(options));
const anyAtRule = fc.record({ at: anyTime, missed: anyMissed }).map((options) => rule(options));
const anyRule = fc.oneof({ weight: 4, arbitrary: anyCronRule }, { weight: 2, arbitrary: anyEveryRule }, anyAtRule);

describe('properties', () => {
  it('given any rule and time, when the next slot is asked, then it is later, and no slot lies between', () => {
    fc.assert(
      fc.property(anyRule, anyTime, fc.double({ min: 0, max: 1, noNaN: true }), (made, after, part) => {
        const slot = nextSlot(made, after, 0);
        if (slot === null) return;
        expect(slot).toBeGreaterThan(after);
        // From anywhere between, the same slot is next: this is what the search for the latest one stands on.
        expect(nextSlot(made, Math.floor(after + (slot - 1 - after) * part), 0)).toBe(slot);
        const following = nextSlot(made, slot, 0);
        if (following !== null) expect(following).toBeGreaterThan(slot);
      }),
      { numRuns: 1_500 },
    );
  });

  it('given any rule, when previewed, then it agrees with asking for one slot after the other', () => {
    fc.assert(
      fc.property(anyRule, anyTime, fc.integer({ min: 0, max: 12 }), (made, from, n) => {
        const slots: number[] = [];
        let after = from;
        while (slots.length < n) {
          const slot = nextSlot(made, after, slots.length);
          if (slot === null) break;
          slots.push(slot);
          after = slot;
        }
        expect(preview(made, from, n)).toEqual(slots);
      }),
      { numRuns: 500 },
    );
  });

  it('given any interval, when slots are asked, then each is whole intervals from the anchor', () => {
    fc.assert(
      fc.property(anyEveryRule, anyTime, (made, from) => {
        if (made.kind !== 'every') throw new Error('not an interval');
        for (const slot of preview(made, from, 5)) expect(Math.abs(slot - made.anchorAt) % made.everyMs).toBe(0);
      }),
      { numRuns: 1_000 },
    );
  });

  it('given any missed time, when due slots are asked, then they lie in it, in order, and agree with a walk', () => {
    const gone = fc.oneof(fc.integer({ min: 0, max: 3 * minute }), fc.integer({ min: 0, max: 30 * day }));
    fc.assert(
      fc.property(anyRule, anyTime, gone, fc.integer({ min: 1, max: 20 }), (made, from, goneMs, limit) => {
        const nextAt = nextSlot(made, from, 0);
        if (nextAt === null) return;
        const end = nextAt + goneMs;
        const due = dueSlots(made, nextAt, end, 0, limit);

        const walk = preview(
          { ...made, ...(made.kind === 'at' ? {} : { repeat: null }) } as Recurrence,
          from,
          200,
        ).filter((slot) => slot <= end);
        expect(due.fire.length).toBeLessThanOrEqual(limit);
        expect(due.firedCount).toBe(due.fire.length);
        for (const slot of due.fire) expect(slot >= nextAt && slot <= end).toBe(true);
        if (made.missed === 'all') {
          const most = made.kind === 'at' || made.repeat === null ? limit : Math.min(limit, made.repeat);
          expect(due.fire).toEqual(walk.slice(0, most));
          return;
        }
        if (due.nextAt !== null) expect(due.nextAt).toBeGreaterThan(end);
        if (walk.length === 200) return; // There may be more slots than were walked.
        const latest = walk.at(-1) as number;
        expect(due.fire).toEqual(made.missed === 'skip' && end - latest > minute ? [] : [latest]);
        const passed = walk.length - 1;
        expect(due.skipped).toBe(
          (made.kind === 'cron' ? Math.min(passed, 100) : passed) + (due.fire.length === 0 ? 1 : 0),
        );
      }),
      { numRuns: 600 },
    );
  });

  // croner in a zone knows two of the four clock policies: it is an oracle for how wall-clock times are laid onto
  // the zone. The other two are what either of them has, and what both have.
  it.each<[gap: 'shift' | 'skip', overlap: 'first' | 'both', (a: readonly number[], b: readonly number[]) => number[]]>(
    [
      ['shift', 'first', (dayTimes) => [...dayTimes]],
      ['skip', 'both', (_, intervals) => [...intervals]],
      ['shift', 'both', (dayTimes, intervals) => [...new Set([...dayTimes, ...intervals])].sort((a, b) => a - b)],
      ['skip', 'first', (dayTimes, intervals) => dayTimes.filter((slot) => intervals.includes(slot))],
    ],
  )('given %s and %s, when compared with croner in the zone, then the slots are the same', (gap, overlap, combine) => {
    const runs = (cron: Cron, from: number): readonly number[] =>
      cron.nextRuns(8, new Date(from)).map((date) => date.getTime());
    fc.assert(
      fc.property(anyCron, anyZone, anyTime, (cron, timeZone, from) => {
        const dayTimes = runs(new Cron(cron, { timezone: timeZone, fixedTimeRule: 'no-wildcard' }), from);
        const intervals = runs(new Cron(withStep(cron), { timezone: timeZone }), from);
        const theirs = combine(dayTimes, intervals).slice(0, 4);
        expect(iso(preview(rule({ cron, timeZone, dst: { gap, overlap } }), from, theirs.length))).toEqual(iso(theirs));
      }),
      { numRuns: 250 },
    );
  });
});

/** The same pattern with a step in its seconds, which makes croner treat it as an interval, not as a time of day. */
function withStep(cron: string): string {
  const fields = cron.split(' ');
  if (fields.length === 5) return `0-0/1 ${cron}`;
  const [seconds, ...others] = fields;
  const first = /^\d+/.exec(seconds as string)?.[0];
  return first === undefined ? cron : `${seconds},${first}-${first}/1 ${others.join(' ')}`;
}
