import { OptionError } from '../errors.js';
import { nextCronSlot } from './cron-slots.js';
import { quote } from './quote.js';
import { type EveryRecurrence, lastInstant, type Recurrence } from './rule.js';

/**
 * How late a slot may be without being missed (ms): a tick is never quite on time. A slot is missed as soon
 * as the next one is due too, so for short intervals the interval is the limit.
 */
export const missedAfterMs = 60_000;

/** The most slots that one `preview` shows. */
const longestPreview = 1_000;

/**
 * The first slot of a schedule that is registered now, or null if it has none.
 *
 * It is `nextSlot`, but for a user who wrote `at: Date.now()`: by the time that this is asked, the moment has passed.
 * So an `at`, or the given `startAt` of an `every`, is still a slot if it lies in the last minute.
 */
export function firstSlot(rule: Recurrence, now: number): number | null {
  const given = rule.kind === 'at' ? rule.at : rule.kind === 'every' ? rule.startAt : null;
  const isRecent = given !== null && given <= now && now - given <= missedAfterMs;
  return nextSlot(rule, isRecent ? given - 1 : now, 0);
}

/**
 * The first slot strictly after `after` (epoch ms), or null when the rule has ended: `repeat` is used up, `endAt` or
 * an `at` is over. Cron slots lie between the years 1970 and 2999.
 *
 * @param firedCount how many slots made a job so far
 */
export function nextSlot(rule: Recurrence, after: number, firedCount: number): number | null {
  if (isUsedUp(rule, firedCount)) return null;
  switch (rule.kind) {
    case 'at':
      return rule.at > after ? rule.at : null;
    case 'every':
      return notPast(rule.endAt, nextInterval(rule, after));
    case 'cron':
      return notPast(rule.endAt, nextCronSlot(rule, rule.startAt === null ? after : Math.max(after, rule.startAt - 1)));
  }
}

/**
 * The next `n` slots after `from` (epoch ms) of a rule that has not fired yet; fewer if it ends.
 *
 * @throws OptionError unless n is a whole number from 0 to 1000 and `from` is finite
 */
export function preview(rule: Recurrence, from: number, n: number): readonly number[] {
  if (!Number.isInteger(n) || n < 0 || n > longestPreview) {
    throw new OptionError(
      `A preview of ${quote(n)} slots was asked for; ask for a whole number from 0 to ${longestPreview}.`,
    );
  }
  if (!Number.isFinite(from))
    throw new OptionError(`A preview from ${quote(from)} was asked for; give epoch milliseconds.`);
  const slots: number[] = [];
  for (
    let slot = nextSlot(rule, from, 0);
    slot !== null && slots.length < n;
    slot = nextSlot(rule, slot, slots.length)
  ) {
    slots.push(slot);
  }
  return slots;
}

/**
 * How long after its slot a job is due: 0 to `jitterMs` ms, both included.
 *
 * @param slotHash any 32-bit hash of the slot's key; the same hash gives the same delay on every worker
 */
export function slotJitter(rule: Recurrence, slotHash: number): number {
  return Math.floor(((slotHash >>> 0) / 2 ** 32) * (rule.jitterMs + 1));
}

export function isUsedUp(rule: Recurrence, firedCount: number): boolean {
  const most = rule.kind === 'at' ? 1 : rule.repeat;
  return most !== null && firedCount >= most;
}

/** Counted from the anchor each time, so that no error adds up. Slots before a given `startAt` don't exist. */
function nextInterval(rule: EveryRecurrence, after: number): number | null {
  const first = rule.startAt === null ? 1 : 0;
  const intervals = Math.max(first, Math.floor((after - rule.anchorAt) / rule.everyMs) + 1);
  const slot = rule.anchorAt + intervals * rule.everyMs;
  return slot <= lastInstant ? slot : null;
}

function notPast(endAt: number | null, slot: number | null): number | null {
  return slot !== null && endAt !== null && slot > endAt ? null : slot;
}
