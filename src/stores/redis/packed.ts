/** A job as the scripts keep it: a packed record. `lua/format.ts` is the other side of it, and draws its shape. */

import { isJobId, partitionOf } from '../../core/id.js';
import {
  type ClaimedJob,
  type JobError,
  type JobRecord,
  type JobState,
  type NewJob,
  type Placement,
  type Rare,
  READER_VERSION,
  RECORD_VERSION,
  type Reason,
  type Unique,
} from '../../core/job.js';

/** By their number in a record: new ones are added at the end. */
const reasons: readonly Reason[] = [
  'enqueued',
  'claimed',
  'completed',
  'skipped',
  'threw',
  'timed-out',
  'lease-expired',
  'released',
  'snoozed',
  'discarded',
  'non-retryable',
  'invalid-input',
  'invalid-result',
  'corrupt',
  'unknown-task',
  'newer-record',
  'keyed',
  'cancelled',
  'replaced',
  'suspended',
  'resumed',
  'promoted',
  'redriven',
  'schedule-changed',
];

export function reasonCode(reason: Reason): number {
  return reasons.indexOf(reason);
}

export function reasonOf(code: number): Reason {
  return reasons[code] ?? 'corrupt';
}

/** What the letter of a place means; `lua/places.ts` says where each stands. */
const placesByLetter: Readonly<Record<string, { readonly state: JobState; readonly placement: Placement | null }>> = {
  L: { state: 'pending', placement: 'ready' },
  Z: { state: 'pending', placement: 'ready' },
  D: { state: 'pending', placement: 'delayed' },
  K: { state: 'pending', placement: 'parked' },
  O: { state: 'pending', placement: 'parked' },
  R: { state: 'running', placement: null },
  S: { state: 'suspended', placement: null },
  C: { state: 'completed', placement: null },
  F: { state: 'failed', placement: null },
  X: { state: 'cancelled', placement: null },
};

export function stateOf(letter: string): JobState {
  const place = placesByLetter[letter];
  if (place === undefined) throw new RangeError(`'${letter}' is no place of a job.`);
  return place.state;
}

/** The letters of all places of these states. */
export function lettersOf(states: readonly JobState[]): string {
  return Object.keys(placesByLetter)
    .filter((letter) => states.includes(stateOf(letter)))
    .join('');
}

/** Flags of the record, as in `lua/format.ts`. */
const SUSPECT = 1;
const CANCEL = 2;
const UNIQUE = 4;
const TAILED = 8;
const PARKED = 16;
const INPUT = 32;

/** What few jobs have, in the meta of their record. */
interface Extras {
  readonly partition?: number;
  readonly recordVersion?: number;
  readonly minReader?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly unique?: Unique;
  readonly digest?: string;
  readonly rare?: Rare;
}

type MetaList = readonly [task: string, queue: string, maxAttempts: number | null, extras?: Extras];

/** What never changes of a job, as text: meta, keys, input. */
export function restOf(job: NewJob): string {
  const keys = job.keys === null || job.keys.length === 0 ? '' : JSON.stringify(job.keys);
  return `${metaText(job)}\n${keys}\n${job.input ?? ''}`;
}

export function inputFlag(job: NewJob): number {
  return job.input === null ? 0 : INPUT;
}

/** The meta of the job that was asked for last: most have the same as the one before. */
let lastPlain: { readonly task: string; readonly queue: string; readonly maxAttempts: number | null } | null = null;
let lastText = '';

function metaText(job: NewJob): string {
  const { task, queue, maxAttempts } = job;
  if (hasExtras(job)) return JSON.stringify([task, queue, maxAttempts, extrasOf(job)] satisfies MetaList);
  if (lastPlain?.task !== task || lastPlain.queue !== queue || lastPlain.maxAttempts !== maxAttempts) {
    lastPlain = { task, queue, maxAttempts };
    lastText = JSON.stringify([task, queue, maxAttempts] satisfies MetaList);
  }
  return lastText;
}

function hasExtras(job: NewJob): boolean {
  return (
    job.labels !== null ||
    job.unique !== null ||
    job.digest !== null ||
    job.rare !== null ||
    isPartitionStored(job) ||
    job.recordVersion !== RECORD_VERSION ||
    job.minReader !== READER_VERSION
  );
}

/** Only where the id doesn't tell it. */
function isPartitionStored({ partition, id }: NewJob): boolean {
  // Nearly all: the one partition of a store that has no more.
  if (partition === 0 && id.endsWith('000')) return false;
  return partition !== partitionIn(id);
}

function partitionIn(id: string): number {
  return isJobId(id) ? partitionOf(id) : 0;
}

function extrasOf(job: NewJob): Extras {
  return {
    ...(isPartitionStored(job) && { partition: job.partition }),
    ...(job.recordVersion !== RECORD_VERSION && { recordVersion: job.recordVersion }),
    ...(job.minReader !== READER_VERSION && { minReader: job.minReader }),
    ...(job.labels !== null && { labels: job.labels }),
    ...(job.unique !== null && { unique: job.unique }),
    ...(job.digest !== null && { digest: job.digest }),
    ...(job.rare !== null && { rare: job.rare }),
  };
}

