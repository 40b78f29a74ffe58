import { OptionError } from './errors.js';

/** A length of time: milliseconds, or a number with a unit: `'250ms'`, `'10s'`, `'5m'`, `'1h'`, `'7d'`, `'2w'`. */
export type Duration = number | string;

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

const pattern = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)$/;

/**
 * Milliseconds of a duration.
 *
 * @param what the option's name, quoted in the error
 * @throws OptionError if it is neither a finite number ≥ 0 nor a number with a unit
 */
export function durationMs(value: Duration, what: string): number {
  if (typeof value === 'number') {
    if (Number.isFinite(value) && value >= 0) return value;
    throw new OptionError(`${what} is ${value}; it must be a finite number of milliseconds, 0 or more.`);
  }
  const match = typeof value === 'string' ? pattern.exec(value.trim()) : null;
  if (match === null) {
    throw new OptionError(
      `${what} is ${typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value)}; write milliseconds as a number, or a number with a unit: '250ms', '10s', '5m', '1h', '7d', '2w'.`,
    );
  }
  const ms = Number(match[1]) * (unitMs[match[2] as string] as number);
  if (Number.isFinite(ms)) return ms;
  throw new OptionError(`${what} is longer than a number can hold.`);
}
