/**
 * taskspan on the contestant's own Redis, by its URL and nothing else. BENCH_STORE, as `memory:` or `sqlite:`, tries a
 * contestant out on another store; what is read of Redis is then of an idle one.
 */
import { join } from 'node:path';
import { temporaryFolder } from './contestant.mjs';

export { TaskManager, task } from '../../dist/index.js';

const kind = process.env.BENCH_STORE ?? 'redis:';
const path = kind === 'sqlite:' ? join(temporaryFolder(), 'jobs.db') : '';

export function storeUrl(redis) {
  return kind === 'redis:' ? `redis://127.0.0.1:${redis.port}/0?namespace=bench` : `${kind}${path}`;
}
