export { Engine } from './engine.js';
export type { EngineEvents, EventJob } from './events.js';
export { type JobTemplate, triggeredJob } from './firing.js';
export type { Host } from './host.js';
export { timers } from './hosts/timers.js';
export { INPUT_LIMIT, PROGRESS_LIMIT } from './outcome.js';
export type { EndedJob, WaitOptions } from './results.js';
export type { AttemptControl, Registry, Runnable } from './runnable.js';
