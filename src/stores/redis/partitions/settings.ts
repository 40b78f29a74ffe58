/** Settings over partitions: a queue's are known where it lives, a group's everywhere, since it may hold anywhere. */

import type { Settings, Store } from '../../../store/index.js';
import { askAll, type Routing } from './routing.js';

type Applied = 'applied' | 'stale';

export async function configure(
  parts: readonly Store[],
  routing: Routing,
  { queues = [], groups = [] }: Settings,
): Promise<readonly Applied[]> {
  const [ofQueues, ofGroups] = await Promise.all([
    askAll(
      queues,
      ({ name }) => routing.ofQueue(name),
      (partition, some) => (parts[partition] as Store).configure({ queues: some }),
      (): Applied => 'stale',
    ),
    groups.length === 0 ? [] : Promise.all(parts.map((part) => part.configure({ groups }))),
  ]);
  const isEverywhere = (i: number): boolean => ofGroups.every((answers) => answers[i] === 'applied');
  return [...ofQueues, ...groups.map((_, i): Applied => (isEverywhere(i) ? 'applied' : 'stale'))];
}
