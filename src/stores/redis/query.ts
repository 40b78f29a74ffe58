/** Reading: records, pages, counts, and what explains a job. */

import { freshKey, type GroupLimits, type KeyState, noLimits, opensAt } from '../../core/constraint.js';
import type { JobRecord, JobState } from '../../core/job.js';
import type { Counts, Inspection, JobFilter, KeyInspection, ListReply } from '../../store/contract.js';
import { noCounts } from '../../store/index.js';
import { listOf, type Reply, textOf, textOrNull, textsOf } from './client.js';
import type { Connection } from './connection.js';
import { lettersOf, recordOf, stateOf } from './packed.js';
import { scripts } from './scripts.js';

/** At most this many records are looked at for one page, and by one call of a count: the server does nothing else meanwhile. */
const LOOKED_AT = 2_000;
const COUNTED = 100_000;
/** What stands for a job in a reply. */
const RECORD_PARTS = 5;

export async function get(connection: Connection, ids: readonly string[]): Promise<readonly (JobRecord | null)[]> {
  connection.checkOpen();
  if (ids.length === 0) return [];
  const found = new Map(recordsOf(listOf(await connection.run(scripts.get, {}, ids))).map((job) => [job.id, job]));
  return ids.map((id) => found.get(id) ?? null);
}

export async function list(
  connection: Connection,
  filter: JobFilter,
  cursor: string | null,
  limit: number,
): Promise<ListReply> {
  const args = { ...filterArgs(filter, cursor), limit: Math.min(limit, 1_000), lookedAt: LOOKED_AT };
  const [next, ...parts] = listOf(await connection.run(scripts.list, args));
  return { jobs: recordsOf(parts), cursor: cursorOf(next) };
}

export async function count(connection: Connection, filter: JobFilter): Promise<Counts> {
  const { states, queue, ...others } = filter;
  const letters = states === undefined ? null : lettersOf(states);
  if (Object.values(others).some((value) => value !== undefined)) return countByLooking(connection, filter);
  const fields = textsOf(await connection.run(scripts.counts, {}));
  const n: [string, number][] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const field = fields[i] as string;
    if (queue !== undefined && field.slice(1) !== queue) continue;
    if (letters === null || letters.includes(field.charAt(0))) n.push([field.charAt(0), Number(fields[i + 1])]);
  }
  return countsOf(n, true);
}

async function countByLooking(connection: Connection, filter: JobFilter): Promise<Counts> {
  const n: [string, number][] = [];
  let cursor: string | null = null;
  for (let looked = 0; looked < COUNTED; looked += LOOKED_AT) {
    const args = { ...filterArgs(filter, cursor), lookedAt: LOOKED_AT };
    const [next, ...pairs]: readonly Reply[] = listOf(await connection.run(scripts.tallies, args));
    for (let i = 0; i < pairs.length; i += 2) n.push([textOf(pairs[i]), Number(pairs[i + 1])]);
    cursor = cursorOf(next);
    if (cursor === null) return countsOf(n, true);
  }
  return countsOf(n, false);
}

function countsOf(tallies: readonly (readonly [letter: string, n: number])[], exact: boolean): Counts {
  const counts = noCounts();
  for (const [letter, n] of tallies) {
    counts[stateOf(letter)] += n;
    if (letter === 'D') counts.delayed += n;
    if (letter === 'K') counts.parked += n;
    if (letter === 'O') counts.orphaned += n;
  }
  return { ...counts, exact };
}

/** The filter as the scripts read it. */
export function filterArgs({ states, ...filter }: JobFilter, cursor: string | null): object {
  return {
    filter,
    letters: states === undefined ? undefined : lettersOf(states),
    cursor: cursor === null ? undefined : Number(cursor),
  };
}

export function cursorOf(reply: Reply | undefined): string | null {
  const text = textOf(reply);
  return text === '' ? null : text;
}

function recordsOf(parts: readonly Reply[]): JobRecord[] {
  const records: JobRecord[] = [];
  for (let i = 0; i < parts.length; i += RECORD_PARTS) {
    records.push(
      recordOf(textOf(parts[i]), parts[i + 1] as Buffer, {
        result: textOrNull(parts[i + 2]),
        errors: textOrNull(parts[i + 3]),
        progress: textOrNull(parts[i + 4]),
      }),
    );
  }
  return records;
}

export async function inspect(connection: Connection, id: string): Promise<Inspection | null> {
  const [now, record, queue, running, worker, expiresAt, ...keys] = listOf(
    await connection.run(scripts.inspect, {}, [id]),
  );
  if (now === undefined) return null;
  const settings = jsonOf<{ paused?: boolean; concurrency?: number | null }>(queue) ?? {};
  const at = Number(textOf(now));
  return {
    now: at,
    job: recordsOf(listOf(record))[0] as JobRecord,
    queue: {
      paused: settings.paused ?? false,
      concurrency: settings.concurrency ?? null,
      running: Number(running),
    },
    keys: keys.map((key) => keyOf(listOf(key), at)),
    claim: textOf(worker) === '' ? null : { worker: textOf(worker), expiresAt: Number(textOf(expiresAt)) },
  };
}

function keyOf([name, state, group, waiting, holders]: readonly Reply[], now: number): KeyInspection {
  const key = keyStateOf(textOf(state));
  const limits = limitsOf(jsonOf<StoredLimits>(group));
  return {
    key: textOf(name),
    limits,
    running: key.running,
    waiting: Number(waiting),
    holders: textsOf(holders),
    opensAt: opensAt(limits, key, now),
  };
}

/** As `pack_key` of `lua/turnstile.ts` writes it. */
export function keyStateOf(packed: string): KeyState {
  if (packed === '') return freshKey;
  const [running, ended, ...starts] = packed.split(' ');
  return { running: Number(running), endedAt: ended === '-' ? null : Number(ended), starts: starts.map(Number) };
}

/** A group's limits as the scripts read them. */
export interface StoredLimits {
  readonly most?: number | undefined;
  readonly cooldown?: number | undefined;
  readonly rate?: number | undefined;
  readonly per?: number | undefined;
}

export function storedLimits({ maxConcurrent, cooldownMs, rate }: GroupLimits): StoredLimits {
  return {
    most: maxConcurrent ?? undefined,
    cooldown: cooldownMs === 0 ? undefined : cooldownMs,
    rate: rate?.limit,
    per: rate?.perMs,
  };
}

export function limitsOf(stored: StoredLimits | null): GroupLimits {
  if (stored === null) return noLimits;
  const { most = null, cooldown = 0, rate, per } = stored;
  return {
    maxConcurrent: most,
    cooldownMs: cooldown,
    rate: rate === undefined || per === undefined ? null : { limit: rate, perMs: per },
  };
}

function jsonOf<T>(reply: Reply | undefined): T | null {
  const text = textOf(reply);
  return text === '' ? null : (JSON.parse(text) as T);
}

export function controlStateOf(letter: Reply | undefined): JobState | null {
  const text = textOf(letter);
  return text === '' ? null : stateOf(text);
}
