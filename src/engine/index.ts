export { CLOSE_GRACE_MS, Engine } from './engine.js';
export type { EngineEvents, EventJob } from './events.js';
export { type JobTemplate, triggeredJob } from './firing.js';
export { INPUT_LIMIT, PROGRESS_LIMIT } from './outcome.js';
export type { EndedJob, WaitOptions } from './results.js';
export type { AttemptControl, Leave, Registry, Runnable } from './runnable.js';
