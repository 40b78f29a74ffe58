/** What is said of a job when it is enqueued, by a manager or by a running job. */

import type { Duration } from '../core/duration.js';

/** What `enqueue` takes beside the input. */
export interface EnqueueOptions {
  /** Due in this long. */
  readonly in?: Duration | undefined;
  /** Due at this time (epoch ms or Date); a past one is due at once. Not together with `in`. */
  readonly at?: Date | number | undefined;
  /** Larger runs first. Default: the task's. */
  readonly priority?: number | undefined;
  /** Added to the task's labels. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Same key, same task and input: same job, as long as its record exists. Another input is an error. */
  readonly idempotencyKey?: string | undefined;
  /**
   * Coalescing: while a job under this key of the task and its queue waits (`until: 'started'`) or hasn't ended (`'finished'`, the
   * default), no second one is made; `onConflict: 'keep'` (default) leaves it, `'replace'` gives a waiting one the new input and due time.
   */
  readonly unique?:
    | {
        readonly key: string;
        readonly until?: 'started' | 'finished' | undefined;
        readonly onConflict?: 'keep' | 'replace' | undefined;
      }
    | undefined;
  /** Tries in all; `Infinity` = without end. Default: the task's. */
  readonly attempts?: number | undefined;
  /** How long each of its attempts may take. Default: the task's. */
  readonly timeout?: Duration | undefined;
}

export const enqueueOptionNames: readonly (keyof EnqueueOptions)[] = [
  'in',
  'at',
  'priority',
  'labels',
  'idempotencyKey',
  'unique',
  'attempts',
  'timeout',
];
