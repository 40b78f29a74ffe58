/** A Redis store whose calls are written down, as its caller sees them. */

import type { ClaimedJob } from '../../../src/core/job.js';
import type { MaintainRequest, Store } from '../../../src/store/index.js';
import { redis } from '../../../src/stores/redis/index.js';

export interface Watched {
  readonly store: Store;
  /** What each token was answered to hold, a list for each answer that had jobs of it. */
  readonly claims: Map<string, string[][]>;
  /** The terms that it was given, by whom. */
  readonly terms: Map<number, Set<string>>;
  /** When chores were done, or tried, on the monotonic clock. */
  readonly chores: { readonly at: number; readonly term: number | null }[];
}

export function watched(url: string): Watched {
  const store = redis({ url });
  const found: Omit<Watched, 'store'> = { claims: new Map(), terms: new Map(), chores: [] };
  const leader = store.leader!;
  const others = {
    async exchange(request: Parameters<Store['exchange']>[0]) {
      const reply = await store.exchange(request);
      for (const [token, jobs] of byToken(reply.jobs))
        found.claims.set(token, [...(found.claims.get(token) ?? []), jobs]);
      return reply;
    },
    maintain(request: MaintainRequest) {
      found.chores.push({ at: performance.now(), term: request.term });
      return store.maintain(request);
    },
    leader: {
      ...leader,
      async campaign(worker: string, leaseMs: number) {
        const term = await leader.campaign(worker, leaseMs);
        if (term !== null) found.terms.set(term, new Set([...(found.terms.get(term) ?? []), worker]));
        return term;
      },
    },
  };
  return {
    ...found,
    store: new Proxy(store, { get: (target, name) => Reflect.get(others, name) ?? Reflect.get(target, name) }),
  };
}

function byToken(jobs: readonly ClaimedJob[]): Map<string, string[]> {
  const tokens = new Map<string, string[]>();
  for (const { token, id } of jobs) tokens.set(token, [...(tokens.get(token) ?? []), id]);
  return tokens;
}
