/**
 * The store contract: what every backend promises. The conformance suite in `conformance/` is its
 * definition in tests; this file is its definition in words.
 *
 * A verb is an outcome of the domain, never a row to read or write, and takes a batch. Rules for all:
 *
 * - **Crash-safe**: a crash between any two statements leaves a state that the invariants accept.
 * - **Fenced**: a write about a held job compares the claim's token for equality.
 * - **Bounded**: no verb reads a whole table; no reply and no lock grows with the backlog.
 * - **The store's clock** judges due times, leases and cooldowns. Callers send lengths, not instants,
 *   wherever they can.
 * - **Repeatable**: a call whose reply was lost may be made again with the same arguments.
 */

import type { GroupLimits } from '../core/constraint.js';
import type { JobRecord, JobState, NewJob } from '../core/job.js';
import type { ControlAction } from '../core/transitions.js';
import type {
  EventsCapability,
  HealthCapability,
  LeaderCapability,
  LossesCapability,
  NotifyCapability,
  PartitionsCapability,
  PipelineCapability,
} from './capabilities.js';
import type { ExchangeReply, ExchangeRequest } from './exchange.js';

export type { ControlAction };

/** Where jobs are kept, as a manager sees it. Users make one by a URL or a factory, and call none of its verbs. */
export interface Store {
  /** `memory`, `sqlite`, … */
  readonly kind: string;
  /** For people: where it is (`memory`, a file's path, a server's address without its password). */
  readonly location: string;
  /**
   * What an acknowledged write survives. `none`: nothing; `bounded`: may lose the newest writes; `durable`. Where a
   * server decides, it is known once the store is open, and `bounded` before.
   */
  readonly durability: 'none' | 'bounded' | 'durable';
  /** Terms of a leader, for stores that several processes share. This and what follows is what only some stores can do. */
  readonly leader?: LeaderCapability | undefined;
  /** Hints that another process changed the store. */
  readonly notify?: NotifyCapability | undefined;
  /** Every transition of a job, wherever it was made. */
  readonly events?: EventsCapability | undefined;
  /** What the store finds out about itself. */
  readonly health?: HealthCapability | undefined;
  /** Tells when acknowledged writes are gone. */
  readonly losses?: LossesCapability | undefined;
  /** Which queue lives where, of a store with several partitions. Without it there is one, partition 0. */
  readonly partitions?: PartitionsCapability | undefined;
  /** It works on one call while the next is put together. */
  readonly pipeline?: PipelineCapability | undefined;
  /** Answers that need no wait, of a store that is in this process. */
  readonly direct?: DirectCapability | undefined;

  /** Connects and migrates, or says precisely what is missing. Once; a second call does nothing. */
  open(): Promise<void>;
  /** Releases everything. Once; a second call does nothing. Every other verb rejects from then on. */
  close(): Promise<void>;

  /**
   * Atomic and idempotent per job, by its id; the batch as a whole is not. One answer each, in order.
   * A job that has keys or is not due yet is placed accordingly.
   */
  insert(jobs: readonly NewJob[]): Promise<readonly InsertAnswer[]>;

  /**
   * The hot path, in one round trip where the store can: settles first; then promotes what is due
   * and claims, within bounds. No atomicity between items. A store of several partitions may answer the jobs of one, and
   * of it alone what a reply tells; then there is `more`. Order holds inside each.
   */
  exchange(request: ExchangeRequest): Promise<ExchangeReply>;

  /** The heartbeat: every held claim's lease is `leaseMs` from now. Carries the worker's presence. */
  extend(request: ExtendRequest): Promise<ExtendReply>;

  /** Progress of held jobs, fenced. An answer each. */
  update(changes: readonly ProgressChange[]): Promise<readonly ('ok' | 'lost')[]>;

  /**
   * Chores, at most `limit` records of each kind: jobs whose lease ended are rescued, ended ones past
   * their retention pruned, gone workers forgotten. Correct without a leader, and idempotent.
   */
  maintain(request: MaintainRequest): Promise<MaintainReply>;

  /** Changes chosen jobs. By ids: an answer each. By filter: at most `limit` records are looked at, go on with `cursor`. */
  control(action: ControlAction, selector: Selector, limit: number): Promise<ControlReply>;

  /** The records, `null` for what isn't there, in the order of the ids. */
  get(ids: readonly string[]): Promise<readonly (JobRecord | null)[]>;

  /**
   * One page, newest first. At most `limit` records (≤ 1000), and at most a bounded number looked at:
   * a page may be short, even empty, while `cursor` says that there is more.
   */
  list(filter: JobFilter, cursor: string | null, limit: number): Promise<ListReply>;

