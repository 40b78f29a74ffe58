/** What a task's runs get from where the task lives: its manager, or the bare process. */

import { OptionError } from '../core/errors.js';
import type { Host } from '../core/host.js';
import type { Logger } from '../core/logger.js';
import { timers } from '../hosts/index.js';
import type { ContextEnqueue } from './context.js';

export interface TaskHome {
  readonly host: Host;
  readonly logger: Logger;
  /** For runs that no job is behind. */
  readonly enqueue: ContextEnqueue;
}

/** Of a task that no manager has. */
export const homeless: TaskHome = {
  host: timers(),
  logger: console,
  enqueue: () =>
    Promise.reject(
      new OptionError('ctx.enqueue needs a store, and this task belongs to no manager: add it to one with addTask.'),
    ),
};
