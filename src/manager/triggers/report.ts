/** One task, added, run once, reported on, and removed. */

import { checkOptions } from '../../core/options.js';
import type { AnyTask, ITaskStep } from '../../task/index.js';

/** A run as it went. Times are epoch ms. */
export interface ITaskExecution {
  /** The task's name. */
  readonly taskName: string;
  /** When it was triggered. */
  readonly startTime: number;
  /** When it had ended. */
  readonly endTime: number;
  /** ms. */
  readonly duration: number;
  /** The steps of the run. */
  readonly steps: ITaskStep[];
  /** 0–100. */
  readonly progress: number;
}

/** What `addExecuteRemoveTask` tells of its run. */
export interface ITaskExecutionReport<TOutput = unknown> extends ITaskExecution {
  /** Names, in their order. */
  readonly stepsCompleted: string[];
  /** `undefined` too if a group's `shouldExecute` skipped it. */
  readonly result: TOutput;
}

/** What `addExecuteRemoveTask` takes. */
export interface ExecuteOptions {
  /** What the run is given. */
  readonly input?: unknown;
  /** False: the report lists no steps. Default true. */
  readonly trackProgress?: boolean | undefined;
}

/** Runs it, and tells how that went. Rejects with what the run throws. */
export async function execute(
  task: AnyTask,
  options: ExecuteOptions,
  now: () => number,
  trigger: (task: AnyTask, input: unknown) => Promise<unknown>,
): Promise<ITaskExecutionReport> {
  checkOptions('addExecuteRemoveTask', options, ['input', 'trackProgress']);
  const startTime = now();
  const result = await trigger(task, options.input);
  const endTime = now();
  const steps = options.trackProgress === false ? [] : task.getStepsMetadata();
  return {
    taskName: task.name,
    startTime,
    endTime,
    duration: endTime - startTime,
    steps,
    stepsCompleted: steps.filter((step) => step.status === 'completed').map((step) => step.name),
    progress: task.getProgress(),
    result,
  };
}
