export type { Cause } from './cause.js';
export type { ClusterEvent, ClusterFollower, ClusterStreamOptions, IEventsMissed } from './cluster-events.js';
export { consoleLogger } from './console-logger.js';
export { type ITaskConstraintGroupOptions, TaskConstraintGroup } from './constraints/group.js';
export type { Diagnosis } from './diagnose.js';
export type { EventStreamOptions, IEventsDropped } from './event-stream.js';
export type { Explanation } from './explain.js';
export { JobHandle, type ResultOptions, thrownOf } from './handle.js';
export type { Main } from './main.js';
export { TaskManager } from './manager.js';
export { instant } from './new-job.js';
export type { IScheduledTaskInfo, NextScheduledRun } from './scheduled-tasks.js';
export type { ScheduleInfo } from './scheduling.js';
export { type JobSnapshot, snapshotOf } from './snapshot.js';
export type { TaskMap } from './task-map.js';
export type { TriggerExplanation } from './triggers/explain.js';
export type { ExecuteOptions, ITaskExecution, ITaskExecutionReport } from './triggers/report.js';
export type {
  JobQuery,
  ScheduleOptions,
  ScheduleQuery,
  TaskManagerOptions,
} from './types.js';
