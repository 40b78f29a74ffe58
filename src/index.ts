/** taskspan: one task manager for TypeScript. */

export type { Duration } from './core/duration.js';
export * from './core/errors.js';
export type { AsyncContext, Host } from './core/host.js';
export type { JobError, JobState, Keep, Placement, Reason } from './core/job.js';
export type { Logger } from './core/logger.js';
export {
  type AtRecurrence,
  type CronRecurrence,
  type EveryRecurrence,
  type MissedPolicy,
  type OverlapPolicy,
  preview,
  type Recurrence,
  type RecurrenceOptions,
  recurrence,
} from './core/recurrence/index.js';
export type { Backoff, RetryOptions } from './core/retry.js';
export type { EngineEvents, EventJob } from './engine/index.js';
export * as distributedCoordination from './manager/coordination/index.js';
export {
  type Cause,
  type ClusterEvent,
  type ClusterFollower,
  type ClusterStreamOptions,
  type Diagnosis,
  type EventStreamOptions,
  type ExecuteOptions,
  type Explanation,
  type IEventsDropped,
  type IEventsMissed,
  type IScheduledTaskInfo,
  type ITaskConstraintGroupOptions,
  type ITaskExecution,
  type ITaskExecutionReport,
  JobHandle,
  type JobQuery,
  type JobSnapshot,
  type Main,
  type NextScheduledRun,
  type ResultOptions,
  type ScheduleInfo,
  type ScheduleOptions,
  type ScheduleQuery,
  TaskConstraintGroup,
  TaskManager,
  type TaskManagerOptions,
  type TaskMap,
  type TriggerExplanation,
} from './manager/index.js';
export type { Counts, Finding, Store, WorkerRecord } from './store/index.js';
export { type MemoryOptions, memory } from './stores/memory/index.js';
export {
  type AnyTask,
  type ContextEnqueue,
  type EnqueueOptions,
  type HookedTask,
  type HookTask,
  type InputArg,
  type InputArgs,
  type InputOf,
  type ITaskEvent,
  type ITaskFunction,
  type ITaskMetadata,
  type ITaskStep,
  type JobInfo,
  type KeepOptions,
  type OutputOf,
  type SchemaIssue,
  type SchemaResult,
  type StandardSchema,
  type StepDef,
  type StepNames,
  Task,
  type TaskContext,
  Taskchain,
  type TaskchainOptions,
  TaskDebounced,
  type TaskDebouncedOptions,
  type TaskLike,
  TaskOnce,
  type TaskOptions,
  Taskparallel,
  type TaskparallelOptions,
  type TaskRef,
  type TaskSettings,
  TaskStep,
  type TTaskEventType,
  task,
  taskRef,
} from './task/index.js';
