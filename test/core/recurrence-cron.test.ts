import { describe, expect, it } from 'vitest';

import { nextSlot, preview, type RecurrenceOptions } from '../../src/core/recurrence/index.js';
import { iso, minute, rule, second, slotsFrom, utc } from './recurrence-fixture.js';

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
  const lordHowe = 'Australia/Lord_Howe'; // 2026: 5 April 02:00 → 01:30 (15:00Z), 4 October 02:00 → 02:30 (15:30Z)

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
    expect(performance.now() - before).toBeLessThan(100);
  });
});
