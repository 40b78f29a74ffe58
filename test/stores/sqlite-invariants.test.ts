/** Rows, lines, keys, claims and counts agree, whatever was done: what is kept beside the jobs is recomputed from them and compared. */

import fc from 'fast-check';
import { describe, it } from 'vitest';
import { constraintKey } from '../../src/core/constraint.js';
import type { ClaimedJob, Keep, NewJob } from '../../src/core/job.js';
import {
  cancelled,
  completed,
  failed,
  orphaned,
  rekeyed,
  released,
  retried,
  snoozed,
  type Transition,
} from '../../src/core/transitions.js';
import { claimRequest, newError, newJob, settleOf } from '../../src/store/conformance/fixtures.js';
import type { ControlAction } from '../../src/store/contract.js';
import { type SqliteHandle, type SqliteStore, sqlite } from '../../src/stores/sqlite/index.js';
import { audit } from './sqlite-audit.js';
import { BEGIN, openHandle } from './sqlite-file.js';

const QUEUES = ['images', 'letters'];
const LEASE_MS = 1_000;
const keep: Keep = { completedMs: 60_000, failedMs: 90_000, count: null };
const counted: Keep = { ...keep, count: 3 };

/** One step: what is done, and numbers that choose to what. */
const steps = fc.array(fc.tuple(fc.nat(99), fc.nat(1_000), fc.nat(1_000)), { minLength: 30, maxLength: 120 });

describe('what is kept beside the jobs', () => {
  it('given random steps, when each is done, then it agrees with the jobs', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (given) => {
        const world = await World.make();
        try {
          for (const step of given) {
            await world.take(step);
            audit((sql) => world.all(sql));
          }
        } finally {
          await world.store.close();
        }
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});

class World {
  readonly store: SqliteStore;
  readonly #handle: SqliteHandle;
  #now = BEGIN;
  #made = 0;
  #version = 1;
  #held: ClaimedJob[] = [];

  static async make(): Promise<World> {
    const world = new World(await openHandle(':memory:'));
    await world.store.open();
    return world;
  }

  private constructor(handle: SqliteHandle) {
    this.#handle = handle;
    this.store = sqlite({ path: ':memory:', database: handle, clock: () => this.#now });
  }

  all(sql: string): readonly unknown[] {
    return this.#handle.prepare(sql).all([]);
  }

  async take([what, a, b]: readonly [number, number, number]): Promise<void> {
    if (what < 30) await this.store.insert(Array.from({ length: 1 + (a % 6) }, (_, i) => this.#job(a + 7 * i, b + i)));
    else if (what < 55) await this.#exchange(a, b);
    else if (what < 70) await this.#exchange(a, 0);
    else if (what < 78) this.#now += (a % 7) * 200;
    else if (what < 80) this.#now += 40_000;
    else if (what < 81) this.#now -= a;
    else if (what < 88) await this.store.maintain({ term: null, limit: 1 + (a % 9) });
    else if (what < 92) await this.#configure(a, b);
    else await this.#control(a, b);
  }

  #job(a: number, b: number): NewJob {
    this.#made += 1;
    const keys = [constraintKey('one', String(a % 2)), constraintKey('two', String(b % 3))].slice(a % 3, 2);
    return newJob({
      id: a % 11 === 0 ? `job-${b % 20}` : `job-${this.#made}`,
      task: `task-${a % 2}`,
      queue: QUEUES[b % 2] as string,
      priority: b % 3,
      delayMs: a % 4 === 0 ? b : 0,
      maxAttempts: 2,
      keys: keys.length === 0 ? null : keys,
      unique:
        b % 7 === 0
          ? {
              key: `u${a % 2}`,
              until: b % 2 === 0 ? 'started' : 'finished',
              onConflict: a % 2 === 0 ? 'replace' : 'keep',
            }
          : null,
      rare: a % 5 === 0 ? { scheduleId: 's', keep: counted } : null,
    });
  }

  async #exchange(a: number, b: number): Promise<void> {
    const settling = this.#held.splice(0, b % 9);
    const token = `t${a}-${this.#made++}`;
    const claim = claimRequest({
      ...{
        token,
        suspectToken: a % 2 === 0 ? `s-${token}` : null,
        leaseMs: LEASE_MS,
        queues: a % 3 === 0 ? QUEUES.slice(0, 1) : QUEUES,
      },
      ...{ slots: a % 6, prefetch: b % 4, adopt: a % 5 === 0 ? ['task:task-0', 'task:task-1'] : [] },
    });
    const settle = settling.map((job, i) => settleOf(job, transitionFor(job, a + i), a % 50));
    const { jobs } = await this.store.exchange({ worker: 'w', settle, claim });
    this.#held.push(...jobs);
  }

  async #configure(a: number, b: number): Promise<void> {
    const definitionVersion = this.#version++;
    const limits = {
      maxConcurrent: a % 3 === 0 ? null : a % 4,
      cooldownMs: (b % 3) * 300,
      rate: b % 2 === 0 ? null : { limit: 1 + (a % 3), perMs: 900 },
    };
    const queue = {
      name: QUEUES[a % 2] as string,
      definitionVersion,
      paused: a % 9 === 0,
      concurrency: b % 3 === 0 ? null : b % 5,
    };
    await this.store.configure({
      groups: [{ name: a % 2 === 0 ? 'one' : 'two', definitionVersion, limits }],
      queues: [queue],
    });
  }

  async #control(a: number, b: number): Promise<void> {
    const actions: readonly ControlAction[] = ['cancel', 'retry', 'suspend', 'resume', 'promote', 'delete'];
    const action = actions[a % actions.length] as ControlAction;
    const ids = [`job-${b % 40}`, `job-${(b + a) % 40}`, 'nobody'];
    if (b % 6 === 0) await this.store.control(action, { filter: { queue: QUEUES[0] }, cursor: null }, 5);
    else if (b % 37 === 0) await this.store.removeSchedule('s');
    else await this.store.control(action, { ids }, 10);
  }
}

function transitionFor(job: ClaimedJob, n: number): Transition {
  const transitions: readonly Transition[] = [
    ...[
      completed('1', keep),
      completed('2', counted),
      completed(null, keep),
      failed(newError(), keep),
      cancelled(counted),
    ],
    ...[
      retried(newError(), n),
      snoozed(n),
      released(),
      orphaned(job.task),
      rekeyed([constraintKey('two', String(n % 3))]),
    ],
  ];
  return transitions[n % transitions.length] as Transition;
}