  /** How many jobs in each state. Bounded: where it had to stop counting, `exact` is false and the numbers are lower bounds. */
  count(filter: JobFilter): Promise<Counts>;

  /** All that `explain` needs to say why a job isn't running. `null` if the job isn't there. */
  inspect(id: string): Promise<Inspection | null>;

  /**
   * By id. A lower `definitionVersion` never overwrites a higher. Under an equal `fingerprint` only the version may
   * rise: the rule that was put first stays, since its slots are counted from when it was made. A changed `fingerprint`
   * removes the old rule's unclaimed jobs: those of its slots (they have a `scheduleVersion`) that wait and were never
   * claimed. What waits for a retry, snoozes, is suspect or was redriven stays, and so does a job that was triggered
   * between the slots.
   */
  putSchedule(schedule: ScheduleDefinition): Promise<'created' | 'updated' | 'unchanged' | 'stale'>;
  /** Removes it and its unclaimed jobs, triggered ones too; none that was ever claimed. False if it isn't there. */
  removeSchedule(id: string): Promise<boolean>;
  /** By next slot, those without one last. At most `limit`. */
  listSchedules(
    filter: { readonly ids?: readonly string[]; readonly dueBefore?: number },
    limit: number,
  ): Promise<readonly ScheduleRecord[]>;
  /** Moves schedules on, each only if its version and next slot are still as given. An answer each. */
  advanceSchedules(advances: readonly ScheduleAdvance[]): Promise<readonly boolean[]>;

  /** Settings of queues and groups, versioned: a lower `definitionVersion` than the stored one changes nothing (`stale`). */
  configure(settings: Settings): Promise<readonly ('applied' | 'stale')[]>;

  /** Who is alive: those seen within their lease. */
  workers(): Promise<readonly WorkerRecord[]>;
}

export interface DirectCapability {
  /** As the verb, of one job, and answered within the call. @throws what the verb rejects with */
  insert(job: NewJob): InsertAnswer;
}

export interface InsertAnswer {
  /**
   * `existing`: the id, or the unique key, is taken by a job of equal meaning. `conflict`: the id is
   * taken by a job with another digest; nothing was written. `replaced`: a waiting job under the
   * unique key took over this one's input, due time, priority, labels and keys, and kept its id.
   */
  readonly status: 'inserted' | 'existing' | 'replaced' | 'conflict';
  /** The job that stands now. */
  readonly id: string;
  /** Of `conflict`: the digest of the job that holds the id. */
  readonly digest: string | null;
  /** It filled an open claim: a worker has it already, and was told. */
  readonly isTaken?: true;
}

export interface WorkerPresence {
  /** No two workers share one. */
  readonly id: string;
  /** For people: `host:pid`. */
  readonly name: string;
  /** When it began to claim. */
  readonly startedAt: number;
  /** The queues that it claims from. */
  readonly queues: readonly string[];
  /** The names of the tasks that it has. */
  readonly tasks: readonly string[];
  /** How many jobs it runs at once. */
  readonly concurrency: number;
  /** How many it runs now. */
  readonly running: number;
}

/** A live worker. Times are epoch ms by the store's clock. */
export interface WorkerRecord extends WorkerPresence {
  /** Its latest sign of life. */
  readonly seenAt: number;
}

export interface ExtendRequest {
  readonly worker: WorkerPresence;
  readonly tokens: readonly string[];
  readonly leaseMs: number;
  /** The worker says good-bye: its presence goes. */
  readonly leaving: boolean;
}

export interface ExtendReply {
  readonly now: number;
  /** Tokens that hold nothing any more. */
  readonly lost: readonly string[];
  /** Ids of held jobs whose cancel was requested. */
  readonly cancel: readonly string[];
  /** Names of all paused queues that the worker serves. */
  readonly paused: readonly string[];
}

export interface ProgressChange {
  readonly id: string;
  readonly seq: number;
  readonly token: string;
  readonly progress: string;
}

export interface MaintainRequest {
  /** The leader's term, or null without one. A term lower than the highest seen is refused. */
  readonly term: number | null;
  readonly limit: number;
}

export interface MaintainReply {
  readonly refused: boolean;
  readonly now: number;
  readonly rescued: number;
  readonly pruned: number;
  /** Something was left for the next call. */
  readonly more: boolean;
  /** When the next lease ends or the next schedule is due, as known; `null` = neither is in sight. */
  readonly nextAt: number | null;
}

