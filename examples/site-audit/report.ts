/** The report of one audit: its shape, as written to `report.json`. */

import type { Finding, Severity } from './findings.js';
import type { AuditPlan } from './plan.js';
import type { Visit } from './results.js';
import type { CheckKind } from './url.js';

/** Raised when a field changes its meaning or goes; new fields may appear without. */
export const REPORT_VERSION = 1;

export interface Report {
  readonly version: typeof REPORT_VERSION;
  readonly audit: {
    /** The id of the audit's job. */
    readonly id: string;
    /** What was audited: a folder's path or an address. */
    readonly site: string;
    readonly start: string;
    /** ISO 8601, UTC. */
    readonly startedAt: string;
    readonly finishedAt: string;
    readonly external: boolean;
    readonly maxPages: number;
  };
  readonly summary: Summary;
  /** By address. Pages that don't exist are findings of the pages that link to them. */
  readonly pages: readonly PageReport[];
  /** Every address that was asked for, once each, by address. */
  readonly checks: readonly CheckReport[];
}

export interface Summary {
  readonly pages: number;
  /** Distinct addresses that are linked, and that are shown as images. */
  readonly links: number;
  readonly images: number;
  readonly errors: number;
  readonly warnings: number;
  readonly notices: number;
  /** Addresses that gave no sound answer after all retries, those of other sites included. */
  readonly unreachable: number;
  /** Pages left out because of `maxPages`. */
  readonly leftOut: number;
}

export interface PageReport {
  readonly url: string;
  /** For people: the file within the folder, or the address. */
  readonly name: string;
  readonly title: string;
  readonly state: 'audited' | 'missing' | 'unreachable';
  /** The worst first, then by line. */
  readonly findings: readonly ReportedFinding[];
}

export type ReportedFinding = Finding & { readonly severity: Severity };

export interface CheckReport {
  readonly url: string;
  readonly kind: CheckKind;
  readonly outcome: 'ok' | 'redirect' | 'missing' | 'unreachable' | 'cancelled';
  /** The last HTTP status; null if there was no answer to keep. */
  readonly status: number | null;
  /** Why there is no sound answer; null if there is one. */
  readonly error: string | null;
}

/** What is known of one address: its job, in short. */
export interface CheckRecord {
  readonly url: string;
  readonly kind: CheckKind;
  readonly state: 'completed' | 'failed' | 'cancelled';
  readonly visit: Visit | null;
  readonly error: { readonly name: string; readonly message: string } | null;
}

export interface AuditFacts {
  readonly id: string;
  readonly plan: AuditPlan;
  readonly startedAt: Date;
  readonly finishedAt: Date;
}
