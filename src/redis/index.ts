/** `taskspan/redis`: the Redis store, and the documented cluster of task managers on it. */

export { type IoredisLike, type RedisOptions, redis } from '../stores/redis/index.js';
export {
  DefaultTaskManager,
  type DefaultTaskManagerOptions,
  type ProcessOptions,
  type ShutdownOptions,
} from './default-task-manager.js';
export type { ManagerEvents, TaskNotice } from './notices.js';
export type { CommittedEvents, CreatedTask } from './task.js';
export type { ReceivedTask, TaskWorker, WorkerFunction } from './worker.js';
