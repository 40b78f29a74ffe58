/** What others tell of: that there is something to claim, which jobs ended, and what filled an open claim of this process. */

import type { ClaimedJob } from '../../core/job.js';
import type { NotifyCapability } from '../../store/index.js';
import type { Connection } from './connection.js';
import { claimedJobOf } from './packed.js';
import { scripts } from './scripts.js';

/** What is published as news is the id of whoever caused it, or this. */
const RESIGNED = 'resigned';

export function notify(connection: Connection): NotifyCapability {
  const { prefix, id } = connection;
  const [news, ends, filled] = [`${prefix}news`, `${prefix}ends`, `${prefix}filled:${id}`];
  return {
    keepsClaims: true,
    subscribe: (listener, needs = 'all') =>
      connection.client.listen(needs === 'all' ? [news, ends, filled] : [ends], (message, channel) => {
        if (message === null) return listener();
        if (channel === filled) return listener(filledOf(message));
        const text = message.toString('utf8');
        if (channel === ends) listener({ ended: text.split('\n') });
        else if (text === RESIGNED) listener({ isLeaderless: true });
        else if (text !== id) listener();
      }),
    async awaitEnds(forMs) {
      await connection.run(scripts.awaitEnds, { forMs });
    },
  };
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
