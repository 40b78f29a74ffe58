/** One store, one time, and the managers of a test on both. */

import { afterEach, expect, onTestFinished } from 'vitest';
import { type NewJob, READER_VERSION, RECORD_VERSION } from '../../src/core/job.js';
import {
  type AnyTask,
  type EngineEvents,
  type Host,
  type JobSnapshot,
  type Logger,
  memory,
  type StandardSchema,
  type Store,
  TaskManager,
  type TaskManagerOptions,
} from '../../src/index.js';
import { VirtualTime } from '../../src/testing/index.js';

/** The longest that a platform's timer can wait; beyond, it fires at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

const rejections: unknown[] = [];
process.on('unhandledRejection', (reason) => {
  rejections.push(reason);
});
afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve));
  expect(rejections.splice(0)).toEqual([]);
});

/** A manager in a process of its own: its timers can be counted, and it can die. */
export interface Life {
  readonly manager: TaskManager;
  readonly events: { readonly type: keyof EngineEvents; readonly job: string | undefined }[];
  readonly errors: EngineEvents['error'][];
  readonly logged: { readonly level: string; readonly message: string; readonly details: object | undefined }[];
  /** Delays of all timers that were ever set. */
  readonly timersSet: number[];
  openTimers(): number;
  /** As `kill -9`: nothing that it planned ever happens. */
  kill(): void;
}

type MakeStore = (clock: () => number) => Store;

let makeStore: MakeStore = (clock) => memory({ clock });

/** The worlds from now on are on another store. */
export function useStore(make: MakeStore): void {
  makeStore = make;
}

export class World {
  readonly time: VirtualTime;
  /** Closing it is the world's business, for the managers share it. */
  readonly store: Store;
  readonly #lives: Life[] = [];

  constructor(options: { readonly startAt?: number } = {}) {
    this.time = new VirtualTime(options);
    const store = makeStore(this.time.clock);
    this.store = { ...store, close: async () => {} };
    onTestFinished(async () => {
      for (const { manager } of this.#lives) void manager.close({ timeout: 0 }).catch(() => {});
      await this.time.advance('10s');
      await store.close();
    });
  }

  /** A manager that isn't started. */
  life(options: TaskManagerOptions = {}): Life {
    const mortal = mortalHost(this.time.host);
    const { logger, logged } = listeningLogger();
    const manager = new TaskManager({ store: this.store, host: mortal.host, logger, ...options });
    const events: Life['events'] = [];
    const errors: EngineEvents['error'][] = [];
    for (const type of ['started', 'completed', 'failed', 'retrying', 'cancelled', 'returned', 'lost'] as const) {
      manager.on(type, ({ job }) => events.push({ type, job: job.id }));
    }
    manager.on('error', (event) => errors.push(event));
    const { timersSet, openTimers, kill } = mortal;
    const life: Life = { manager, events, errors, logged, timersSet, openTimers, kill };
    this.#lives.push(life);
    return life;
  }

  manager(options: TaskManagerOptions = {}): TaskManager {
    return this.life(options).manager;
  }

  async started(options: TaskManagerOptions = {}): Promise<TaskManager> {
    return (await this.startedLife(options)).manager;
  }

  async startedLife(options: TaskManagerOptions = {}): Promise<Life> {
    const life = this.life(options);
    await life.manager.start();
    await this.time.settle();
    return life;
  }

  /** A started manager that runs these tasks. */
  running(...tasks: AnyTask[]): Promise<TaskManager> {
    return this.started({ tasks });
  }

  /** Time that passes for who awaits it, unless the signal ends the wait. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.time.host.timer(ms, resolve);
      signal?.addEventListener('abort', () => {
        cancel();
        reject(signal.reason);
      });
    });
  }

  /** Writes a record as another version of taskspan, or a bug, might have. */
  async put(job: Partial<NewJob> & { readonly id: string; readonly task: string }): Promise<void> {
    await this.store.insert([
      {
        partition: 0,
        recordVersion: RECORD_VERSION,
        minReader: READER_VERSION,
        queue: 'default',
        input: null,
        delayMs: 0,
        dueAt: null,
        priority: 0,
        maxAttempts: 3,
        labels: null,
        keys: null,
        unique: null,
        digest: null,
        rare: null,
        ...job,
      },
    ]);
  }
}

/** The store with some of its verbs exchanged. What it answers at once would go past them. */
export function wrapped(store: Store, verbs: Partial<Store>): Store {
  return { ...store, direct: undefined, ...verbs };
}

/** A schema of texts that is checked so. */
export function schemaBy(
  validate: StandardSchema<string, string>['~standard']['validate'],
): StandardSchema<string, string> {
  return { '~standard': { version: 1, vendor: 'by hand', validate } };
}

export async function snapshot(manager: TaskManager, id: string): Promise<JobSnapshot> {
  const job = await manager.get(id);
  if (job === undefined) throw new Error(`Job ${id} is gone.`);
  return job;
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** What a promise has come to so far, without waiting for it. */
export function watch<T>(promise: Promise<T>): {
  readonly value?: T;
  readonly error?: unknown;
  readonly isSettled: boolean;
} {
  const seen: { value?: T; error?: unknown; isSettled: boolean } = { isSettled: false };
  promise.then(
    (value) => Object.assign(seen, { value, isSettled: true }),
    (error: unknown) => Object.assign(seen, { error, isSettled: true }),
  );
  return seen;
}

/** What a promise rejects with, without time passing. */
export async function failure(world: World, promise: Promise<unknown>): Promise<unknown> {
  const seen = watch(promise);
  for (let i = 0; i < 3 && !seen.isSettled; i++) await world.time.settle();
  expect(seen.isSettled).toBe(true);
  return seen.error;
}

export interface Gate<T = void> {
  readonly promise: Promise<T>;
  open(value: T): void;
  fail(error: unknown): void;
}

export function gate<T = void>(): Gate<T> {
  let open!: (value: T) => void;
  let fail!: (error: unknown) => void;
  const promise = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { promise, open, fail };
}

function mortalHost(host: Host): Pick<Life, 'timersSet' | 'openTimers' | 'kill'> & { readonly host: Host } {
  let isDead = false;
  const open = new Set<object>();
  const timersSet: number[] = [];
  return {
    timersSet,
    openTimers: () => open.size,
    kill: () => {
      isDead = true;
    },
    host: {
      ...host,
      timer(ms, callback) {
        if (!(ms >= 0 && ms <= LONGEST_TIMER_MS))
          throw new RangeError(`A timer of ${ms} ms is none that platforms have.`);
        timersSet.push(ms);
        const entry = {};
        open.add(entry);
        const cancel = host.timer(ms, () => {
          open.delete(entry);
          if (!isDead) callback();
        });
        return () => {
          open.delete(entry);
          cancel();
        };
      },
      soon: (callback) => host.soon(() => (isDead ? undefined : callback())),
    },
  };
}

function listeningLogger(): { readonly logger: Logger; readonly logged: Life['logged'] } {
  const logged: Life['logged'] = [];
  const level =
    (name: string) =>
    (message: string, details?: object): void => {
      logged.push({ level: name, message, details });
    };
  return { logged, logger: { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') } };
}
