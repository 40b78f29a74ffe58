/** The rows, in the order in which they are measured and shown. */
import { row as backlog } from './backlog/row.mjs';
import { row as heap } from './heap/row.mjs';
import { row as memory } from './memory/row.mjs';
import { row as redisBulk } from './redis-bulk/row.mjs';
import { row as redisDelayed } from './redis-delayed/row.mjs';
import { row as redisDrain } from './redis-drain/row.mjs';
import { row as redisEnqueue } from './redis-enqueue/row.mjs';
import { row as redisEvents } from './redis-events/row.mjs';
import { row as redisLatency } from './redis-latency/row.mjs';
import { row as redisMemory } from './redis-memory/row.mjs';
import { row as sqliteDrain } from './sqlite-drain/row.mjs';
import { row as sqliteEnqueue } from './sqlite-enqueue/row.mjs';
import { row as sqliteLatency } from './sqlite-latency/row.mjs';
import { row as timers } from './timers/row.mjs';
import { row as triggerCooldown } from './trigger-cooldown/row.mjs';
import { row as triggerGroup } from './trigger-group/row.mjs';
import { row as triggerHeap } from './trigger-heap/row.mjs';
import { row as triggerKeys } from './trigger-keys/row.mjs';
import { row as triggerNoop } from './trigger-noop/row.mjs';

/** @type {Readonly<Record<string, import('./harness/types.d.ts').Row>>} */
export const rows = {
  'sqlite-drain': sqliteDrain,
  'sqlite-enqueue': sqliteEnqueue,
  'sqlite-latency': sqliteLatency,
  'redis-drain': redisDrain,
  'redis-enqueue': redisEnqueue,
  'redis-bulk': redisBulk,
  'redis-latency': redisLatency,
  'redis-memory': redisMemory,
  'redis-delayed': redisDelayed,
  'redis-events': redisEvents,
  memory,
  backlog,
  heap,
  timers,
  'trigger-noop': triggerNoop,
  'trigger-group': triggerGroup,
  'trigger-keys': triggerKeys,
  'trigger-heap': triggerHeap,
  'trigger-cooldown': triggerCooldown,
};
