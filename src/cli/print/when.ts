/** Moments and spans, as people read them. */

import { durationMs } from '../../core/duration.js';
import { UsageError } from '../settings.js';

/** `12s`, `3m20s`, `45m`, `1h59m`, `15h`, `3d`: no more than a person wants to know. */
export function span(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1_000);
  const minutes = seconds < 600 ? Math.floor(seconds / 60) : Math.round(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (seconds < 60) return `${seconds}s`;
  if (minutes < 10) return `${minutes}m${rest(seconds % 60, 's')}`;
  if (minutes < 60) return `${minutes}m`;
  if (hours < 10) return `${hours}h${rest(minutes % 60, 'm')}`;
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}

function rest(n: number, unit: string): string {
  return n === 0 ? '' : `${n}${unit}`;
}

/** `in 5m`, `3m ago`. */
export function relative(at: number, now: number): string {
  return at > now ? `in ${span(at - now)}` : `${span(now - at)} ago`;
}

/** By the wall clock of this machine: `2030-01-01 02:00:00 +01:00`. */
export function stamp(at: number): string {
  const minutes = -new Date(at).getTimezoneOffset();
  const wall = new Date(Math.min(at + minutes * 60_000, LAST_INSTANT)).toISOString().replace('T', ' ');
  const two = (n: number): string => String(Math.floor(n)).padStart(2, '0');
  const offset = `${minutes < 0 ? '-' : '+'}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
  return `${wall.slice(0, wall.indexOf('.'))} ${offset}`;
}

/** The last that a Date can hold: jobs may be due then. */
const LAST_INSTANT = 8.64e15;

/** By the wall clock of a zone: `2030-01-01 02:00:00 Europe/Berlin`. */
export function stampIn(at: number, timeZone: string): string {
  // This locale writes dates as ISO does.
  return `${new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(at)} ${timeZone}`;
}

/** Epoch ms of a date, or of a time so long ago (`2h`). @throws UsageError */
export function pastMoment(text: string, option: string, now: number): number {
  return /^\d+(\.\d+)?\s*[a-z]+$/.test(text) ? now - durationMs(text, option) : moment(text, option);
}

const written = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|[+-]\d\d:\d\d)?)?$/;

/** Epoch ms of a date in ISO form, by the wall clock here if it names no offset, or of epoch ms as digits. @throws UsageError */
export function moment(text: string, option: string): number {
  if (/^\d{10,}$/.test(text)) return Number(text);
  const [, date = '', time = '00:00', offset = ''] = written.exec(text) ?? [];
  // Date.parse takes 31 February for 3 March, and a date without a time for one of UTC.
  const day = Date.parse(`${date}T00:00Z`);
  const at = Date.parse(`${date}T${time}${offset}`);
  if (Number.isNaN(day) || Number.isNaN(at)) {
    throw new UsageError(
      `${option} is '${text}'; write a date such as 2030-01-31, 2030-01-31T18:00 or 2030-01-31T18:00Z, or epoch milliseconds.`,
    );
  }
  if (new Date(day).toISOString().startsWith(date)) return at;
  throw new UsageError(`${option} is '${text}', and that month has no day ${date.slice(-2)}; write one that there is.`);
}
