/** A namespace of three partitions on a server of the test file's own, with a queue in each of them. */

import { randomInt } from 'node:crypto';
import { idGenerator } from '../../../src/core/id.js';
import type { NewJob } from '../../../src/core/job.js';
import { newJob } from '../../../src/store/conformance/fixtures.js';
import type { Store } from '../../../src/store/index.js';
import { type RedisOptions, redis } from '../../../src/stores/redis/index.js';

/** Names say where they live. */
export const PLACES = { zero: 0, one: 1, two: 2, uno: 1 } as const;
export type Queue = keyof typeof PLACES;
export const PARTITIONS = 3;

export const options: RedisOptions = { partitions: PARTITIONS, places: PLACES };
/** The same, for a URL. */
export const parameters: string = `partitions=${PARTITIONS}${Object.entries(PLACES)
  .map(([queue, place]) => `&place=${queue}:${place}`)
  .join('')}`;

const newId = idGenerator(() => randomInt(2 ** 32));

/** A job whose id names its queue's partition. */
export function jobIn(queue: Queue, given: Partial<NewJob> = {}): NewJob {
  const partition = PLACES[queue];
  return newJob({ id: newId(Date.now(), partition), partition, queue, ...given });
}

/** Opened, and closed by whoever asked. */
export async function openStore(url: string, namespace: string, given: RedisOptions = {}): Promise<Store> {
  const store = redis({ url, namespace, ...options, ...given });
  await store.open();
  return store;
}
