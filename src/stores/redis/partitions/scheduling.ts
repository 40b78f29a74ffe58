/**
 * Schedules over partitions. They live in partition 0, their jobs where their queue does. When a rule is changed or
 * removed, partition 0 notes in the same call which unclaimed jobs have to go elsewhere; the note stays until they have,
 * so whoever dies in between leaves it to the leader.
 */

import type { ScheduleDefinition, Store } from '../../../store/index.js';
import { textsOf } from '../client.js';
import type { Connection } from '../connection.js';
import { scripts } from '../scripts.js';

type Note = readonly [id: string, fingerprint: string, isRemoved: boolean];

export class Scheduling {
  /** Of partition 0. */
  readonly #store: Store;
  readonly #first: Connection;
  readonly #others: readonly Connection[];

  constructor(store: Store, connections: readonly Connection[]) {
    const [first, ...others] = connections as [Connection, ...Connection[]];
    this.#store = store;
    this.#first = first;
    this.#others = others;
  }

  async put(schedule: ScheduleDefinition): ReturnType<Store['putSchedule']> {
    const outcome = await this.#store.putSchedule(schedule);
    if (outcome === 'updated') await this.withdraw();
    // An insert may have come after the schedule that it was made for was removed.
    if (outcome === 'created') await this.#withdrawBefore(schedule);
    return outcome;
  }

  async #withdrawBefore({ id, fingerprint }: ScheduleDefinition): Promise<void> {
    const [created] = await this.#store.listSchedules({ ids: [id] }, 1);
    if (created === undefined) return;
    // It may have changed meanwhile: what was made for a rule since then is none of ours.
    await this.#inOthers({ id, except: fingerprint, before: created.createdAt });
  }

  async remove(id: string): Promise<boolean> {
    const wasThere = await this.#store.removeSchedule(id);
    await this.withdraw();
    return wasThere;
  }

  /** Does what the notes say, some at a time. */
  async withdraw(): Promise<void> {
    const notes = textsOf(await this.#first.run(scripts.leaving, {}));
    if (notes.length === 0) return;
    await Promise.all(notes.map((note) => this.#withdraw(JSON.parse(note) as Note)));
    await this.#first.run(scripts.leaving, {}, notes);
  }

  async #withdraw([id, fingerprint, isRemoved]: Note): Promise<void> {
    const [current] = await this.#store.listSchedules({ ids: [id] }, 1);
    // It was scheduled just so again: these are its jobs.
    if (current?.fingerprint === fingerprint) return;
    await this.#inOthers({ id, fingerprint, isRemoved });
  }

  async #inOthers(args: object): Promise<void> {
    await Promise.all(this.#others.map((connection) => connection.run(scripts.withdraw, args)));
  }
}
