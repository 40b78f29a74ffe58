/**
 * When a schedule makes jobs: at a time, every so often, or by cron.
 *
 * A rule is plain data; each instant at which it makes a job is a slot. All of this is arithmetic on epoch
 * milliseconds: what fires, and on which worker, is decided elsewhere.
 */
export { type DueSlots, dueSlots } from './due.js';
export { readRecurrence } from './read.js';
export {
  type AtRecurrence,
  type CronRecurrence,
  type EveryRecurrence,
  type MissedPolicy,
  type OverlapPolicy,
  type Recurrence,
  type RecurrenceOptions,
  recurrenceIdentity,
  recurrenceOptionNames,
  sameRecurrence,
} from './rule.js';
export { firstSlot, nextSlot, preview, slotJitter } from './slots.js';
export { recurrence } from './validate.js';
