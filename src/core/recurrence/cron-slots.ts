import { type CronPattern, cronPattern } from './pattern.js';
import type { CronRecurrence } from './rule.js';
import { type ClockChange, dayMs, place, type Zone, zoneOf } from './zone.js';

/** What a rule does when the clocks change, once it is known whether its pattern names a time of day. */
interface ClockPolicy {
  /** A time in a skipped hour fires at the end of that hour. */
  readonly shifts: boolean;
  /** A time in a repeated hour fires at both instants. */
  readonly repeats: boolean;
}

/** So many skipped or repeated hours in a row without a slot mean that the pattern lies in such hours only. */
const mostChanges = 20;

/**
 * The first instant after `after` at which a cron fires, whatever its bounds; null if there is none.
 *
 * Fixed times follow the rule's `dst`. A pattern with `*` or a step in its seconds, minutes or hours has a slot at
 * each real instant whose wall-clock time fits: none in a skipped hour, in a repeated hour both.
 */
export function nextCronSlot(rule: CronRecurrence, after: number): number | null {
  const pattern = cronPattern(rule.cron);
  // There is nothing to schedule before 1970, and the years before 1 have no wall clock.
  const from = Math.max(after, -1);
  if (rule.timeZone === 'UTC') return pattern.nextWall(from);
  const policy = {
    shifts: pattern.isFixedTime && rule.dst.gap === 'shift',
    repeats: !pattern.isFixedTime || rule.dst.overlap === 'both',
  };
  return nextInZone(pattern, zoneOf(rule.timeZone), policy, from);
}

function nextInZone(pattern: CronPattern, zone: Zone, policy: ClockPolicy, after: number): number | null {
  if (after >= pastZones) return null;
  let wall = after + zone.offsetAt(after);
  const repeat = policy.repeats ? repeatAhead(zone, wall, after) : null;
  for (let changes = 0; changes < mostChanges; changes += 1) {
    const next = pattern.nextWall(wall);
    if (repeat !== null && (next === null || next >= endOfRepeat(repeat))) {
      const again = pattern.nextWall(startOfRepeat(repeat) - 1);
      if (again !== null && again < endOfRepeat(repeat)) return again - repeat.offsetAfter;
    }
    if (next === null) return null;
    const found = slotAt(zone, policy, next, after);
    if ('at' in found) return found.at;
    wall = found.resumeAt;
  }
  return null;
}

/** `nextWall` ends at the year 3000; asking Intl for the far end of what a Date holds would throw. */
const pastZones = Date.UTC(3000, 0, 2);

/** The change that will show the wall-clock time of `after` a second time, if there is one. */
function repeatAhead(zone: Zone, wall: number, after: number): ClockChange | null {
  const here = place(zone, Math.floor(wall / 1_000) * 1_000);
  return here.kind === 'twice' && after < here.change.at ? here.change : null;
}

/** The wall-clock times [start, end) are shown twice. */
function startOfRepeat(change: ClockChange): number {
  return change.at + change.offsetAfter;
}

function endOfRepeat(change: ClockChange): number {
  return change.at + change.offsetBefore;
}

/** The instant of a wall-clock time that the pattern names, or the wall-clock time to search on from. */
function slotAt(
  zone: Zone,
  policy: ClockPolicy,
  wall: number,
  after: number,
): { readonly at: number } | { readonly resumeAt: number } {
  const where = place(zone, wall);
  switch (where.kind) {
    case 'once':
      return where.at > after ? { at: where.at } : { resumeAt: wall };
    case 'twice':
      if (where.first > after) return { at: where.first };
      if (policy.repeats && where.second > after) return { at: where.second };
      return { resumeAt: endOfRepeat(where.change) - 1 };
    case 'skipped': {
      const { change } = where;
      // Where a zone jumped over the date line, the whole day is missing, and with it the job of that day.
      const skipsADay = change.offsetAfter - change.offsetBefore >= dayMs;
      if (policy.shifts && !skipsADay && change.at > after) return { at: change.at };
      return { resumeAt: change.at + change.offsetAfter - 1 };
    }
  }
}