/** Metas by their text: few differ. */
const metas = new Map<string, MetaList>();
const METAS_KEPT = 1_000;

function metaOf(text: string): MetaList {
  let meta = metas.get(text);
  if (meta === undefined) {
    meta = JSON.parse(text) as MetaList;
    if (metas.size >= METAS_KEPT) metas.clear();
    // What is a job's own is not worth keeping.
    if (meta.length === 3) metas.set(text, meta);
  }
  return meta;
}

const HEAD_BYTES = 42;
const TAIL_BYTES = 25;
const LINE_BREAK = 10;

/** The parts of a packed record, found but not read. */
interface Parts {
  readonly packed: Buffer;
  readonly flags: number;
  /** Where the tail begins; -1 if there is none. */
  readonly tail: number;
  readonly token: string | null;
  readonly parked: string | null;
  readonly meta: MetaList;
  readonly keys: readonly string[] | null;
  readonly input: string | null;
}

function partsOf(packed: Buffer): Parts {
  const flags = packed[1] as number;
  let at = HEAD_BYTES;
  let tail = -1;
  let token: string | null = null;
  let parked: string | null = null;
  if ((flags & TAILED) !== 0) {
    tail = at;
    const size = packed[at + TAIL_BYTES - 1] as number;
    at += TAIL_BYTES;
    if (size > 0) token = packed.toString('utf8', at, at + size);
    at += size;
  }
  if ((flags & PARKED) !== 0) {
    const size = packed.readUInt16BE(at);
    parked = packed.toString('utf8', at + 2, at + 2 + size);
    at += 2 + size;
  }
  const metaEnd = packed.indexOf(LINE_BREAK, at);
  const keysEnd = packed.indexOf(LINE_BREAK, metaEnd + 1);
  return {
    packed,
    flags,
    tail,
    token,
    parked,
    meta: metaOf(packed.toString('utf8', at, metaEnd)),
    keys: keysEnd === metaEnd + 1 ? null : (JSON.parse(packed.toString('utf8', metaEnd + 1, keysEnd)) as string[]),
    input: (flags & INPUT) === 0 ? null : packed.toString('utf8', keysEnd + 1, packed.length),
  };
}

export function claimedJobOf(id: string, packed: Buffer): ClaimedJob {
  const { flags, token, meta, keys, input } = partsOf(packed);
  const extras = meta[3];
  return {
    id,
    seq: packed.readUIntBE(20, 6),
    token: token as string,
    task: meta[0],
    queue: meta[1],
    minReader: extras?.minReader ?? READER_VERSION,
    input,
    attempt: packed.readUInt32BE(8),
    maxAttempts: meta[2],
    priority: packed.readInt32BE(16),
    suspect: (flags & SUSPECT) !== 0,
    cancelRequested: (flags & CANCEL) !== 0,
    generation: packed.readUInt32BE(12),
    createdAt: packed.readDoubleBE(26),
    dueAt: packed.readDoubleBE(34),
    labels: extras?.labels ?? null,
    keys,
    rare: extras?.rare ?? null,
  };
}

/** The texts that stand beside a record, or null. */
export interface Sides {
  readonly result: string | null;
  /** One error a line. */
  readonly errors: string | null;
  readonly progress: string | null;
}

export function recordOf(id: string, record: Buffer, sides: Sides): JobRecord {
  const { packed, flags, tail, token, parked, meta, keys, input } = partsOf(record);
  const [task, queue, maxAttempts, extras = {}] = meta;
  const place = placesByLetter[String.fromCharCode(packed[0] as number)];
  const timeAt = (offset: number): number | null => {
    const time = tail < 0 ? -1 : packed.readDoubleBE(tail + offset);
    return time < 0 ? null : time;
  };
  return {
    id,
    partition: extras.partition ?? partitionIn(id),
    recordVersion: extras.recordVersion ?? RECORD_VERSION,
    minReader: extras.minReader ?? READER_VERSION,
    seq: packed.readUIntBE(20, 6),
    task,
    queue,
    state: place?.state ?? 'suspended',
    placement: place?.placement ?? null,
    parkedOn: parked,
    reason: reasonOf(packed[2] as number),
    rev: packed.readUInt32BE(4),
    generation: packed.readUInt32BE(12),
    input,
    result: sides.result,
    errors: sides.errors === null ? [] : sides.errors.split('\n').map((line) => JSON.parse(line) as JobError),
    progress: sides.progress,
    priority: packed.readInt32BE(16),
    attempt: packed.readUInt32BE(8),
    maxAttempts,
    suspect: (flags & SUSPECT) !== 0,
    token,
    cancelRequested: (flags & CANCEL) !== 0,
    createdAt: packed.readDoubleBE(26),
    dueAt: packed.readDoubleBE(34),
    claimedAt: timeAt(0),
    endedAt: timeAt(8),
    pruneAt: timeAt(16),
    labels: extras.labels ?? null,
    keys,
    unique: (flags & UNIQUE) === 0 ? null : (extras.unique ?? null),
    digest: extras.digest ?? null,
    rare: extras.rare ?? null,
  };
}
