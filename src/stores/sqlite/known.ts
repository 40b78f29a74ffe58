/** What this process knows of the settings of queues and groups: a copy, read again when somebody changed them. */

import { type GroupLimits, noLimits } from '../../core/constraint.js';
import type { Database } from './database.js';
import { ALL_GROUPS, ALL_QUEUES, SETTINGS_VERSION } from './sql/settings.js';

export interface KnownQueue {
  readonly isPaused: boolean;
  /** Running jobs over the whole store; `null` = no limit. */
  readonly concurrency: number | null;
}

const ordinaryQueue: KnownQueue = { isPaused: false, concurrency: null };

export class KnownSettings {
  readonly #db: Database;
  #version = -1;
  #queues: ReadonlyMap<string, KnownQueue> = new Map();
  #groups: ReadonlyMap<string, GroupLimits> = new Map();

  constructor(db: Database) {
    this.#db = db;
  }

  /** To be called first in each transaction that needs them. */
  refresh(): void {
    const version = this.#db.get<{ n: number }>(SETTINGS_VERSION)?.n ?? 0;
    if (version === this.#version) return;
    const queues = this.#db.all<{ name: string; paused: number; concurrency: number | null }>(ALL_QUEUES);
    this.#queues = new Map(queues.map((q) => [q.name, { isPaused: q.paused !== 0, concurrency: q.concurrency }]));
    const groups = this.#db.all<{ name: string; limits: string }>(ALL_GROUPS);
    this.#groups = new Map(groups.map((g) => [g.name, JSON.parse(g.limits) as GroupLimits]));
    this.#version = version;
  }

  queue(name: string): KnownQueue {
    return this.#queues.get(name) ?? ordinaryQueue;
  }

  limitsOf(group: string): GroupLimits {
    return this.#groups.get(group) ?? noLimits;
  }

  paused(queues: readonly string[]): readonly string[] {
    return queues.filter((name) => this.queue(name).isPaused);
  }
}
