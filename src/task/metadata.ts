/** What can be seen of a task in this process. All of it is plain data. */

import type { ITaskStep } from './task-step.js';

/** A snapshot of a task in this process: of its runs by trigger, and of its jobs that run here. */
export interface ITaskMetadata {
  /** The task's name; empty for a task without one. */
  readonly name: string;
  /** Whether it runs now; else how the last run ended, `idle` if there was none. */
  readonly status: 'idle' | 'running' | 'completed' | 'failed';
  /** Of the run that started last. */
  readonly steps: ITaskStep[];
  /** Of the run that started last: the step that is active. */
  readonly currentStep: string | undefined;
  /** Of the run that started last, 0–100. */
  readonly currentProgress: number;
  /** How many runs have started. */
  readonly runCount: number;
  /** When the last run started. */
  readonly lastRun: Date | undefined;
  /** A copy of its labels. */
  readonly labels: Record<string, string>;
  /** The message of the last run's error; undefined once a run has succeeded. */
  readonly lastError: string | undefined;
  /** How many runs have failed. */
  readonly errorCount: number;
  /** Whether triggers beyond `bufferMax` wait and replace each other. */
  readonly buffered: boolean;
  /** Undefined unless `buffered`. */
  readonly bufferMax: number | undefined;
  /** Of the cron pattern that its manager has for it, if any. */
  readonly cronSchedule?: string | undefined;
  /** When the pattern fires next. */
  readonly nextRun?: Date | undefined;
}

/** What is told of a run. */
export type TTaskEventType = 'started' | 'step' | 'completed' | 'failed';

/** One event in the life of a run. */
export interface ITaskEvent {
  /** Which event it is. */
  readonly type: TTaskEventType;
  /** The task as it was then. */
  readonly task: ITaskMetadata;
  /** Epoch ms. */
  readonly timestamp: number;
  /** Of 'step'. */
  readonly stepName?: string | undefined;
  /** Of 'failed': the error's message. */
  readonly error?: string | undefined;
}
