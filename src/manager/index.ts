export { type ITaskConstraintGroupOptions, TaskConstraintGroup } from './constraint-group.js';
export type { Diagnosis } from './diagnose.js';
export type { Cause, Explanation } from './explain.js';
export { JobHandle, type ResultOptions } from './handle.js';
export type { Main } from './main.js';
export { TaskManager } from './manager.js';
export type { ScheduleInfo } from './scheduling.js';
export type { JobSnapshot } from './snapshot.js';
export type {
  JobQuery,
  ScheduleOptions,
  ScheduleQuery,
  TaskManagerOptions,
} from './types.js';
