import { type Duration, durationMs } from '../duration.js';
import { OptionError, ScheduleError } from '../errors.js';
import { nextCronSlot } from './cron-slots.js';
import { normalCron } from './pattern.js';
import { quote } from './quote.js';
import {
  type AtRecurrence,
  type Bounds,
  type CronRecurrence,
  type EveryRecurrence,
  gapPolicies,
  lastInstant,
  missedPolicies,
  overlapPolicies,
  type Policies,
  type Recurrence,
  type RecurrenceOptions,
  repeatedPolicies,
} from './rule.js';
import { normalTimeZone } from './zone.js';

/**
 * Checks what a user typed and returns its normal form.
 *
 * A time in the past is no error, because a program that registers its schedules at each start would then stop
 * starting; such a rule has no next slot.
 *
 * @param now epoch ms; the anchor of an `every` without `startAt`
 * @throws ScheduleError for a pattern, interval, date or time zone that can't be scheduled, or never fires
 * @throws OptionError for a policy that doesn't exist, or an option that its kind of recurrence doesn't take
 */
export function recurrence(options: RecurrenceOptions, now: number): Recurrence {
  const kinds = (['at', 'every', 'cron'] as const).filter((kind) => options[kind] !== undefined);
  const [kind, ...more] = kinds;
  if (kind === undefined)
    throw new ScheduleError("A schedule needs one of at, every or cron, for instance every: '5m'.");
  if (more.length > 0) {
    const given = kinds.map((name) => `${name} ${quote(options[name])}`).join(' and ');
    throw new ScheduleError(`A schedule takes one of at, every and cron, but got ${given}. Make a schedule for each.`);
  }
  switch (kind) {
    case 'at':
      return atRule(options);
    case 'every':
      return everyRule(options, now);
    case 'cron':
      return cronRule(options);
  }
}

function atRule(options: RecurrenceOptions): AtRecurrence {
  refuse(options, 'at', ['timeZone', 'dst', 'repeat', 'startAt', 'endAt']);
  return { kind: 'at', at: instant(options.at, 'at'), ...policies(options) };
}

function everyRule(options: RecurrenceOptions, now: number): EveryRecurrence {
  refuse(options, 'every', ['timeZone', 'dst']);
  const limits = bounds(options);
  return {
    kind: 'every',
    everyMs: intervalMs(options.every),
    anchorAt: limits.startAt ?? instant(now, 'now'),
    ...limits,
    ...policies(options),
  };
}

function cronRule(options: RecurrenceOptions): CronRecurrence {
  const rule: CronRecurrence = {
    kind: 'cron',
    cron: normalCron(options.cron),
    timeZone: options.timeZone === undefined ? 'UTC' : normalTimeZone(options.timeZone),
    dst: clockPolicies(options.dst),
    ...bounds(options),
    ...policies(options),
  };
  // Each day of the pattern exists, but its time may lie in skipped hours only.
  if (rule.timeZone !== 'UTC' && nextCronSlot(rule, Date.UTC(2024, 0, 1)) === null) {
    throw new ScheduleError(
      `cron ${quote(options.cron)} never fires in ${rule.timeZone}: it names only times that the clocks skip. ` +
        'Choose another hour.',
    );
  }
  return rule;
}

/** An option that would be silently without effect is more likely a mistake than a wish. */
function refuse(options: RecurrenceOptions, kind: 'at' | 'every', names: readonly (keyof RecurrenceOptions)[]): void {
  for (const name of names) {
    if (options[name] === undefined) continue;
    const hint = kind === 'every' ? "'every' counts real time; use cron for times on a clock" : "'at' fires once";
    throw new OptionError(`${name} ${quote(options[name])} has no effect with '${kind}': ${hint}. Leave ${name} out.`);
  }
}

function intervalMs(every: unknown): number {
  // Longer than any duration is; and the error of a duration quotes all of it.
  if ((typeof every !== 'number' && typeof every !== 'string') || String(every).length > 40) {
    throw new ScheduleError(
      `every is ${quote(every)}; give milliseconds, or a number with a unit: '30s', '5m', '1h', '7d'.`,
    );
  }
  const ms = readDuration(every);
  if (ms >= 1 && ms <= lastInstant) return Math.round(ms);
  throw new ScheduleError(
    `every is ${quote(every)}; it must be 1 ms or more, and less than the ${lastInstant} ms that a date can hold.`,
  );
}

function readDuration(every: Duration): number {
  try {
    return durationMs(every, 'every');
  } catch (cause) {
    throw new ScheduleError(
      cause instanceof Error ? cause.message : `every is ${quote(every)}, which is no duration.`,
      { cause },
    );
  }
}

function bounds(options: RecurrenceOptions): Bounds {
  const startAt = options.startAt === undefined ? null : instant(options.startAt, 'startAt');
  const endAt = options.endAt === undefined ? null : instant(options.endAt, 'endAt');
  if (startAt !== null && endAt !== null && endAt < startAt) {
    throw new ScheduleError(
      `endAt ${quote(options.endAt)} is before startAt ${quote(options.startAt)}; no slot lies between. Swap them.`,
    );
  }
  return { startAt, endAt, repeat: options.repeat === undefined ? null : jobCount(options.repeat) };
}

function instant(value: unknown, what: string): number {
  const at = value instanceof Date ? value.getTime() : value;
  if (typeof at === 'number' && Math.abs(at) <= lastInstant) return Math.trunc(at);
  throw new ScheduleError(
    `${what} is ${quote(value)}; give a valid Date, or epoch milliseconds such as Date.now() + 60_000.`,
  );
}

function jobCount(repeat: unknown): number {
  if (Number.isSafeInteger(repeat) && (repeat as number) >= 1) return repeat as number;
  throw new OptionError(
    `repeat is ${quote(repeat)}; it must be a whole number, 1 or more. Leave it out to repeat without end.`,
  );
}

function policies(options: RecurrenceOptions): Policies {
  return {
    overlap: oneOf(options.overlap, overlapPolicies, 'skip', 'overlap'),
    missed: oneOf(options.missed, missedPolicies, 'latest', 'missed'),
    jitterMs: options.jitterMs === undefined ? 0 : jitter(options.jitterMs),
  };
}

function clockPolicies(dst: unknown): CronRecurrence['dst'] {
  if (dst !== undefined && (typeof dst !== 'object' || dst === null)) {
    throw new OptionError(`dst is ${quote(dst)}; it must be an object such as { gap: 'skip', overlap: 'first' }.`);
  }
  const { gap, overlap, ...unknown } = (dst ?? {}) as Record<string, unknown>;
  for (const name of Object.keys(unknown)) {
    throw new OptionError(`dst has no option ${quote(name)}; its options are 'gap' and 'overlap'.`);
  }
  return {
    gap: oneOf(gap, gapPolicies, 'shift', 'dst.gap'),
    overlap: oneOf(overlap, repeatedPolicies, 'first', 'dst.overlap'),
  };
}

function jitter(jitterMs: unknown): number {
  if (Number.isSafeInteger(jitterMs) && (jitterMs as number) >= 0) return jitterMs as number;
  throw new OptionError(`jitterMs is ${quote(jitterMs)}; it must be a whole number of milliseconds, 0 or more.`);
}

function oneOf<T extends string>(value: unknown, allowed: readonly T[], fallback: T, what: string): T {
  if (value === undefined) return fallback;
  const found = allowed.find((name) => name === value);
  if (found !== undefined) return found;
  throw new OptionError(
    `${what} is ${quote(value)}; it must be one of ${allowed.map((name) => `'${name}'`).join(', ')}.`,
  );
}
