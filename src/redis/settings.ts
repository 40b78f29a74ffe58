/** What a `DefaultTaskManager` is told, and the names under which its tasks lie in the store. */

import { OptionError } from '../core/errors.js';
import type { Store } from '../store/index.js';
import { type IoredisLike, redis } from '../stores/redis/index.js';

/** All tasks of the document are jobs of one task in one queue, which a `TaskManager` of the same namespace sees so. */
export const TASK = 'task';
export const QUEUE = 'tasks';

export const DEFAULT_URL = 'redis://127.0.0.1:6379';

export interface Where {
  readonly redis: string | IoredisLike;
  readonly namespace: string | undefined;
}

/** A store of its own: its own connections, and news of what all others write. @throws OptionError */
export function storeAt({ redis: given, namespace }: Where): Store {
  if (typeof given !== 'string') {
    if (typeof given === 'object' && given !== null && typeof given.callBuffer === 'function')
      return redis({ client: given, namespace });
    throw new OptionError(
      `redis is ${given === null ? 'null' : typeof given}; give a URL such as '${DEFAULT_URL}', or a client of ioredis.`,
    );
  }
  if (!URL.canParse(given)) return redis({ url: given, namespace });
  const url = new URL(given);
  const own = url.searchParams.get('namespace') ?? undefined;
  if (own !== undefined && namespace !== undefined)
    throw new OptionError(`The namespace is given twice, as '${own}' in the URL and as '${namespace}'; give it once.`);
  url.searchParams.delete('namespace');
  return redis({ url: url.href, namespace: own ?? namespace });
}
