export type { ContextEnqueue, JobInfo, TaskContext } from './context.js';
export { type EnqueueOptions, enqueueOptionNames } from './enqueue.js';
export { type InputArgs, type InputOf, type OutputOf, type TaskLike, type TaskRef, taskRef } from './reference.js';
export { parseWith, type SchemaIssue, type SchemaResult, type StandardSchema } from './schema.js';
export { RunProgress, type StepDef, type StepNames } from './steps.js';
export {
  type AnyTask,
  checkLabels,
  checkPriority,
  type KeepOptions,
  Task,
  type TaskOptions,
  type TaskSettings,
  task,
} from './task.js';
