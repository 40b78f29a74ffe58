/** Texts, tables and moments, as a terminal shows them. */
import { describe, expect, it } from 'vitest';
import { type Column, table } from '../../src/cli/print/table.js';
import { counted, wrapped } from '../../src/cli/print/text.js';
import { moment, pastMoment, relative, span, stamp, stampIn } from '../../src/cli/print/when.js';

describe('a text', () => {
  it('given more words than a line holds, when it is wrapped, then lines end between words', () => {
    expect(wrapped('one two three four', 11, '  ')).toEqual(['  one two', '  three', '  four']);
    expect(wrapped('one two', Number.POSITIVE_INFINITY, '')).toEqual(['one two']);
  });

  it('given one or many, when they are counted, then the noun fits', () => {
    expect([counted(1, 'job'), counted(1_204, 'job')]).toEqual(['1 job', '1,204 jobs']);
  });
});

describe('a table', () => {
  interface Row {
    readonly id: string;
    readonly note: string;
  }
  const columns: readonly Column<Row>[] = [
    { title: 'ID', cell: ({ id }) => id, paint: (text) => `<${text}>` },
    { title: 'NOTE', cell: ({ note }) => note, min: 5 },
  ];
  const rows = [
    { id: '1', note: 'a long note indeed' },
    { id: '22', note: '' },
  ];

  it('given room, when it is made, then nothing is cut and no line ends in blanks', () => {
    expect(table(columns, rows, Number.POSITIVE_INFINITY)).toEqual(['ID  NOTE', '<1 >  a long note indeed', '<22>']);
  });

  it('given little room, when it is made, then columns that may give do, and others stay whole', () => {
    expect(table(columns, rows, 12)).toEqual(['ID  NOTE', '<1 >  a long …', '<22>']);
    expect(table(columns, rows, 3)).toEqual(['ID  NOTE', '<1 >  a lo…', '<22>']);
  });
});

describe('a span', () => {
  it.each([
    [400, '0s'],
    [59_000, '59s'],
    [60_000, '1m'],
    [200_000, '3m20s'],
    [1_500_000, '25m'],
    [7_140_000, '1h59m'],
    [54_000_000, '15h'],
    [260_000_000, '3d'],
  ])('of %d ms is shown as %s', (ms, text) => {
    expect(span(ms)).toBe(text);
  });
});

describe('a moment', () => {
  const now = Date.UTC(2030, 0, 1, 12);

  it('is shown by its distance, by the wall clock here, and by that of a zone', () => {
    expect(relative(now + 5_000, now)).toBe('in 5s');
    expect(relative(now - 5_000, now)).toBe('5s ago');
    expect(Date.parse(stamp(now).replace(' ', 'T').replace(' ', ''))).toBe(now);
    expect(stamp(8.64e15)).toMatch(/^\+275760-09-1[23] \d\d:\d\d:00 /);
    expect(stampIn(now, 'Asia/Kolkata')).toBe('2030-01-01 17:30:00 Asia/Kolkata');
  });

  it('is read from a date, from epoch milliseconds, and from how long ago it was', () => {
    expect(moment('2030-01-01T12:00Z', '--at')).toBe(now);
    expect(moment(String(now), '--at')).toBe(now);
    expect(pastMoment('2h', '--since', now)).toBe(now - 7_200_000);
    expect(pastMoment('2030-01-01T11:00Z', '--since', now)).toBe(now - 3_600_000);
  });

  it('is by the wall clock here, with or without a time, unless it names its offset', () => {
    expect(moment('2030-01-31', '--at')).toBe(new Date(2030, 0, 31).getTime());
    expect(moment('2030-01-31T18:00', '--at')).toBe(new Date(2030, 0, 31, 18).getTime());
    expect(moment('2030-01-31 18:00:30', '--at')).toBe(new Date(2030, 0, 31, 18, 0, 30).getTime());
    expect(moment('2030-01-31T18:00+05:30', '--at')).toBe(Date.UTC(2030, 0, 31, 12, 30));
    expect(moment(stamp(now), '--at')).toBe(now);
  });

  it.each(['2030-02-31', '2030-02-29', '2030-04-31T18:00', '2030-02-30T18:00Z', '2030-01-00'])(
    'given %j, a day that there is not, then it is refused, not taken for another',
    (text) => {
      expect(() => moment(text, '--at')).toThrow(/--at is/);
      expect(() => pastMoment(text, '--since', now)).toThrow(/--since is/);
    },
  );

  it('given a leap day, then it is taken', () => {
    expect(moment('2028-02-29T00:00Z', '--at')).toBe(Date.UTC(2028, 1, 29));
  });

  it.each(['tomorrow', '2030-13-01', '2030-01-31T25:00', '2030-01-31 soon', '12', ''])(
    '%j is refused by the name of its option',
    (text) => {
      expect(() => moment(text, '--at')).toThrow(/--at is/);
    },
  );
});
