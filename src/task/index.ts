export { Taskchain, type TaskchainOptions } from './chain.js';
export type { ContextEnqueue, JobInfo, TaskContext } from './context.js';
export { TaskDebounced, type TaskDebouncedOptions } from './debounced.js';
export { type EnqueueOptions, enqueueOptionNames } from './enqueue.js';
export { EventSubject } from './event-subject.js';
export { homeless, type TaskHome } from './home.js';
export type { ITaskEvent, ITaskMetadata, TTaskEventType } from './metadata.js';
export { TaskOnce } from './once.js';
export { Taskparallel, type TaskparallelOptions } from './parallel.js';
export {
  type InputArg,
  type InputArgs,
  type InputOf,
  type OutputOf,
  type TaskLike,
  type TaskRef,
  taskRef,
} from './reference.js';
export { Run, type RunEnd } from './run.js';
export type { EventHearer } from './runs.js';
export { parseWith, type SchemaIssue, type SchemaResult, type StandardSchema } from './schema.js';
export {
  checkLabels,
  checkPriority,
  type HookedTask,
  type HookTask,
  type ITaskFunction,
  type KeepOptions,
  positiveMs,
  type TaskOptions,
  type TaskSettings,
} from './settings.js';
export type { StepDef, StepNames } from './steps.js';
export { type AnyTask, Task, task } from './task.js';
export { type ITaskStep, TaskStep } from './task-step.js';
