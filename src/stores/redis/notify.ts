/** What others tell of: that there is something to claim, which jobs ended, and what filled an open claim of this process. */

import type { ClaimedJob } from '../../core/job.js';
import type { Hint, NotifyCapability } from '../../store/index.js';
import type { Connection } from './connection.js';
import { claimedJobOf } from './packed.js';
import { scripts } from './scripts.js';

/** What is published as news is the id of whoever caused it, or this. */
const RESIGNED = 'resigned';

export function notify(connection: Connection): NotifyCapability {
  return {
    keepsClaims: true,
    subscribe: (listener, needs = 'all') => hear([connection], needs, (_, hint) => listener(hint)),
    async awaitEnds(forMs) {
      await connection.run(scripts.awaitEnds, { forMs });
    },
  };
}

/**
 * Hears of all these partitions over one connection.
 *
 * @param listener is told of which; null where it may be any
 * @returns ends it
 */
export function hear(
  connections: readonly [Connection, ...Connection[]],
  needs: 'all' | 'ends',
  listener: (partition: number | null, hint?: Hint) => void,
): () => void {
  const sources = new Map<string, { readonly partition: number; readonly kind: 'news' | 'ends' | 'filled' }>();
  for (const [partition, { prefix, id }] of connections.entries()) {
    sources.set(`${prefix}ends`, { partition, kind: 'ends' });
    if (needs === 'ends') continue;
    sources.set(`${prefix}news`, { partition, kind: 'news' });
    sources.set(`${prefix}filled:${id}`, { partition, kind: 'filled' });
  }
  return connections[0].client.listen([...sources.keys()], (message, channel) => {
    const source = sources.get(channel);
    if (message === null || source === undefined) return listener(null);
    const { partition, kind } = source;
    if (kind === 'filled') return listener(partition, filledOf(message));
    const text = message.toString('utf8');
    if (kind === 'ends') listener(partition, { ended: text.split('\n') });
    else if (text === RESIGNED) listener(partition, { isLeaderless: true });
    else if (text !== connections[partition]?.id) listener(partition);
  });
}

/** Each part behind its size: the token in two bytes, an id in two, its record in four. */
function filledOf(message: Buffer): { readonly filled: string; readonly jobs: readonly ClaimedJob[] } {
  let at = 0;
  const part = (sizeBytes: 2 | 4): Buffer => {
    const from = at + sizeBytes;
    at = from + message.readUIntBE(at, sizeBytes);
    return message.subarray(from, at);
  };
  const token = part(2).toString('utf8');
  const jobs: ClaimedJob[] = [];
  while (at < message.length) jobs.push(claimedJobOf(part(2).toString('utf8'), part(4)));
  return { filled: token, jobs };
}
