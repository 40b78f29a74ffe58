/** How hard the audit may press one host: four requests at a time, and a breath between them. */

import { TaskConstraintGroup } from 'taskspan';
import type { Check } from './plan.js';
import { isLoopback } from './url.js';

/** The store counts them, so they hold over all processes that work on the audit. */
export const hostLimits = [
  hostLimit('audited-host', 250, (hostname) => !isLoopback(hostname)),
  // A server on this machine needs little rest.
  hostLimit('audited-loopback', 20, isLoopback),
] as const;

function hostLimit(name: string, cooldownMs: number, covers: (hostname: string) => boolean) {
  return new TaskConstraintGroup<unknown, Partial<Check> | undefined>({
    name,
    maxConcurrent: 4,
    cooldownMs,
    constraintKeyForExecution: (_task, input) => {
      if (input?.url === undefined) return null;
      const { host, hostname } = new URL(input.url);
      return covers(hostname) ? host : null;
    },
  });
}
