/** The inputs of the audit's jobs. */

import type { Site } from './site.js';

/** What is audited and how: the input of the audit's job, and part of all others'. */
export interface AuditPlan {
  readonly site: Site;
  readonly external: boolean;
  readonly maxPages: number;
}

/**
 * The input of a job that checks one address. It says nothing of the page that asked for it: whichever
 * page asks first makes the job, and all others mean the same one.
 */
export interface Check {
  /** The id of the audit's job. */
  readonly audit: string;
  readonly url: string;
  readonly plan: AuditPlan;
}
