/** What can be seen of a task in this process. All of it is plain data. */

import type { ITaskStep } from './task-step.js';

/** A snapshot of a task in this process: of its runs by trigger, and of its jobs that run here. */
export interface ITaskMetadata {
  readonly name: string;
  readonly status: 'idle' | 'running' | 'completed' | 'failed';
  /** Of the run that started last. */
  readonly steps: ITaskStep[];
  readonly currentStep: string | undefined;
  /** Of the run that started last, 0–100. */
  readonly currentProgress: number;
  readonly runCount: number;
  /** When the last run started. */
  readonly lastRun: Date | undefined;
  readonly labels: Record<string, string>;
  /** The message of the last run's error; undefined once a run has succeeded. */
  readonly lastError: string | undefined;
  readonly errorCount: number;
  readonly buffered: boolean;
  readonly bufferMax: number | undefined;
  /** Of the cron pattern that its manager has for it, if any. */
  readonly cronSchedule?: string | undefined;
  readonly nextRun?: Date | undefined;
}

/** What is told of a run. */
export type TTaskEventType = 'started' | 'step' | 'completed' | 'failed';

/** One event in the life of a run. */
export interface ITaskEvent {
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
