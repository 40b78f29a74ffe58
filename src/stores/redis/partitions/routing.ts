/** What goes to which partition, and how the answers come back in the order of the questions. */

import { isJobId, partitionOf } from '../../../core/id.js';
import { type Layout, placeIn } from './layout.js';

/** What a job is of which the id can't be one of ours: it is in no partition. */
export const NOWHERE = -1;

/** Places of so many queues are remembered. */
const KEPT = 10_000;

export class Routing {
  readonly partitions: number;
  readonly #layout: Layout;
  readonly #places: Map<string, number> = new Map();

  constructor(layout: Layout) {
    this.partitions = layout.partitions;
    this.#layout = layout;
  }

  ofQueue(queue: string): number {
    let place = this.#places.get(queue);
    if (place === undefined) {
      place = placeIn(this.#layout, queue);
      if (this.#places.size >= KEPT) this.#places.clear();
      this.#places.set(queue, place);
    }
    return place;
  }

  /** As the id says. */
  ofJob(id: string): number {
    const partition = isJobId(id) ? partitionOf(id) : NOWHERE;
    return partition < this.partitions ? partition : NOWHERE;
  }

  /** The queues by their partitions, in the order of these. */
  ofQueues(queues: readonly string[]): ReadonlyMap<number, readonly string[]> {
    const found = new Map<number, string[]>();
    for (const queue of queues) add(found, this.ofQueue(queue), queue);
    return new Map([...found].sort(([a], [b]) => a - b));
  }

  /** All but the one. */
  others(than: number): readonly number[] {
    return Array.from({ length: this.partitions }, (_, i) => i).filter((partition) => partition !== than);
  }
}

/**
 * Asks each partition for its part of the items, all at once.
 *
 * @param nowhere answers for an item that is in none
 * @returns an answer each, in the order of the items
 */
export async function askAll<T, R>(
  items: readonly T[],
  placeOf: (item: T) => number,
  ask: (partition: number, items: readonly T[]) => Promise<readonly R[]>,
  nowhere: (item: T) => R,
): Promise<readonly R[]> {
  const parts = new Map<number, number[]>();
  for (const [i, item] of items.entries()) add(parts, placeOf(item), i);
  const answers: R[] = new Array(items.length);
  await Promise.all(
    [...parts].map(async ([partition, places]) => {
      const own = places.map((i) => items[i] as T);
      const found = partition === NOWHERE ? own.map(nowhere) : await ask(partition, own);
      for (const [at, i] of places.entries()) answers[i] = found[at] as R;
    }),
  );
  return answers;
}

function add<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
