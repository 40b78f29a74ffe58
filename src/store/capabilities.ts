/** What only some backends can do: separate objects, never methods that throw. A caller asks `store.notify?.`. */

import type { StoreError } from '../core/errors.js';
import type { ClaimedJob, JobState, Reason } from '../core/job.js';

/** Calls take effect in the order in which they are made, also while earlier ones are under way. */
export interface PipelineCapability {
  /** So many settles are worth an exchange beside another. */
  readonly settles: number;
}

export interface LeaderCapability {
  /**
   * Becomes leader, or stays it, for `leaseMs` from now by the store's clock.
   *
   * A new leader's term is higher than every term before it. Answers the term if the worker leads, else `null`.
   */
  campaign(worker: string, leaseMs: number): Promise<number | null>;
  /** Steps down at once; nothing if the worker doesn't lead under this term. */
  resign(worker: string, term: number): Promise<void>;
}

/** Of a store whose queues lie in several partitions. Each call of a script is atomic inside one of them. */
export interface PartitionsCapability {
  /** The one that the queue's jobs live in. Their ids carry it. */
  of(queue: string): number;
  /**
   * May jobs of this queue have these constraint keys? A group holds inside one partition: that of the first queue which
   * used it. Null: they may, as was found out before.
   *
   * @throws OptionError by rejecting: a group of them is used in another partition
   */
  admit(queue: string, keys: readonly string[]): Promise<void> | null;
  /**
   * The partition that the groups of these keys hold in; of such as are new, from now on that of the queue.
   *
   * @throws OptionError by rejecting: they hold in different ones
   */
  home(queue: string, keys: readonly string[]): Promise<number>;
}

export interface NotifyCapability {
  /**
   * Calls the listener soon after another process (or another connection) changed the store.
   *
   * A hint: it may come late, twice, or not at all; polling is the truth. The listener must not throw.
   * @param needs `ends`: nothing but which jobs ended
   * @returns ends the subscription
   */
  subscribe(listener: (hint?: Hint) => void, needs?: 'all' | 'ends'): () => void;
  /**
   * Somebody here waits for jobs to end, for this long: others say which did. Where it is missing they say nothing of it,
   * or it is news like any other.
   */
  awaitEnds?(forMs: number): Promise<void>;
  /**
   * A claim that finds nothing stays open if it asks for that (`ClaimRequest.keepsOpen`): an insert may fill it, once,
   * with jobs that need no slot of a key, if nothing else comes before them in the order of claim. The worker is told by
   * a hint, and nobody else needs to look.
   */
  readonly keepsClaims?: true;
}

/** What changed, if it is known. Without it, anything may have. */
export type Hint =
  /** Ids of jobs that ended, and nothing else. */
  | { readonly ended: readonly string[] }
  /** The token of a claim that had stayed open, and the jobs that filled it: at least one, all under one token made of it. */
  | { readonly filled: string; readonly jobs: readonly ClaimedJob[] }
  /** The leader has stepped down: another may lead. */
  | { readonly isLeaderless: true };

export interface EventsCapability {
  /**
   * Tells of every transition of a job, whichever process made it: of one job in the order of its revisions. What cost
   * this has begins when somebody follows.
   *
   * Resolves once nothing from now on is missed. While the store can't be reached it goes on by itself.
   * @returns ends it
   */
  follow(follower: EventsFollower): Promise<() => void>;
}

/** Neither may throw. */
export interface EventsFollower {
  /** At least one, in the order in which they happened. Repeats are left out. */
  events(events: readonly StoreEvent[]): void;
  /** Some may have been missed: whoever needs to know looks at the records. */
  gap(): void;
}

/** What became of a job. Its record tells the rest. */
export interface StoreEvent {
  readonly id: string;
  readonly task: string;
  readonly queue: string;
  readonly state: JobState;
  readonly reason: Reason;
  readonly rev: number;
  readonly attempt: number;
  readonly generation: number;
  /** It runs as it did: its progress was written, or it was asked to stop. */
  readonly isUpdate: boolean;
  /** Epoch ms by the store's clock. */
  readonly at: number;
}

export interface LossesCapability {
  /**
   * Calls the listener each time that acknowledged writes turn out to be gone, with an error of code `WRITES_LOST`: once
   * a process and loss. The listener must not throw.
   * @returns ends the subscription
   */
  subscribe(listener: (loss: StoreError) => void): () => void;
}

export interface HealthCapability {
  /**
   * What the store finds out about itself and its surroundings, now. Reads a little and changes nothing.
   *
   * @param workers how many are alive on it
   */
  check(workers: number): Promise<StoreHealth>;
}

export interface StoreHealth {
  /** For people: versions, modes, sizes. */
  readonly facts: Readonly<Record<string, string | number>>;
  readonly findings: readonly Finding[];
  /** Epoch ms by the store's clock; null if that is this process's clock. */
  readonly now: number | null;
}

/** Something that whoever runs the store should know. */
export interface Finding {
  /** Stable; compare this, not the message. */
  readonly code: string;
  /** `problem`: something is wrong now. `warning`: it may go wrong, or waits for a person. `note`: good to know. */
  readonly severity: 'problem' | 'warning' | 'note';
  /** What is so, and what it means. */
  readonly message: string;
  /** What to do about it; null if nothing must be done. */
  readonly fix: string | null;
}
