import type { Store } from './contract.js';

/** The partition that the queue's jobs live in; their ids carry it. */
export function partitionOfQueue(store: Pick<Store, 'partitions'>, queue: string): number {
  return store.partitions?.of(queue) ?? 0;
}