export type Selector =
  | { readonly ids: readonly string[] }
  | { readonly filter: JobFilter; readonly cursor: string | null };

export interface ControlReply {
  /** Ids: one each, in order. Filter: one for each record that matched it. */
  readonly answers: readonly ControlAnswer[];
  readonly cursor: string | null;
}

export interface ControlAnswer {
  readonly id: string;
  /** `requested`: the job runs, and its worker will hear of the cancel. `refused`: its state doesn't allow the action. */
  readonly outcome: 'done' | 'requested' | 'refused' | 'missing';
  /** The state that it was in; null if missing. */
  readonly state: JobState | null;
}

/** All given fields must match. */
export interface JobFilter {
  readonly states?: readonly JobState[] | undefined;
  readonly queue?: string | undefined;
  readonly task?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** A stored constraint key, see `constraintKey`. */
  readonly key?: string | undefined;
  readonly scheduleId?: string | undefined;
  readonly parentId?: string | undefined;
  /** Enqueued before / after this instant, epoch ms. */
  readonly createdBefore?: number | undefined;
  readonly createdAfter?: number | undefined;
}

export interface ListReply {
  readonly jobs: readonly JobRecord[];
  readonly cursor: string | null;
}

/** How many jobs are in each state. */
export interface Counts {
  /** Waiting: due or not, parked ones too. */
  readonly pending: number;
  /** Held by a worker. */
  readonly running: number;
  /** Set aside until they are resumed. */
  readonly suspended: number;
  /** Ended well, skipped ones too. */
  readonly completed: number;
  /** Out of attempts, or given up. */
  readonly failed: number;
  /** Cancelled before they completed. */
  readonly cancelled: number;
  /** Of `pending`: not due yet. What is neither delayed, parked nor orphaned is ready. */
  readonly delayed: number;
  /** Of `pending`: due, and parked on a constraint key. */
  readonly parked: number;
  /** Of `pending`: due, and parked for a worker that can run them. */
  readonly orphaned: number;
  /** False: counting stopped at a bound, and there are at least so many. */
  readonly exact: boolean;
}

export interface Inspection {
  readonly now: number;
  readonly job: JobRecord;
  readonly queue: { readonly paused: boolean; readonly concurrency: number | null; readonly running: number };
  readonly keys: readonly KeyInspection[];
  /** The claim that holds it. */
  readonly claim: { readonly worker: string; readonly expiresAt: number } | null;
}

export interface KeyInspection {
  readonly key: string;
  readonly limits: GroupLimits;
  readonly running: number;
  /** Jobs parked on this key. */
  readonly waiting: number;
  /** Up to 10 ids of the running jobs that hold it. */
  readonly holders: readonly string[];
  /** When time alone gives the key room; `null` if a run must end first. */
  readonly opensAt: number | null;
}

export interface ScheduleDefinition {
  readonly id: string;
  readonly definitionVersion: number;
  readonly task: string;
  readonly queue: string;
  readonly input: string | null;
  /** The recurrence in its normal form, as JSON: the store compares and returns it, and never reads it. */
  readonly rule: string;
  /** How its jobs are made (priority, attempts, labels, keys, …), as JSON. */
  readonly template: string;
  /** Digest of all that makes its jobs; a definition of equal version and fingerprint is `unchanged`. */
  readonly fingerprint: string;
  /** The first slot, epoch ms; `null` = it never fires. */
  readonly nextAt: number | null;
}

export interface ScheduleRecord extends ScheduleDefinition {
  readonly createdAt: number;
  /** How many slots have made a job under this rule. */
  readonly firedCount: number;
  readonly lastJobId: string | null;
  readonly lastSlot: number | null;
}

export interface ScheduleAdvance {
  readonly id: string;
  readonly fingerprint: string;
  readonly fromNextAt: number;
  readonly toNextAt: number | null;
  readonly firedCount: number;
  readonly lastJobId: string | null;
  readonly lastSlot: number | null;
}

export interface Settings {
  readonly queues?: readonly QueueSettings[] | undefined;
  readonly groups?: readonly GroupSettings[] | undefined;
}

/** What isn't given stays as it is. */
export interface QueueSettings {
  readonly name: string;
  readonly definitionVersion: number;
  readonly paused?: boolean | undefined;
  /** Running jobs of the queue over the whole store; `null` = no limit. */
  readonly concurrency?: number | null | undefined;
}

export interface GroupSettings {
  readonly name: string;
  readonly definitionVersion: number;
  readonly limits: GroupLimits;
}
