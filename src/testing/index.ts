/** What users test their tasks with. */

export type { ExpectOptions } from './expecting.js';
export type { PartOf } from './matching.js';
export type { TestClock } from './test-clock.js';
export {
  type DrainOptions,
  type ExpectEnqueued,
  type JobsFound,
  type Testing,
  type TestingOptions,
  testing,
  type WaitFor,
} from './testing.js';
export { VirtualTime, type VirtualTimeOptions } from './virtual-time.js';
