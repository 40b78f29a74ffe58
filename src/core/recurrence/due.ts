import type { Recurrence } from './rule.js';
import { isUsedUp, missedAfterMs, nextSlot } from './slots.js';

/** What a tick makes of a schedule whose next slot has come. */
export interface DueSlots {
  /** The slots to make a job for now, in order. */
  readonly fire: readonly number[];
  /** The schedule's new next slot (epoch ms), or null if it has ended. Still due if there was more than `limit`. */
  readonly nextAt: number | null;
  /** How many slots passed without a job. Exact for `every`; for `cron` counted up to 100. */
  readonly skipped: number;
  /** `firedCount`, and one more for each slot in `fire`. */
  readonly firedCount: number;
}

/** Counting cron slots means walking them, and a number for a log line isn't worth more. */
const mostCounted = 100;

/**
 * Which slots to make jobs for, by the rule's `missed` policy.
 *
 * `'latest'` fires the latest slot that has come, however late. `'skip'` fires it only if it is at most a minute
 * late. `'all'` fires each one, `limit` at a time and the oldest first; nothing is dropped. A million missed slots
 * cost `'latest'` and `'skip'` a search, not a walk. Only slots that fire count for `repeat`.
 *
 * A caller that drops a slot afterwards (policy `overlap`) takes it off `firedCount`, and asks `nextSlot` again if
 * `nextAt` was null.
 *
 * @param nextAt the schedule's stored next slot, epoch ms; later than `now`: nothing is due
 * @param now epoch ms
 * @param firedCount how many slots made a job so far
 * @param limit the most slots to fire now; below 1: nothing happens
 */
export function dueSlots(rule: Recurrence, nextAt: number, now: number, firedCount: number, limit: number): DueSlots {
  if (isUsedUp(rule, firedCount)) return { fire: [], nextAt: null, skipped: 0, firedCount };
  if (nextAt > now || !(limit >= 1)) return { fire: [], nextAt, skipped: 0, firedCount };
  return rule.missed === 'all'
    ? eachSlot(rule, nextAt, now, firedCount, limit)
    : latestOnly(rule, nextAt, now, firedCount);
}

function eachSlot(rule: Recurrence, nextAt: number, now: number, firedCount: number, limit: number): DueSlots {
  const fire: number[] = [];
  let slot: number | null = nextAt;
  while (slot !== null && slot <= now && fire.length < limit) {
    fire.push(slot);
    slot = nextSlot(rule, slot, firedCount + fire.length);
  }
  return { fire, nextAt: slot, skipped: 0, firedCount: firedCount + fire.length };
}

function latestOnly(rule: Recurrence, nextAt: number, now: number, firedCount: number): DueSlots {
  const latest = latestSlot(rule, nextAt, now, firedCount);
  const isMissed = rule.missed === 'skip' && now - latest > missedAfterMs;
  const fire = isMissed ? [] : [latest];
  const fired = firedCount + fire.length;
  const passed = slotsBetween(rule, nextAt, latest, firedCount);
  return { fire, nextAt: nextSlot(rule, now, fired), skipped: passed + (isMissed ? 1 : 0), firedCount: fired };
}

/**
 * The last slot up to `now`. `nextAt` is due, and is taken for a slot even if the rule would not make it today
 * (a new version of the time zone's rules): it was promised.
 *
 * Found by halving the time, which needs `nextSlot` only: a search backwards would need each rule of time zones and
 * calendars a second time.
 */
function latestSlot(rule: Recurrence, nextAt: number, now: number, firedCount: number): number {
  const slotAfter = (time: number): number | null => {
    const slot = nextSlot(rule, time, firedCount);
    return slot !== null && slot <= now ? slot : null;
  };
  let latest = nextAt;
  // No slot lies after this time and up to now.
  let quietFrom = now;
  for (let slot = slotAfter(latest); slot !== null; slot = slotAfter(latest)) {
    latest = slot;
    const middle = latest + Math.floor((quietFrom - latest) / 2);
    const later = slotAfter(middle);
    if (later === null) quietFrom = middle;
    else latest = later;
  }
  return latest;
}

/** How many slots lie from `first` up to but without `last`, both slots. */
function slotsBetween(rule: Recurrence, first: number, last: number, firedCount: number): number {
  if (rule.kind === 'every') return Math.floor((last - first) / rule.everyMs);
  let count = 0;
  for (let slot: number | null = first; slot !== null && slot < last && count < mostCounted; count += 1) {
    slot = nextSlot(rule, slot, firedCount);
  }
  return count;
}
