/**
 * Where constraint groups hold. One script sees one partition, so all jobs under a group must live in one: that of the
 * first queue which used it. Partition 0 has the list; what is on it stays.
 */

import { groupOfKey } from '../../../core/constraint.js';
import { OptionError } from '../../../core/errors.js';
import { textsOf } from '../client.js';
import type { Connection } from '../connection.js';
import { scripts } from '../scripts.js';
import type { Routing } from './routing.js';

interface Home {
  readonly partition: number;
  /** The queue that used the group first. */
  readonly queue: string;
}

export class Homes {
  readonly #connection: Connection;
  readonly #routing: Routing;
  readonly #known: Map<string, Home> = new Map();

  /** @param connection to partition 0 */
  constructor(connection: Connection, routing: Routing) {
    this.#connection = connection;
    this.#routing = routing;
    // Others may have made new ones on a server that has forgotten them.
    connection.losses.subscribe(() => this.#known.clear());
  }

  admit(queue: string, keys: readonly string[]): Promise<void> | null {
    const partition = this.#routing.ofQueue(queue);
    const groups = groupsOf(keys);
    if (groups.every((group) => this.#known.get(group)?.partition === partition)) return null;
    return this.#ask(groups, queue, partition, true).then(() => {});
  }

  /** Whether the groups are known to hold where the job lives. */
  knows(jobId: string, keys: readonly string[]): boolean {
    const partition = this.#routing.ofJob(jobId);
    return groupsOf(keys).every((group) => this.#known.get(group)?.partition === partition);
  }

  async home(queue: string, keys: readonly string[]): Promise<number> {
    const groups = groupsOf(keys);
    if (groups.length === 0) return this.#routing.ofQueue(queue);
    return this.#ask(groups, queue, this.#routing.ofQueue(queue), false);
  }

  /** @param isBound whether it must be that partition */
  async #ask(groups: readonly string[], queue: string, partition: number, isBound: boolean): Promise<number> {
    const reply = textsOf(await this.#connection.run(scripts.homes, { partition, queue, isBound }, groups));
    const homes = groups.map((group, i) => ({
      group,
      partition: Number(reply[2 * i]),
      queue: reply[2 * i + 1] ?? '',
    }));
    const wanted = isBound ? partition : (homes[0]?.partition ?? partition);
    const elsewhere = homes.find((home) => home.partition !== wanted);
    if (elsewhere !== undefined) throw heldElsewhere(elsewhere, queue, wanted);
    for (const { group, ...home } of homes) this.#known.set(group, home);
    return wanted;
  }
}

function groupsOf(keys: readonly string[]): readonly string[] {
  return [...new Set(keys.map(groupOfKey))];
}

function heldElsewhere(home: Home & { readonly group: string }, queue: string, partition: number): OptionError {
  const both = `places: ${JSON.stringify({ [home.queue]: home.partition, [queue]: home.partition })}`;
  return new OptionError(
    `Constraint group '${home.group}' is used by queue '${home.queue}' in partition ${home.partition}, and jobs of queue '${queue}' live in partition ${partition}: a group holds inside one partition. Give each of these queues a group of its own, or one partition for both (${both}) in a namespace that is new.`,
  );
}
