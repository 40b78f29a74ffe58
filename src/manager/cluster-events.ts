/** What happens to jobs on the whole store, told by the store itself: while somebody listens, and a little longer. */

import { ClosedError, OptionError } from '../core/errors.js';
import type { Host } from '../core/host.js';
import { isTerminal, type JobState, type Reason } from '../core/job.js';
import type { Engine } from '../engine/index.js';
import type { Store, StoreEvent } from '../store/index.js';
import { EventStream, type EventStreamOptions } from './event-stream.js';

/** Listeners come and go: to connect anew for each would cost more than to listen on for a while. */
const LINGER_MS = 10_000;
const RETRY_MS = 1_000;

/** What became of a job, in whichever process. Its record tells the rest. */
export interface ClusterEvent {
  /**
   * `queued`: it waits, anew or again (`reason` tells). `started`: a worker took it. `updated`: it runs on; its progress
   * was written, or it was asked to stop. The others are states.
   */
  readonly type: 'queued' | 'started' | 'updated' | 'suspended' | 'completed' | 'failed' | 'cancelled';
  /** The job's id. */
  readonly id: string;
  /** The name of its task. */
  readonly task: string;
  /** Where it waits, or waited. */
  readonly queue: string;
  /** What it has become. */
  readonly state: JobState;
  /** Why: `enqueued`, `threw`, `lease-expired`, … */
  readonly reason: Reason;
  /** Attempts that counted, in this generation. */
  readonly attempt: number;
  /** Raised by every redrive, from 1. */
  readonly generation: number;
  /** Raised by every change: of one job they come in its order. */
  readonly rev: number;
  /** Epoch ms, by the store's clock. */
  readonly timestamp: number;
}

/** Events may have been missed here: whoever needs to know looks at the jobs. */
export interface IEventsMissed {
  /** Tells it from the events of jobs. */
  readonly type: 'gap';
  /** Epoch ms. */
  readonly timestamp: number;
}

/** What `manager.events` takes to hear of the whole store. */
export interface ClusterStreamOptions extends Omit<EventStreamOptions, 'scope'> {
  /** All jobs of the store, whichever process enqueues or runs them. */
  readonly scope: 'cluster';
}

/** Hears of the whole store. One that throws harms nobody. */
export interface ClusterFollower {
  /** At least one, in the order in which they happened. */
  events(events: readonly ClusterEvent[]): void;
  /** Some may have been missed: whoever needs to know looks at the jobs. */
  gap(): void;
}

export interface ClusterEventsParts {
  readonly store: Store;
  readonly host: Host;
  readonly engine: Pick<Engine, 'emitter' | 'jobEnded' | 'jobsMissed'>;
  /** Resolves once the store is open. */
  readonly ready: () => Promise<void>;
}

export class ClusterEvents {
  readonly #parts: ClusterEventsParts;
  readonly #streams: Set<EventStream<ClusterEvent | IEventsMissed>> = new Set();
  /** Replaced, never changed: who is told is settled when the telling begins. */
  #followers: readonly ClusterFollower[] = [];
  /** Resolves once the store is followed; null: nobody asked for it. */
  #following: Promise<void> | null = null;
  #end: (() => void) | null = null;
  #cancelTimer: (() => void) | null = null;
  #isClosed = false;

  constructor(parts: ClusterEventsParts) {
    this.#parts = parts;
  }

  /**
   * Nothing is missed once `ready` has resolved, which it does when the store is reached; it rejects if it never will be.
   *
   * @throws OptionError if the store can't tell
   */
  follow(follower: ClusterFollower): { readonly ready: Promise<void>; readonly end: () => void } {
    const { store } = this.#parts;
    if (store.events === undefined) {
      throw new OptionError(
        `The ${store.kind} store doesn't tell what happens in other processes; the Redis store does. \`manager.on\`, and \`events()\` without a scope, tell of this process.`,
      );
    }
    this.#followers = [...this.#followers, follower];
    this.#rest(false);
    this.#following ??= this.#begin();
    const end = (): void => {
      if (!this.#followers.includes(follower)) return;
      this.#followers = this.#followers.filter((other) => other !== follower);
      if (this.#followers.length === 0) this.#rest(true);
    };
    return { ready: this.#following, end };
  }

  /** @throws OptionError */
  stream(options: ClusterStreamOptions): EventStream<ClusterEvent | IEventsMissed> {
    const ends: (() => void)[] = [];
    const stream = new EventStream<ClusterEvent | IEventsMissed>(options, () => {
      this.#streams.delete(stream);
      for (const end of ends) end();
    });
    if (options.signal?.aborted === true || this.#isClosed) {
      stream.end();
      return stream;
    }
    this.#streams.add(stream);
    const { host } = this.#parts;
    const { ready, end } = this.follow({
      events: (events) => {
        for (const event of events) stream.push(event);
      },
      gap: () => stream.push({ type: 'gap', timestamp: host.now() }),
    });
    ends.push(end);
    ready.catch(() => stream.end());
    return stream;
  }

  /** Final. */
  close(): void {
    this.#isClosed = true;
    for (const stream of this.#streams) stream.end();
    this.#followers = [];
    this.#unfollow();
  }

  /** @throws ClosedError: what else fails is tried again */
  async #begin(): Promise<void> {
    const { store, host, engine, ready } = this.#parts;
    for (let failures = 0; ; failures++) {
      try {
        await ready();
        const end = await store.events?.follow({ events: (events) => this.#tell(events), gap: () => this.#gap() });
        if (this.#isClosed || this.#followers.length === 0) {
          this.#following = null;
          end?.();
          return;
        }
        this.#end = end ?? null;
        if (failures > 0) this.#gap();
        return;
      } catch (error) {
        if (this.#isClosed || error instanceof ClosedError) throw error;
        if (failures === 0) engine.emitter.emit('error', { error, during: "following the store's events" });
        await new Promise<void>((resolve) => host.timer(RETRY_MS, resolve));
      }
    }
  }

  /** Whether nobody listens any more. */
  #rest(isIdle: boolean): void {
    this.#cancelTimer?.();
    this.#cancelTimer = isIdle && !this.#isClosed ? this.#parts.host.timer(LINGER_MS, () => this.#unfollow()) : null;
  }

  #unfollow(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    if (this.#end === null) return;
    this.#end();
    this.#end = null;
    this.#following = null;
  }

  #tell(stored: readonly StoreEvent[]): void {
    const { engine } = this.#parts;
    // Whoever waits for a result needn't look for it any more.
    for (const { id, state } of stored) if (isTerminal(state)) engine.jobEnded(id);
    if (this.#followers.length === 0) return;
    const events = stored.map(clusterEvent);
    this.#each((follower) => follower.events(events));
  }

  #gap(): void {
    this.#parts.engine.jobsMissed();
    this.#each((follower) => follower.gap());
  }

  #each(tell: (follower: ClusterFollower) => void): void {
    for (const follower of this.#followers) {
      try {
        tell(follower);
      } catch (error) {
        this.#parts.engine.emitter.emit('error', { error, during: "a follower of the store's events" });
      }
    }
  }
}

function clusterEvent({ isUpdate, at, ...event }: StoreEvent): ClusterEvent {
  return { type: typeOf(event.state, isUpdate), ...event, timestamp: at };
}

function typeOf(state: JobState, isUpdate: boolean): ClusterEvent['type'] {
  if (state === 'pending') return 'queued';
  if (state === 'running') return isUpdate ? 'updated' : 'started';
  return state;
}
