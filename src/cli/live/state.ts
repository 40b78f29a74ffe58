/** What the live region shows: plain data, so that the child of `dev` can send it to its parent. */

export interface LiveState {
  /** The longest running first; of many, only the first. */
  readonly running: readonly LiveJob[];
  readonly runningCount: number;
  /** Jobs that ended in this process. */
  readonly completed: number;
  readonly failed: number;
  /** Completed here, over the last seconds; null before there is anything to measure. */
  readonly perSecond: number | null;
  /** Of the whole store; null until it has been asked. */
  readonly store: LiveStore | null;
  /** How wide the log prints names of tasks, to stand under them. */
  readonly taskWidth: number;
}

export interface LiveJob {
  readonly id: string;
  readonly task: string;
  readonly attempt: number;
  readonly maxAttempts: number | null;
  /** Epoch ms, as all times here. */
  readonly startedAt: number;
  /** Null until the job says. */
  readonly percent: number | null;
  readonly step: string | null;
}

export interface LiveStore {
  readonly waiting: number;
  readonly running: number;
  /** Else there are at least so many. */
  readonly isExact: boolean;
  readonly next: { readonly schedule: string; readonly at: number } | null;
}
