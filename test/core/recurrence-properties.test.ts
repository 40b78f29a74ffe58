import { Cron } from 'croner';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { dueSlots, nextSlot, preview, type Recurrence } from '../../src/core/recurrence/index.js';
import { day, hour, iso, minute, rule, utc } from './recurrence-fixture.js';

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
