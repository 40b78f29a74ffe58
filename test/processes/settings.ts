/** What the programs `worker.mjs` and `producer.mjs` are told. */

/**
 * What a task does in a worker once it has written that it started:
 *
 * - `works` for a while and returns
 * - `throws` after a while
 * - `obeys`: returns once it is released
 * - `waits` for its signal, and throws its reason
 * - `ignores` its signal, and never ends
 * - `stops` its process with SIGSTOP, and returns when that goes on
 * - `blocks` the event loop until it is released, and returns
 * - `dies`: kills its process with SIGKILL
 */
export type Behaviour = 'works' | 'throws' | 'obeys' | 'waits' | 'ignores' | 'stops' | 'blocks' | 'dies';

export interface WorkerSettings {
  /** For the journal. */
  readonly name: string;
  readonly store: string;
  /** The journal's file. */
  readonly journal: string;
  /** Once this file is there, what `obeys` and `blocks` is released. */
  readonly release: string;
  readonly leaseMs: number;
  readonly concurrency: number;
  /** How long `works` takes. */
  readonly workMs: number;
  /** What the close on SIGTERM gives to what runs. */
  readonly closeMs: number;
  /** A constraint group: of the jobs whose input has the same `key`, one runs at a time. */
  readonly isKeyed: boolean;
  readonly tasks: Readonly<Record<string, Behaviour>>;
  /** Of the tasks that aren't in the queue `default`. */
  readonly queues: Readonly<Record<string, string>>;
  /** Registered at each start, as `s`: a job of this task so often. */
  readonly schedule: { readonly task: string; readonly everyMs: number } | null;
  /** How much its clock is ahead of this machine's; behind, if negative. */
  readonly clockAheadMs: number;
}

export interface ProducerSettings {
  readonly store: string;
  readonly journal: string;
  readonly task: string;
  /** How many jobs it enqueues before it kills itself. */
  readonly count: number;
}

export interface BacklogSettings {
  /** Of the SQLite file, or the URL of a Redis server; null = the store is memory. */
  readonly path: string | null;
  readonly count: number;
}

/** What `backlog.mjs` prints. Moments are told by how many of the backlog had started. */
export interface BacklogReport {
  readonly started: number;
  /** Started before their time. */
  readonly early: number;
  readonly isInOrder: boolean;
  readonly completed: number;
  readonly left: number;
  /** By how much the heap grew beyond what it was before the first started. */
  readonly grownBytes: number;
  /** When the others were enqueued, and when they started: one of a higher priority, one of the same, one of another queue. */
  readonly enqueued: number;
  readonly urgentStarted: number;
  readonly laterStarted: number;
  readonly elsewhereStarted: number;
}

/** What a task of a worker returns: who ran it, and which of all starts it was. */
export interface Result {
  readonly by: string;
  readonly run: string;
}
