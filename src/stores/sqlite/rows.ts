/** A job as a row: what its columns hold, and the record made of them. */

import type { ClaimedJob, JobRecord, JobState, NewJob, Placement, Rare, Reason, Unique } from '../../core/job.js';
import type { SqlValue } from './driver.js';

/** A job's state, and for a pending one also where it waits. The indexes of the schema name these numbers. */
export const DELAYED = 0;
export const READY = 1;
/** On the constraint key that `parked_on` names. */
export const PARKED = 2;
/** For a worker that knows the name in `parked_on`. */
export const ORPHANED = 3;
/** Due, without keys, and claimed alone. */
export const SUSPECT = 4;
/** As `PARKED`, but claimed alone. */
export const PARKED_SUSPECT = 5;
export const SUSPENDED = 6;
export const RUNNING = 7;
export const COMPLETED = 8;
export const FAILED = 9;
export const CANCELLED = 10;
export const PLACES = 11;

const states: readonly JobState[] = [
  'pending',
  'pending',
  'pending',
  'pending',
  'pending',
  'pending',
  'suspended',
  'running',
  'completed',
  'failed',
  'cancelled',
];

const placements: readonly (Placement | null)[] = ['delayed', 'ready', 'parked', 'parked', 'ready', 'parked'];

export function stateOf(place: number): JobState {
  return states[place] as JobState;
}

export function placesOf(wanted: readonly JobState[]): readonly number[] {
  return states.flatMap((state, place) => (wanted.includes(state) ? [place] : []));
}

/** Bits of `flags`: each makes the row leave the fast statements of claim and settle. */
const IS_SUSPECT = 1;
const CANCEL_REQUESTED = 2;
export const HAS_KEYS = 4;
const HAS_UNIQUE = 8;

/** The columns as `SELECT` answers them. */
export interface JobRow {
  readonly seq: number;
  readonly place: number;
  readonly rev: number;
  readonly attempt: number;
  readonly token: string | null;
  readonly claimed_at: number | null;
  readonly ended_at: number | null;
  readonly prune_at: number | null;
  readonly reason: string;
  readonly priority: number;
  readonly due_at: number;
  readonly created_at: number;
  readonly flags: number;
  readonly max_attempts: number | null;
  readonly id: string;
  readonly queue: string;
  readonly task: string;
  readonly parked_on: string | null;
  readonly keep_count: number | null;
  readonly extra: string | null;
  readonly errors: string | null;
  readonly progress: string | null;
  readonly result: string | null;
  readonly input: string | null;
}

/** A job in the middle of a change: its record, and what only the row knows. */
export interface StoredJob {
  readonly record: JobRecord;
  readonly place: number;
  /** At most this many ended jobs of its task are kept; `null` = no such bound. */
  readonly keepCount: number | null;
  /** Its row can't be read whole. */
  readonly isDamaged: boolean;
}

/** The fields of `extra`, which is written only if one of them is not at its default. */
interface Extra {
  readonly partition?: number;
  readonly recordVersion?: number;
  readonly minReader?: number;
  readonly generation?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly keys?: readonly string[];
  readonly unique?: Unique;
  readonly digest?: string;
  readonly rare?: Rare;
}

const noExtra: Extra = {};

/** @throws SyntaxError if the text is damaged */
function readExtra(text: string | null): Extra {
  if (text === null) return noExtra;
  const extra: unknown = JSON.parse(text);
  if (typeof extra !== 'object' || extra === null || Array.isArray(extra)) throw new SyntaxError('A damaged record.');
  return extra;
}

/** Null if there are none, or if the text is damaged. */
export function readKeys(extra: string | null): readonly string[] | null {
  return readable(() => readExtra(extra).keys ?? null, null);
}

/** What can still be read: a damaged record is shown and ended, never hidden. */
function readable<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** Null if all is at its default. */
export function writeExtra(
  job: Pick<JobRecord, Exclude<keyof Extra, 'generation'>>,
  generation: number,
): string | null {
  const { partition, recordVersion, minReader, labels, keys, unique, digest, rare } = job;
  const isPlain =
    labels === null &&
    keys === null &&
    unique === null &&
    digest === null &&
    rare === null &&
    partition === 0 &&
    recordVersion === 1;
  if (isPlain && minReader === 1 && generation === 1) return null;
  return JSON.stringify({
    partition: partition === 0 ? undefined : partition,
    recordVersion: recordVersion === 1 ? undefined : recordVersion,
    minReader: minReader === 1 ? undefined : minReader,
    generation: generation === 1 ? undefined : generation,
    labels: labels ?? undefined,
    keys: keys ?? undefined,
    unique: unique ?? undefined,
    digest: digest ?? undefined,
    rare: rare ?? undefined,
  });
}

export function flagsOf(record: Pick<JobRecord, 'suspect' | 'cancelRequested' | 'keys' | 'unique'>): number {
  return (
    (record.suspect ? IS_SUSPECT : 0) |
    (record.cancelRequested ? CANCEL_REQUESTED : 0) |
    (record.keys === null ? 0 : HAS_KEYS) |
    (record.unique === null ? 0 : HAS_UNIQUE)
  );
}

