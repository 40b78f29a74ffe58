import { describe, expect, it } from 'vitest';

import { OptionError, ScheduleError } from '../../src/core/errors.js';
import {
  type Recurrence,
  type RecurrenceOptions,
  recurrence,
  recurrenceOptionNames,
  sameRecurrence,
} from '../../src/core/recurrence/index.js';
import { now, rule } from './recurrence-fixture.js';

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
    'given %s, when the rule is made, then an error says at once what is wrong',
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
      // 5 ms on a quiet machine; an unbounded search of the calendar takes hundreds.
      expect(took).toBeLessThan(100);
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
