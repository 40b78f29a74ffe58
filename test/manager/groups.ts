/** Groups for tests, by what they limit. */

import { type ITaskConstraintGroupOptions, TaskConstraintGroup } from '../../src/index.js';

/** Limits the tasks that are named, each under its key; one run at once, if nothing else is said. */
export function groupOf(
  name: string,
  keys: Readonly<Record<string, string>>,
  limits: Partial<ITaskConstraintGroupOptions> = { maxConcurrent: 1 },
): TaskConstraintGroup {
  return new TaskConstraintGroup({ name, constraintKeyForExecution: (one) => keys[one.name] ?? null, ...limits });
}

/** Triggers of task `visit` exclude each other, over all processes. */
export const clusterWide = (maxConcurrent = 1): TaskConstraintGroup =>
  groupOf('cluster', { visit: 'x' }, { maxConcurrent, scope: 'cluster' });
