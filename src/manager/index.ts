export type { Cause } from './cause.js';
export { type ITaskConstraintGroupOptions, TaskConstraintGroup } from './constraints/group.js';
export type { Diagnosis } from './diagnose.js';
export type { EventStreamOptions, IEventsDropped } from './event-stream.js';
export type { Explanation } from './explain.js';
export { JobHandle, type ResultOptions } from './handle.js';
export type { Main } from './main.js';
export { TaskManager } from './manager.js';
export type { IScheduledTaskInfo, NextScheduledRun } from './scheduled-tasks.js';
export type { ScheduleInfo } from './scheduling.js';
export type { JobSnapshot } from './snapshot.js';
export type { TaskMap } from './task-map.js';
export type { TriggerExplanation } from './triggers/explain.js';
export type { ExecuteOptions, ITaskExecution, ITaskExecutionReport } from './triggers/report.js';
export type {
  JobQuery,
  ScheduleOptions,
  ScheduleQuery,
  TaskManagerOptions,
} from './types.js';
