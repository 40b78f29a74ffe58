/** What listeners hear of tasks, in order: events of the cluster, with what of their records is asked for. */

import { ClosedError, JobCancelledError, JobGoneError } from '../core/errors.js';
import type { JobRecord, Reason } from '../core/job.js';
import { type ClusterEvent, snapshotOf, type TaskManager, thrownOf } from '../manager/index.js';
import type { Store } from '../store/index.js';
import { Following } from './following.js';
import type { Listeners } from './listeners.js';
import { QUEUE, TASK } from './settings.js';

/** Records that are read in one call, and events that may wait for it before they are given up as a gap. */
const READ_AT_ONCE = 500;
const WAITING_MOST = 20_000;

/** What happened to a task, wherever in the cluster. */
export interface TaskNotice {
  /** The task's id. */
  readonly id: string;
  /** Which attempt it is at, from 1; 0 before the first. */
  readonly attempt: number;
  /** Why: `enqueued`, `threw`, `timed-out`, `lease-expired`, … */
  readonly reason: Reason;
  /** Epoch ms, by the server's clock. */
  readonly timestamp: number;
}

/** What `manager.on` can hear, by name. Of all tasks of the cluster, and of one task in its order. */
export interface ManagerEvents<TResult = unknown> {
  /** It waits for a worker: anew, or again after a failure, a stall or a worker's end. */
  queued: TaskNotice;
  /** A worker took it. */
  started: TaskNotice;
  /** It told its progress, 0 to 100, by `ctx.progress`. */
  updated: TaskNotice & { readonly progress: number };
  /** It failed for good. The error has the name, message and stack of what was thrown. */
  failed: TaskNotice & { readonly error: Error };
  /** It succeeded. */
  completed: TaskNotice & { readonly result: TResult | undefined };
  /** Here events may have been missed: by a lost connection, or for they came faster than they were heard. */
  gap: { readonly timestamp: number };
}

export const managerEventNames: readonly (keyof ManagerEvents)[] = [
  'queued',
  'started',
  'updated',
  'failed',
  'completed',
  'gap',
];

/** One that was created here and is listened to. */
export interface WatchedTask {
  readonly id: string;
  /** To hear of this, it needs the record. */
  needsRecord(type: ClusterEvent['type']): boolean;
  heard(event: ClusterEvent, record: JobRecord | null): void;
  /** After a gap. */
  readBack(record: JobRecord): void;
}

export class Notices {
  readonly #following: Following;
  readonly #store: Store;
  readonly #listeners: Listeners<ManagerEvents>;
  readonly #onError: (error: unknown) => void;
  readonly #watched: Map<string, WatchedTask> = new Map();
  #waiting: ClusterEvent[] = [];
  #isGap = false;
  #telling: Promise<void> | null = null;

  constructor(
    manager: TaskManager,
    store: Store,
    listeners: Listeners<ManagerEvents>,
    onError: (error: unknown) => void,
  ) {
    const follower = { events: (events: readonly ClusterEvent[]) => this.#hear(events), gap: () => this.#missed() };
    // What happened before to those that are watched already is read back.
    this.#following = new Following(manager, follower, () => this.#readBackSoon());
    this.#store = store;
    this.#listeners = listeners;
    this.#onError = onError;
  }

  watch(task: WatchedTask): void {
    this.#watched.set(task.id, task);
    this.listenersChanged();
  }

  unwatch(task: WatchedTask): void {
    if (this.#watched.delete(task.id)) this.listenersChanged();
  }

  listenersChanged(): void {
    this.#following.want(this.#watched.size > 0 || !this.#listeners.isEmpty);
  }

  /** Resolves once all that happens from now on is heard; at once if nobody listens. */
  ready(): Promise<void> {
    return this.#following.ready();
  }

  #hear(events: readonly ClusterEvent[]): void {
    for (const event of events) if (event.task === TASK && event.queue === QUEUE) this.#waiting.push(event);
    if (this.#waiting.length > WAITING_MOST) {
      this.#waiting = [];
      this.#missed();
    } else this.#tell();
  }

  #missed(): void {
    this.#listeners.emit('gap', { timestamp: Date.now() });
    this.#readBackSoon();
  }

  #readBackSoon(): void {
    if (this.#watched.size === 0) return;
    this.#isGap = true;
    this.#tell();
  }

  #tell(): void {
    this.#telling ??= this.#tellAll()
      .catch((error: unknown) => {
        if (!(error instanceof ClosedError)) this.#onError(error);
      })
      .finally(() => {
        this.#telling = null;
        if (this.#waiting.length > 0 || this.#isGap) this.#tell();
      });
  }

  async #tellAll(): Promise<void> {
    while (this.#waiting.length > 0 || this.#isGap) {
      const events = this.#waiting.splice(0, READ_AT_ONCE);
      if (events.length > 0) await this.#tellSome(events);
      else {
        this.#isGap = false;
        await this.#readBack();
      }
    }
  }

  async #tellSome(events: readonly ClusterEvent[]): Promise<void> {
    const ids = new Set(events.filter((event) => this.#needsRecord(event)).map(({ id }) => id));
    const records = await this.#records([...ids]);
    for (const event of events) {
      const record = records.get(event.id) ?? null;
      this.#watched.get(event.id)?.heard(event, record);
      this.#announce(event, record);
    }
  }

  async #readBack(): Promise<void> {
    const ids = [...this.#watched.keys()];
    for (let i = 0; i < ids.length; i += READ_AT_ONCE) {
      const records = await this.#records(ids.slice(i, i + READ_AT_ONCE));
      for (const [id, record] of records) this.#watched.get(id)?.readBack(record);
    }
  }

  #needsRecord({ id, type }: ClusterEvent): boolean {
    if (this.#watched.get(id)?.needsRecord(type) === true) return true;
    if (type === 'updated' || type === 'completed') return this.#listeners.has(type);
    return (type === 'failed' || type === 'cancelled') && this.#listeners.has('failed');
  }

  /** Of those that are still there. */
  async #records(ids: readonly string[]): Promise<ReadonlyMap<string, JobRecord>> {
    if (ids.length === 0) return new Map();
    const records = await this.#store.get(ids);
    return new Map(records.flatMap((record) => (record === null ? [] : [[record.id, record] as const])));
  }

  #announce(event: ClusterEvent, record: JobRecord | null): void {
    const { id, attempt, reason, timestamp, type } = event;
    const notice: TaskNotice = { id, attempt, reason, timestamp };
    const listeners = this.#listeners;
    if (type === 'queued' || type === 'started') listeners.emit(type, notice);
    else if (type === 'updated') {
      if (listeners.has('updated')) listeners.emit('updated', { ...notice, progress: progressOf(record) });
    } else if (type === 'completed') {
      if (listeners.has('completed'))
        listeners.emit('completed', { ...notice, result: record === null ? undefined : snapshotOf(record).result });
    } else if (type !== 'suspended' && listeners.has('failed'))
      listeners.emit('failed', { ...notice, error: errorOf(event, record) });
  }
}

export function progressOf(record: JobRecord | null): number {
  return record === null ? 0 : snapshotOf(record).progress;
}

function errorOf({ id, type }: ClusterEvent, record: JobRecord | null): Error {
  if (type === 'cancelled') return new JobCancelledError(id);
  const last = record?.errors.at(-1);
  return last === undefined ? new JobGoneError(id) : thrownOf(last);
}
