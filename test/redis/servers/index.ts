/** Real Redis servers for tests, and the faults of a network before them. */
export { startCluster } from './cluster.js';
export { type FaultyProxy, startProxy } from './proxy.js';
export { type RedisServer, startRedis } from './redis.js';
export { startReplicated } from './replicated.js';
export { redisForTest } from './shared.js';
