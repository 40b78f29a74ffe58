/** The cron patterns that a manager was given for tasks by name, as documented: known at once, store or not. */

import { firstSlot, type Recurrence } from '../core/recurrence/index.js';
import type { AnyTask, ITaskMetadata, ITaskStep } from '../task/index.js';

/** A task with a cron pattern. */
export interface IScheduledTaskInfo {
  /** The task's name. */
  readonly name: string;
  /** The cron pattern. */
  readonly schedule: string;
  /** When the pattern fires next. */
  readonly nextRun: Date;
  /** When the last run in this process started, by whatever it was started. */
  readonly lastRun: Date | undefined;
  /** Of the run that started last. */
  readonly steps: ITaskStep[];
  /** All that can be seen of the task here. */
  readonly metadata: ITaskMetadata;
}

/** A run to come. */
export interface NextScheduledRun {
  /** The task's name. */
  readonly taskName: string;
  /** When the pattern fires next. */
  readonly nextRun: Date;
  /** The cron pattern. */
  readonly schedule: string;
}

export class ScheduledTasks {
  readonly #byName: Map<string, { readonly cron: string; readonly rule: Recurrence }> = new Map();

  set(name: string, cron: string, rule: Recurrence): void {
    this.#byName.set(name, { cron, rule });
  }

  delete(name: string): void {
    this.#byName.delete(name);
  }

  /** What its metadata says of it. */
  of(name: string, now: number): Pick<ITaskMetadata, 'cronSchedule' | 'nextRun'> {
    const scheduled = this.#byName.get(name);
    return scheduled === undefined
      ? { cronSchedule: undefined, nextRun: undefined }
      : { cronSchedule: scheduled.cron, nextRun: nextRun(scheduled.rule, now) };
  }

  /** The next to run first. Those that never run again, and those of tasks that are gone, are left out. */
  list(task: (name: string) => AnyTask | undefined, now: number): IScheduledTaskInfo[] {
    const infos: IScheduledTaskInfo[] = [];
    for (const [name, { cron, rule }] of this.#byName) {
      const found = task(name);
      const next = nextRun(rule, now);
      if (found === undefined || next === undefined) continue;
      const metadata = { ...found.getMetadata(), cronSchedule: cron, nextRun: next };
      infos.push({ name, schedule: cron, nextRun: next, lastRun: found.lastRun, steps: metadata.steps, metadata });
    }
    return infos.sort((a, b) => a.nextRun.getTime() - b.nextRun.getTime());
  }
}

function nextRun(rule: Recurrence, now: number): Date | undefined {
  const slot = firstSlot(rule, now);
  return slot === null ? undefined : new Date(slot);
}
