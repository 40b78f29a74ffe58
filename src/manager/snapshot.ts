/** A job as a user sees it. */

import { decode } from '../core/codec/index.js';
import type { JobError, JobRecord, JobState, Placement, Reason } from '../core/job.js';

/** A job as it was when it was asked for. */
export interface JobSnapshot<TInput = unknown, TOutput = unknown> {
  /** The job's id. */
  readonly id: string;
  /** The name of its task. */
  readonly task: string;
  /** Where it waits, or waited. */
  readonly queue: string;
  /** What has become of it. */
  readonly state: JobState;
  /** Why it is in its state. */
  readonly reason: Reason;
  /** Of a pending job: where it waits. */
  readonly placement: Placement | null;
  /** Of a parked job: the stored constraint key, or the name (`task:…`) that a worker must know. */
  readonly parkedOn: string | null;
  /** Undefined also if the record is corrupt. */
  readonly input: TInput | undefined;
  /** Undefined until it has completed, and if the record is corrupt. */
  readonly result: TOutput | undefined;
  /** The last five failures. */
  readonly errors: readonly JobError[];
  /** The last of `errors`. */
  readonly lastError: JobError | undefined;
  /** 0 to 100. */
  readonly progress: number;
  /** The step that its run began last. */
  readonly step: string | undefined;
  /** A larger one runs first. */
  readonly priority: number;
  /** Attempts that counted, in this generation. */
  readonly attempt: number;
  /** `Infinity` = without end. */
  readonly maxAttempts: number;
  /** Those of its task when it was enqueued, and its own. */
  readonly labels: Readonly<Record<string, string>>;
  /** Stored constraint keys: `group/key`. */
  readonly keys: readonly string[];
  /** It runs, and was asked to stop. */
  readonly cancelRequested: boolean;
  /** A lease of it expired once; it is run beside no other such job. */
  readonly suspect: boolean;
  /** Epoch ms, by the store's clock. */
  readonly createdAt: number;
  /** When it is due, or was; epoch ms. */
  readonly dueAt: number;
  /** When its latest claim was taken; epoch ms. */
  readonly claimedAt: number | undefined;
  /** When it ended; epoch ms. */
  readonly endedAt: number | undefined;
  /** The schedule that made it, and the slot (epoch ms). */
  readonly schedule: { readonly id: string; readonly slot: number } | undefined;
  /** The job that enqueued it, if one did. */
  readonly parentId: string | undefined;
  /** Raised by every redrive, from 1. */
  readonly generation: number;
  /** Raised by every change. */
  readonly rev: number;
}

export function snapshotOf(job: JobRecord): JobSnapshot {
  const progress = readable(job.progress) as { percent?: number; step?: string | null } | undefined;
  const { scheduleId, scheduleSlot, parentId } = job.rare ?? {};
  return {
    id: job.id,
    task: job.task,
    queue: job.queue,
    state: job.state,
    reason: job.reason,
    placement: job.placement,
    parkedOn: job.parkedOn,
    input: readable(job.input),
    result: readable(job.result),
    errors: job.errors,
    lastError: job.errors.at(-1),
    progress: job.state === 'completed' ? 100 : (progress?.percent ?? 0),
    step: progress?.step ?? undefined,
    priority: job.priority,
    attempt: job.attempt,
    maxAttempts: job.maxAttempts ?? Infinity,
    labels: job.labels ?? {},
    keys: job.keys ?? [],
    cancelRequested: job.cancelRequested,
    suspect: job.suspect,
    createdAt: job.createdAt,
    dueAt: job.dueAt,
    claimedAt: job.claimedAt ?? undefined,
    endedAt: job.endedAt ?? undefined,
    schedule: scheduleId === undefined ? undefined : { id: scheduleId, slot: scheduleSlot as number },
    parentId,
    generation: job.generation,
    rev: job.rev,
  };
}

/** A corrupt value must not hide the rest of the record from who looks for it. */
function readable(text: string | null): unknown {
  try {
    return decode(text);
  } catch {
    return undefined;
  }
}
