import type { Host } from '../core/host.js';
import { asyncContext } from './context.js';

/** The host of Node, Bun and browsers: the platform's own timers. A pending timer keeps a Node process alive. */
export function timers(): Host {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    random32: pooledRandom(),
    timer(ms, callback) {
      const id = setTimeout(callback, ms);
      return () => clearTimeout(id);
    },
    soon:
      typeof setImmediate === 'function'
        ? (callback) => void setImmediate(callback)
        : (callback) => void setTimeout(callback, 0),
    context: asyncContext,
  };
}

/** The platform's secure randomness, fetched a pool at a time: a call for each number costs a microsecond. */
function pooledRandom(): () => number {
  const pool = new Uint32Array(1024);
  let next = pool.length;
  return () => {
    if (next === pool.length) {
      crypto.getRandomValues(pool);
      next = 0;
    }
    return pool[next++] as number;
  };
}
