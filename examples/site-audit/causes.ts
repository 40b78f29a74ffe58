/** What is to be mended: findings that one change mends are one cause, however many pages show it. Pure. */

import { type FindingCode, findingCodes, type Severity, severities } from './findings.js';
import type { PageReport, Report, ReportedFinding } from './report.js';

/** All causes of one kind. */
export interface CauseGroup {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** How many findings. */
  readonly count: number;
  /** The one with the most places first. */
  readonly causes: readonly Cause[];
}

export interface Cause {
  /** What all its findings point to; null if it is the page that is to be mended. */
  readonly target: string | null;
  /** Never empty. */
  readonly places: readonly Place[];
}

export interface Place {
  readonly page: PageReport;
  readonly finding: ReportedFinding;
}

/** The gravest first, then the most frequent. */
export function causeGroups({ pages }: Pick<Report, 'pages'>): CauseGroup[] {
  const byCode = new Map<FindingCode, Map<string, Place[]>>();
  for (const page of pages) {
    for (const finding of page.findings) {
      const causes = byCode.get(finding.code) ?? new Map<string, Place[]>();
      byCode.set(finding.code, causes);
      const key = causeKey(page, finding);
      const places = causes.get(key);
      if (places === undefined) causes.set(key, [{ page, finding }]);
      else places.push({ page, finding });
    }
  }
  return [...byCode]
    .map(([code, causes]): CauseGroup => {
      const sorted = [...causes.values()].map(causeOf).sort((a, b) => b.places.length - a.places.length);
      const count = sorted.reduce((sum, { places }) => sum + places.length, 0);
      return { code, severity: findingCodes[code].severity, count, causes: sorted };
    })
    .sort(
      (a, b) =>
        severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
        b.count - a.count ||
        codes.indexOf(a.code) - codes.indexOf(b.code),
    );
}

const codes: readonly string[] = Object.keys(findingCodes);

function causeKey(page: PageReport, { code, target }: ReportedFinding): string {
  // Of a page that is gone, every fragment is.
  return target === undefined
    ? `page ${page.url}`
    : `to ${code === 'anchor-missing' ? target : withoutFragment(target)}`;
}

function causeOf(places: readonly Place[]): Cause {
  const targets = new Set(places.map(({ finding }) => finding.target));
  const [target] = targets;
  return { target: target === undefined ? null : targets.size === 1 ? target : withoutFragment(target), places };
}

function withoutFragment(target: string): string {
  return target.split('#', 1)[0] as string;
}
