import { Cron } from 'croner';

import { ScheduleError } from '../errors.js';
import { BoundedCache } from './bounded-cache.js';
import { cut, quote } from './quote.js';

/**
 * A compiled cron pattern: which wall-clock times it names, in no time zone.
 *
 * croner reads the pattern and knows the calendar (29 February, L, W, #). It is run at UTC offset 0, where no
 * hour is missing or repeated, because it walks a missing hour second by second; `cron-slots.ts` lays
 * the wall-clock times onto a zone's real ones.
 */
export interface CronPattern {
  /**
   * True if seconds, minutes and hours hold no `*`, `?` or step. Such a job means a time of day, which
   * a change of the clocks may hide or repeat; any other means "again and again" and follows the real time.
   */
  readonly isFixedTime: boolean;
  /** The first time (ms of wall clock, as if it were UTC) after `wall` that the pattern names; null past year 2999. */
  nextWall(wall: number): number | null;
}

/** A compiled pattern takes about 80 kB inside croner, and compiling one about 30 µs: few are worth keeping. */
const compiled: BoundedCache<CronPattern> = new BoundedCache(64, compile);

/** Enough for a list of every value of every field. */
const longestPattern = 1_000;

/** croner's calendar ends here. */
const pastLastYear = Date.UTC(3000, 0, 1);

const shape =
  "Write five fields (minute hour day month weekday), or six with seconds first: '0 2 * * *' is every day at 02:00.";

/**
 * The pattern of a cron in its normal form, from a cache.
 *
 * @param cron what `normalCron` returned
 */
export function cronPattern(cron: string): CronPattern {
  return compiled.get(cron);
}

/**
 * Checks a cron that a user typed and returns its normal form: fields one space apart, nicknames such as `@daily`
 * spelled out.
 *
 * @throws ScheduleError if it is too long, can't be read, or names no day of any year
 */
export function normalCron(cron: unknown): string {
  if (typeof cron !== 'string') throw new ScheduleError(`cron is ${quote(cron)}; it must be a string. ${shape}`);
  // Before anything that reads the text: the cost of reading grows with its length.
  if (cron.length > longestPattern) {
    throw new ScheduleError(
      `cron ${quote(cron)} is too long; the limit is ${longestPattern} characters. Use ranges and steps instead of lists.`,
    );
  }
  const fields = cron.trim().split(/\s+/);
  const isNickname = fields.length === 1 && cron.includes('@');
  if (fields.length !== 5 && fields.length !== 6 && !isNickname) {
    throw new ScheduleError(`cron ${quote(cron)} has ${cron.trim() === '' ? 0 : fields.length} fields. ${shape}`);
  }
  // croner takes any text with a colon for a date.
  if (cron.includes(':')) throw new ScheduleError(`cron ${quote(cron)} has a colon, which no field takes. ${shape}`);
  const normal = calendarOf(fields.join(' ')).getPattern() ?? fields.join(' ');
  refuseIfNever(normal);
  return normal;
}

/**
 * Fourteen calendars are all there are: a leap year or not, starting on each day of the week. A pattern that names no
 * day in these fourteen years never fires. Asking that takes some 5 ms at worst, where croner's own search, over 400
 * years, takes up to 140.
 */
const allCalendars = '2024-2030,2032-2034,2036,2040,2044,2048';
const beforeAllCalendars = new Date(Date.UTC(2023, 11, 31));

function refuseIfNever(cron: string): void {
  const days = cron.split(' ').slice(-3).join(' ');
  const calendar = new Cron(`0 0 0 ${days} ${allCalendars}`, { mode: '7-part', utcOffset: 0 });
  if (calendar.nextRun(beforeAllCalendars) !== null) return;
  throw new ScheduleError(`cron ${quote(cron)} never fires: no year has such a day. Change its day, month or weekday.`);
}

function compile(cron: string): CronPattern {
  const calendar = calendarOf(cron);
  const timeFields = cron.split(' ').slice(0, -3);
  return {
    isFixedTime: !timeFields.some((field) => /[*?/]/.test(field)),
    nextWall: (wall) => (wall >= pastLastYear ? null : (calendar.nextRun(new Date(wall))?.getTime() ?? null)),
  };
}

function calendarOf(cron: string): Cron {
  try {
    return new Cron(cron, { mode: '5-or-6-parts', utcOffset: 0 });
  } catch (cause) {
    const reason =
      cause instanceof Error ? cause.message.replace(/^Cron(Pattern)?: /, '').replace(/\.$/, '') : String(cause);
    throw new ScheduleError(`cron ${quote(cron)} can't be read: ${cut(reason)}. ${shape}`, { cause });
  }
}
