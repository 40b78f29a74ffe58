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

/** Epoch ms of a date in ISO form, or of epoch ms as digits. @throws UsageError */
export function moment(text: string, option: string): number {
  const at = /^\d{10,}$/.test(text) ? Number(text) : /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new UsageError(
    `${option} is '${text}'; write a date such as 2030-01-31, 2030-01-31T18:00 or 2030-01-31T18:00Z, or epoch milliseconds.`,
  );
}
