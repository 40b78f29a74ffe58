/**
 * The rules of constraint groups: may one more run start under this key, and if not, when?
 *
 * Pure: the store keeps a `KeyState` per key and asks these functions. Limits count live leases.
 */

/** A group's limits, as stored. They hold per key. */
export interface GroupLimits {
  /** Runs at once; `null` = no limit. */
  readonly maxConcurrent: number | null;
  /** From the end of the last run to the next start, ms. */
  readonly cooldownMs: number;
  /** At most `limit` starts in any window of `perMs`. */
  readonly rate: { readonly limit: number; readonly perMs: number } | null;
}

export interface KeyState {
  /** Live leases under this key. */
  readonly running: number;
  /** When the last run ended; `null` = never. */
  readonly endedAt: number | null;
  /** Starts within the rate's window, oldest first, as pairs: latest instant, count. Empty without a rate. */
  readonly starts: readonly number[];
}

export const freshKey: KeyState = { running: 0, endedAt: null, starts: [] };

export const noLimits: GroupLimits = { maxConcurrent: null, cooldownMs: 0, rate: null };

/**
 * A window keeps hardly more pairs than this. Starts closer together than perMs / 64 share one pair under
 * the later instant, so a start may wait up to perMs / 64 longer, and the limit holds in every window.
 */
const RATE_RESOLUTION = 64;

/** How many more runs may start under the key now. `Infinity` = no limit. */
export function room(limits: GroupLimits, key: KeyState, now: number): number {
  if (cooldownEndsAt(limits, key) > now) return 0;
  const slots = limits.maxConcurrent === null ? Infinity : limits.maxConcurrent - key.running;
  const starts = limits.rate === null ? Infinity : limits.rate.limit - startsSince(key, now - limits.rate.perMs);
  return Math.max(0, Math.min(slots, starts));
}

/** When time alone gives the key room: `now` if it has some; `null` if a run must end first. */
export function opensAt(limits: GroupLimits, key: KeyState, now: number): number | null {
  if (limits.maxConcurrent !== null && key.running >= limits.maxConcurrent) return null;
  return Math.max(now, cooldownEndsAt(limits, key), rateOpensAt(limits, key));
}

/** The key after one more run started. */
export function started(limits: GroupLimits, key: KeyState, now: number): KeyState {
  return { running: key.running + 1, endedAt: key.endedAt, starts: withStart(limits, key.starts, now) };
}

/** The key after a run ended at `endedAt`, or (null) was given back without having run, which starts no cooldown. */
export function ended(key: KeyState, endedAt: number | null): KeyState {
  const last = endedAt === null ? key.endedAt : Math.max(endedAt, key.endedAt ?? endedAt);
  return { running: Math.max(0, key.running - 1), endedAt: last, starts: key.starts };
}

/** Whether the key tells of instants later than now, as it does after the clock stepped back. */
export function isAhead(key: KeyState, now: number): boolean {
  return (key.endedAt ?? now) > now || key.starts.some((value, i) => i % 2 === 0 && value > now);
}

/** The key with nothing later than now: a clock that stepped back must not stretch its cooldown. */
export function cutToNow(key: KeyState, now: number): KeyState {
  return {
    running: key.running,
    endedAt: key.endedAt === null ? null : Math.min(key.endedAt, now),
    starts: key.starts.map((value, i) => (i % 2 === 0 ? Math.min(value, now) : value)),
  };
}

/** Nothing of the key matters any more: forgetting it changes no answer. */
export function isForgettable(limits: GroupLimits, key: KeyState, now: number): boolean {
  return key.running === 0 && room(limits, key, now) === room(limits, freshKey, now);
}

/**
 * The stored form of a group's key: group and key in one string that no other pair makes.
 * The key itself is opaque; a slash in it means nothing. A colon never stands before the slash, so no
 * constraint key looks like the name that an orphan is parked under.
 */
export function constraintKey(group: string, key: string): string {
  return `${group.replace(/[%/:]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)}/${key}`;
}

export function groupOfKey(stored: string): string {
  return decodeURIComponent(stored.slice(0, stored.indexOf('/')));
}

export function valueOfKey(stored: string): string {
  return stored.slice(stored.indexOf('/') + 1);
}

function cooldownEndsAt(limits: GroupLimits, key: KeyState): number {
  return key.endedAt === null || limits.cooldownMs === 0 ? 0 : key.endedAt + limits.cooldownMs;
}

function startsSince(key: KeyState, windowStart: number): number {
  let count = 0;
  for (let i = 0; i < key.starts.length; i += 2) {
    if ((key.starts[i] as number) > windowStart) count += key.starts[i + 1] as number;
  }
  return count;
}

/** The first instant at which enough starts have left the window. */
function rateOpensAt(limits: GroupLimits, key: KeyState): number {
  if (limits.rate === null) return 0;
  let within = 0;
  for (let i = key.starts.length - 2; i >= 0; i -= 2) {
    within += key.starts[i + 1] as number;
    if (within >= limits.rate.limit) return (key.starts[i] as number) + limits.rate.perMs;
  }
  return 0;
}

function withStart(limits: GroupLimits, starts: readonly number[], now: number): readonly number[] {
  if (limits.rate === null) return starts.length === 0 ? starts : [];
  const { perMs } = limits.rate;
  const kept: number[] = [];
  for (let i = 0; i < starts.length; i += 2) {
    if ((starts[i] as number) > now - perMs) kept.push(starts[i] as number, starts[i + 1] as number);
  }
  const last = kept.length - 2;
  const bucket = Math.ceil(perMs / RATE_RESOLUTION);
  // A pair is widened only while it stays within one bucket of its first start, so pairs can't creep along.
  if (last >= 0 && Math.floor((kept[last] as number) / bucket) === Math.floor(now / bucket)) {
    kept[last] = now;
    kept[last + 1] = (kept[last + 1] as number) + 1;
  } else {
    kept.push(now, 1);
  }
  return kept;
}