export function storedJob(row: JobRow): StoredJob {
  return { record: recordOf(row), place: row.place, keepCount: row.keep_count, isDamaged: isDamaged(row) };
}

export function recordOf(row: JobRow): JobRecord {
  const extra = readable(() => readExtra(row.extra), noExtra);
  return {
    id: row.id,
    partition: extra.partition ?? 0,
    recordVersion: extra.recordVersion ?? 1,
    minReader: extra.minReader ?? 1,
    seq: row.seq,
    task: row.task,
    queue: row.queue,
    state: stateOf(row.place),
    placement: placements[row.place] ?? null,
    parkedOn: row.parked_on,
    reason: row.reason as Reason,
    rev: row.rev,
    generation: extra.generation ?? 1,
    input: row.input,
    result: row.result,
    errors: row.errors === null ? [] : readable(() => JSON.parse(row.errors as string), []),
    progress: row.progress,
    priority: row.priority,
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    suspect: (row.flags & IS_SUSPECT) !== 0,
    token: row.token,
    cancelRequested: (row.flags & CANCEL_REQUESTED) !== 0,
    createdAt: row.created_at,
    dueAt: row.due_at,
    claimedAt: row.claimed_at,
    endedAt: row.ended_at,
    pruneAt: row.prune_at,
    labels: extra.labels ?? null,
    keys: extra.keys ?? null,
    unique: extra.unique ?? null,
    digest: extra.digest ?? null,
    rare: extra.rare ?? null,
  };
}

function isDamaged(row: JobRow): boolean {
  return row.extra !== null && readable(() => readExtra(row.extra) === undefined, true);
}

/**
 * The record that an insert makes, before it is placed. Spelled out, not spread: it is made for every
 * job, and Node 20 spreads slowly.
 */
export function newRecord(job: NewJob, seq: number, now: number): JobRecord {
  return {
    id: job.id,
    partition: job.partition,
    recordVersion: job.recordVersion,
    minReader: job.minReader,
    seq,
    task: job.task,
    queue: job.queue,
    state: 'pending',
    placement: null,
    parkedOn: null,
    reason: 'enqueued',
    rev: 1,
    generation: 1,
    input: job.input,
    result: null,
    errors: [],
    progress: null,
    priority: job.priority,
    attempt: 0,
    maxAttempts: job.maxAttempts,
    suspect: false,
    token: null,
    cancelRequested: false,
    createdAt: now,
    dueAt: dueAtOf(job, now),
    claimedAt: null,
    endedAt: null,
    pruneAt: null,
    labels: job.labels,
    keys: job.keys === null || job.keys.length === 0 ? null : job.keys,
    unique: job.unique,
    digest: job.digest,
    rare: job.rare,
  };
}

/** Whole milliseconds, never early. */
function dueAtOf(job: NewJob, now: number): number {
  return Math.ceil(job.dueAt ?? now + job.delayMs);
}

/** The columns that a claim reads, in the order in which `claimedJob` takes them. */
export const claimColumns: readonly string[] = [
  'seq',
  'id',
  'task',
  'queue',
  'input',
  'attempt',
  'max_attempts',
  'priority',
  'flags',
  'created_at',
  'due_at',
  'extra',
  'place',
];

export const SEQ_AT = 0;
export const FLAGS_AT = 8;
export const PLACE_AT = 12;

/**
 * Of a row that is claimed, or about to be, in which case the attempt that the claim will count is counted here.
 *
 * @throws SyntaxError if the row is damaged
 */
export function claimedJob(row: readonly SqlValue[], token: string): ClaimedJob {
  const flags = row[FLAGS_AT] as number;
  const extra = readExtra(row[11] as string | null);
  return {
    id: row[1] as string,
    seq: row[SEQ_AT] as number,
    token,
    task: row[2] as string,
    queue: row[3] as string,
    minReader: extra.minReader ?? 1,
    input: row[4] as string | null,
    attempt: (row[5] as number) + (row[PLACE_AT] === RUNNING ? 0 : 1),
    maxAttempts: row[6] as number | null,
    priority: row[7] as number,
    suspect: (flags & IS_SUSPECT) !== 0,
    cancelRequested: (flags & CANCEL_REQUESTED) !== 0,
    generation: extra.generation ?? 1,
    createdAt: row[9] as number,
    dueAt: row[10] as number,
    labels: extra.labels ?? null,
    keys: extra.keys ?? null,
    rare: extra.rare ?? null,
  };
}

/** From a record that was claimed through the transitions. */
export function claimedRecord(record: JobRecord): ClaimedJob {
  const { id, seq, task, queue, minReader, input, attempt, maxAttempts, priority, suspect } = record;
  const { cancelRequested, generation, createdAt, dueAt, labels, keys, rare } = record;
  const token = record.token as string;
  return {
    ...{ id, seq, token, task, queue, minReader, input, attempt, maxAttempts, priority, suspect },
    ...{ cancelRequested, generation, createdAt, dueAt, labels, keys, rare },
  };
}
