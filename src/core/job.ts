/**
 * The record of a job, as every store keeps it.
 *
 * Values (input, result, progress) are text made by the codec; times are epoch milliseconds by the
 * store's clock. Fields are only ever added; what no feature uses yet is reserved, so that a record
 * written today is read by every later version.
 */

/** The version of the record that this code writes, and the lowest reader that understands it. */
export const RECORD_VERSION = 1;
export const READER_VERSION = 1;

/** The most constraint keys that one job may have. */
export const MAX_KEYS = 8;

/** What has become of a job. `completed`, `failed` and `cancelled` are its ends. */
export type JobState = 'pending' | 'running' | 'suspended' | 'completed' | 'failed' | 'cancelled';

/**
 * Where a pending job waits: `delayed` until it is due; `ready` to be claimed; `parked` on the
 * constraint key, or for the worker, that `parkedOn` names. A due job with keys is always `parked`, on
 * one of its keys, also while that key has room: it is claimed from there.
 */
export type Placement = 'delayed' | 'ready' | 'parked';

/** Why a job is in its state. */
export type Reason =
  | 'enqueued'
  | 'claimed'
  | 'completed'
  | 'skipped'
  | 'threw'
  | 'timed-out'
  | 'lease-expired'
  | 'released'
  | 'snoozed'
  | 'discarded'
  | 'non-retryable'
  | 'invalid-input'
  | 'invalid-result'
  | 'corrupt'
  | 'unknown-task'
  | 'newer-record'
  | 'keyed'
  | 'cancelled'
  | 'replaced'
  | 'suspended'
  | 'resumed'
  | 'promoted'
  | 'redriven'
  | 'schedule-changed';

/** One failed attempt, as kept in the record: the last five, at most 4 KiB each. */
export interface JobError {
  /** The error's name, such as `TypeError`; of what is no error, its type. */
  readonly name: string;
  /** What it says, shortened if it is long. */
  readonly message: string;
  /** Null if the error had none. */
  readonly stack: string | null;
  /** Why the attempt failed: `threw`, `timed-out`, … */
  readonly reason: Reason;
  /** The number of the attempt, from 1. */
  readonly attempt: number;
  /** Epoch ms by the worker's clock. */
  readonly at: number;
}

/** How long an ended record stays, in ms; `null` = for ever. Every record stays at least 60 s. */
export interface Keep {
  /** Of completed and cancelled jobs. */
  readonly completedMs: number | null;
  /** Of failed jobs. */
  readonly failedMs: number | null;
  /** At most this many ended jobs of the task; `null` = no such bound. */
  readonly count: number | null;
}

export const MIN_KEEP_MS = 60_000;

/** What holds by default: completed and cancelled jobs a day, failed ones two weeks. */
export const defaultKeep: Keep = { completedMs: 86_400_000, failedMs: 14 * 86_400_000, count: null };

/** Coalescing: while a job with this key waits (`started`) or has not ended (`finished`), no second one is made. */
export interface Unique {
  readonly key: string;
  readonly until: 'started' | 'finished';
  readonly onConflict: 'keep' | 'replace';
}

/** Fields that most jobs leave at their defaults; `null` in a record means all of them are. */
export interface Rare {
  readonly namespace?: string;
  readonly taskVersion?: number;
  readonly parentId?: string;
  readonly rootId?: string;
  readonly traceparent?: string;
  readonly expiresAt?: number;
  readonly fairnessKey?: string;
  readonly scheduleId?: string;
  /** The fingerprint that its slot fired under; absent from one that was triggered between the slots. */
  readonly scheduleVersion?: string;
  /** The slot's instant, epoch ms. */
  readonly scheduleSlot?: number;
  readonly keep?: Keep;
  /** Of its attempts, instead of the task's; ms. */
  readonly timeoutMs?: number;
}

/** What a producer gives to `insert`. */
export interface NewJob {
  readonly id: string;
  readonly partition: number;
  readonly recordVersion: number;
  /** The lowest reader version that may run it. */
  readonly minReader: number;
  readonly task: string;
  readonly queue: string;
  readonly input: string | null;
  /** Due this long after the store takes it, unless `dueAt` is given. */
  readonly delayMs: number;
  readonly dueAt: number | null;
  readonly priority: number;
  /** `null` = without end. */
  readonly maxAttempts: number | null;
  readonly labels: Readonly<Record<string, string>> | null;
  /** Stored constraint keys, see `constraintKey`; at most 8. */
  readonly keys: readonly string[] | null;
  readonly unique: Unique | null;
  /** Digest of task and input; set if the id came from an idempotency key. */
  readonly digest: string | null;
  readonly rare: Rare | null;
}

/** The whole record, as `get` and `list` answer it. */
export interface JobRecord {
  readonly id: string;
  readonly partition: number;
  readonly recordVersion: number;
  readonly minReader: number;
  /** Order of arrival within the partition. */
  readonly seq: number;
  readonly task: string;
  readonly queue: string;
  readonly state: JobState;
  readonly placement: Placement | null;
  readonly parkedOn: string | null;
  readonly reason: Reason;
  /** Raised by every transition. */
  readonly rev: number;
  /** Raised by every redrive; from 1. */
  readonly generation: number;
  readonly input: string | null;
  readonly result: string | null;
  readonly errors: readonly JobError[];
  readonly progress: string | null;
  readonly priority: number;
  /** Attempts claimed and not refunded in this generation. */
  readonly attempt: number;
  readonly maxAttempts: number | null;
  /** A lease of it expired once; it is claimed alone from then on. */
  readonly suspect: boolean;
  /** The claim that holds it or held it last. Null after its lease expired, so that a late settle is refused. */
  readonly token: string | null;
  readonly cancelRequested: boolean;
  readonly createdAt: number;
  readonly dueAt: number;
  /** When its latest claim was taken. */
  readonly claimedAt: number | null;
  readonly endedAt: number | null;
  /** When its record may be pruned. */
  readonly pruneAt: number | null;
  readonly labels: Readonly<Record<string, string>> | null;
  readonly keys: readonly string[] | null;
  readonly unique: Unique | null;
  readonly digest: string | null;
  readonly rare: Rare | null;
}

/** What a worker gets of a job that it claimed: no more than it needs to run and settle it. */
export interface ClaimedJob {
  /** The job's id. */
  readonly id: string;
  readonly seq: number;
  readonly token: string;
  /** The name of its task. */
  readonly task: string;
  /** The queue that it waited in. */
  readonly queue: string;
  readonly minReader: number;
  readonly input: string | null;
  /** The number of this attempt, from 1: it is counted already. */
  readonly attempt: number;
  /** `null` = without end. */
  readonly maxAttempts: number | null;
  /** A larger one runs first. */
  readonly priority: number;
  /** A lease of it expired once; it is run beside no other such job. */
  readonly suspect: boolean;
  readonly cancelRequested: boolean;
  /** Raised by every redrive; from 1. */
  readonly generation: number;
  /** When it was enqueued; epoch ms by the store's clock. */
  readonly createdAt: number;
  /** When it was due; epoch ms by the store's clock. */
  readonly dueAt: number;
  /** Null if it has none. */
  readonly labels: Readonly<Record<string, string>> | null;
  /** Stored constraint keys, `group/key`; null if it has none. */
  readonly keys: readonly string[] | null;
  readonly rare: Rare | null;
}

export function isTerminal(state: JobState): boolean {
  return state === 'completed' || state === 'failed' || state === 'cancelled';
}
