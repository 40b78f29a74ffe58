import { ScheduleError } from '../errors.js';
import { BoundedCache } from './bounded-cache.js';
import { quote } from './quote.js';

/** A moment at which a zone's clocks change. All in ms. */
export interface ClockChange {
  /** The first instant at which the new offset holds. */
  readonly at: number;
  readonly offsetBefore: number;
  readonly offsetAfter: number;
}

/**
 * Where a wall-clock time lies on the line of real time: at one instant, in an hour that the clocks skip, or
 * in one that they show twice.
 */
export type Place =
  | { readonly kind: 'once'; readonly at: number }
  | { readonly kind: 'skipped'; readonly change: ClockChange }
  | { readonly kind: 'twice'; readonly change: ClockChange; readonly first: number; readonly second: number };

/** A time zone's rules. A wall-clock time is ms as if it were UTC: wall = instant + offset. */
export interface Zone {
  offsetAt(instant: number): number;
}

const zones: BoundedCache<Zone> = new BoundedCache(64, makeZone);

export const dayMs = 86_400_000;

/**
 * The zone of a name that `normalTimeZone` accepted, from a cache.
 *
 * @throws ScheduleError if this runtime doesn't know the zone, as another worker's may have done
 */
export function zoneOf(timeZone: string): Zone {
  return zones.get(timeZone);
}

/**
 * Checks a time zone that a user typed; returns it in its usual spelling.
 *
 * @throws ScheduleError if this runtime doesn't know it, or if it is an offset
 */
export function normalTimeZone(timeZone: unknown): string {
  // Newer runtimes take '+02:00' where older ones throw, and workers of one store may run both.
  if (typeof timeZone !== 'string' || timeZone.length > 100 || !/^[a-z]/i.test(timeZone)) {
    throw new ScheduleError(`timeZone is ${quote(timeZone)}, which is no time zone's name. ${advice}`);
  }
  const resolved = offsetFormat(timeZone).resolvedOptions().timeZone;
  // Its case is corrected; another name for the same zone stays, since runtimes disagree on which is the main one.
  return resolved.toLowerCase() === timeZone.toLowerCase() ? resolved : timeZone;
}

const advice = "Use an IANA name such as 'UTC', 'Europe/Berlin' or 'America/New_York'.";

/** Where a wall-clock time (whole seconds) lies on the line of real time. */
export function place(zone: Zone, wall: number): Place {
  // No zone is a day away from UTC, and none since 1970 changed its clocks twice within six days: one of these
  // two offsets holds.
  const offsetBefore = zone.offsetAt(wall - dayMs);
  const offsetAfter = zone.offsetAt(wall + dayMs);
  if (offsetBefore === offsetAfter) return { kind: 'once', at: wall - offsetBefore };
  const byBefore = wall - offsetBefore;
  const byAfter = wall - offsetAfter;
  const fitsBefore = zone.offsetAt(byBefore) === offsetBefore;
  const fitsAfter = zone.offsetAt(byAfter) === offsetAfter;
  if (fitsBefore !== fitsAfter) return { kind: 'once', at: fitsBefore ? byBefore : byAfter };
  const from = Math.min(byBefore, byAfter);
  const to = Math.max(byBefore, byAfter);
  const change = { at: changeBetween(zone, from, to, offsetBefore), offsetBefore, offsetAfter };
  return fitsBefore ? { kind: 'twice', change, first: from, second: to } : { kind: 'skipped', change };
}

/** Halves the span until the first second of the new offset is left; clocks change at whole seconds. */
function changeBetween(zone: Zone, from: number, to: number, offsetBefore: number): number {
  let before = from;
  let after = to;
  while (after - before > 1_000) {
    const middle = before + Math.floor((after - before) / 2_000) * 1_000;
    if (zone.offsetAt(middle) === offsetBefore) before = middle;
    else after = middle;
  }
  return after;
}

function makeZone(timeZone: string): Zone {
  if (timeZone === 'UTC') return { offsetAt: () => 0 };
  const format = offsetFormat(timeZone);
  return { offsetAt: (instant) => offsetIn(format.format(instant)) };
}

/** Prints the offset itself, which is four times as fast as printing the date's parts. */
function offsetFormat(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  } catch (cause) {
    throw new ScheduleError(`timeZone ${quote(timeZone)} is not known here. ${advice}`, { cause });
  }
}

/** The offset in ms in a text that ends in `GMT`, `GMT+02:00` or `GMT-00:44:30`. */
function offsetIn(text: string): number {
  const match = /GMT(?:([+-])(\d+):(\d+)(?::(\d+))?)?$/.exec(text);
  if (match === null)
    throw new ScheduleError(
      `This runtime's Intl printed ${quote(text)} where a UTC offset was due. Use timeZone 'UTC'.`,
    );
  if (match[1] === undefined) return 0;
  const size = Number(match[2]) * 3_600_000 + Number(match[3]) * 60_000 + Number(match[4] ?? 0) * 1_000;
  return match[1] === '-' ? -size : size;
}
