/** What users test their tasks with. */

export type { ExpectOptions } from './expecting.js';
export type { PartOf } from './matching.js';
export type { Ended, Producer, Scenario, ScenarioTasks, Sim } from './scenario.js';
export { type SimulateOptions, SimulationError, type SimulationReport, simulate } from './simulate.js';
export type { FaultPreset } from './simulation/presets.js';
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
