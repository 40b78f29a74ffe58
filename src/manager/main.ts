import type { TaskManager } from './manager.js';

/**
 * The default export of a file that `taskspan dev` or `taskspan worker` runs.
 *
 * Returning (or resolving with) `'exit'` ends the command once nothing is due or running.
 */
export type Main = (context: {
  /** Started already. */
  readonly manager: TaskManager;
  /** What came after `--`. */
  readonly args: readonly string[];
  /** Aborted when the command is asked to end. */
  readonly signal: AbortSignal;
}) => unknown;
