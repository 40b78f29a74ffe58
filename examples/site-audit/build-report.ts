/** Makes the report from what the jobs of an audit returned. Pure: same records, same report. */

import { type Finding, severities, severityOf } from './findings.js';
import { endOf, judgeUse, type RecordOf } from './judge-use.js';
import {
  type AuditFacts,
  type CheckRecord,
  type CheckReport,
  type PageReport,
  REPORT_VERSION,
  type Report,
  type ReportedFinding,
  type Summary,
} from './report.js';
import type { PageContent, Use } from './results.js';
import type { Site } from './site.js';
import { counted } from './text.js';
import { checkKind } from './url.js';

export function buildReport({ id, plan, startedAt, finishedAt }: AuditFacts, records: readonly CheckRecord[]): Report {
  const byUrl = new Map(records.map((record) => [record.url, record]));
  const recordOf: RecordOf = (url) => byUrl.get(url);
  const linkedFrom = referrers(records, recordOf);
  const pages = [...byUrl.values()].flatMap((record): PageReport[] => {
    const { url, visit } = record;
    const page = { url, name: displayName(url, plan.site) };
    const from = [...(linkedFrom.get(url) ?? [])].filter((referrer) => referrer !== url);
    if (visit?.page !== undefined) {
      const orphan = plan.site.folder !== null && from.length === 0 && !isStart(url, plan.site, recordOf);
      const findings = [
        ...visit.page.findings,
        ...visit.page.uses.flatMap((use) => judgeUse(use, plan, recordOf)),
        ...(orphan ? [{ code: 'page-orphan', message: 'No other page links here.' } as const] : []),
      ];
      return [{ ...page, title: visit.page.title, state: 'audited', findings: inOrder(findings) }];
    }
    if (record.kind !== 'page') return [];
    if (record.state === 'failed')
      return [{ ...page, title: '', state: 'unreachable', findings: inOrder([unreachable(record, from, plan.site)]) }];
    // A missing page is the fault of the pages that link to it; if none does, it is what was asked for.
    if (visit !== null && from.length === 0 && (visit.status >= 400 || visit.astray !== undefined)) {
      const message = visit.astray === undefined ? `It answers ${visit.status}.` : `It ${visit.astray}.`;
      return [{ ...page, title: '', state: 'missing', findings: inOrder([{ code: 'page-missing', message }]) }];
    }
    return [];
  });
  pages.sort(byUrlOrder);
  return {
    version: REPORT_VERSION,
    audit: {
      id,
      site: plan.site.name,
      start: plan.site.start,
      startedAt: startedAt.toISOString(),
      finishedAt: finishedAt.toISOString(),
      external: plan.external,
      maxPages: plan.maxPages,
    },
    summary: summarise(pages, records, plan.site),
    pages,
    checks: [...byUrl.values()].map(checkReport).sort(byUrlOrder),
  };
}

/** For people: the file within the folder, or the address. */
export function displayName(url: string, site: Pick<Site, 'origin' | 'folder'>): string {
  if (site.folder === null || !url.startsWith(`${site.origin}/`)) return url;
  const path = url.slice(site.origin.length + 1);
  try {
    return decodeURIComponent(path) || '/';
  } catch {
    return path;
  }
}

/** For each address, redirects followed, the pages that link to it. */
function referrers(records: readonly CheckRecord[], recordOf: RecordOf): Map<string, Set<string>> {
  const linkedFrom = new Map<string, Set<string>>();
  for (const { url: from, visit } of records) {
    for (const { url } of visit?.page?.uses ?? []) {
      for (const to of [url, finalUrl(url, recordOf)]) {
        const froms = linkedFrom.get(to);
        if (froms === undefined) linkedFrom.set(to, new Set([from]));
        else froms.add(from);
      }
    }
  }
  return linkedFrom;
}

function isStart(url: string, site: Site, recordOf: RecordOf): boolean {
  return url === site.start || url === finalUrl(site.start, recordOf);
}

function finalUrl(url: string, recordOf: RecordOf): string {
  const visit = recordOf(url)?.visit;
  if (visit == null) return url;
  const end = endOf(visit, recordOf);
  return end.visit.redirect?.to ?? end.visit.url;
}

function unreachable({ error }: CheckRecord, from: readonly string[], site: Site): Finding {
  const names = from.map((url) => displayName(url, site)).sort();
  const more = names.length > 5 ? `, and ${names.length - 5} more` : '';
  const linked = names.length === 0 ? '' : ` Linked from ${names.slice(0, 5).join(', ')}${more}.`;
  return { code: 'page-unreachable', message: `${error?.message ?? 'No sound answer'}.${linked}` };
}

function inOrder(findings: readonly Finding[]): ReportedFinding[] {
  return findings
    .map((finding) => ({ severity: severityOf(finding), ...finding }))
    .sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity) || (a.line ?? 0) - (b.line ?? 0));
}

function summarise(pages: readonly PageReport[], records: readonly CheckRecord[], site: Site): Summary {
  const found = pages.flatMap((page) => page.findings);
  const of = (severity: string): number => found.filter((finding) => finding.severity === severity).length;
  const contents = records.flatMap(({ visit }): PageContent[] => (visit?.page === undefined ? [] : [visit.page]));
  const distinct = (as: Use['as']): Set<string> =>
    new Set(contents.flatMap((page) => page.uses.filter((use) => use.as === as).map((use) => use.url)));
  const known = new Set(records.map((record) => record.url));
  return {
    pages: contents.length,
    links: distinct('link').size,
    images: distinct('image').size,
    errors: of('error'),
    warnings: of('warning'),
    notices: of('notice'),
    unreachable: records.filter((record) => record.state === 'failed').length,
    leftOut: [...distinct('link')].filter((url) => !known.has(url) && checkKind(url, site.origin) === 'page').length,
  };
}

function checkReport({ url, kind, state, visit, error }: CheckRecord): CheckReport {
  if (visit === null)
    return {
      url,
      kind,
      outcome: state === 'cancelled' ? 'cancelled' : 'unreachable',
      status: null,
      error: error?.message ?? null,
    };
  const { status, astray, redirect } = visit;
  const outcome = status >= 400 || astray !== undefined ? 'missing' : redirect === undefined ? 'ok' : 'redirect';
  return { url, kind, outcome, status, error: astray ?? null };
}

function byUrlOrder(a: { url: string }, b: { url: string }): number {
  return a.url < b.url ? -1 : a.url > b.url ? 1 : 0;
}

/** A few lines for the terminal. */
export function summaryText({ audit, summary }: Report): string {
  const { pages, links, images, errors, warnings, notices } = summary;
  const lines = [
    `Audited ${counted(pages, 'page')} of ${audit.site} with ${counted(links, 'link')} and ${counted(images, 'image')}:`,
    `  ${counted(errors, 'error')}, ${counted(warnings, 'warning')}, ${counted(notices, 'notice')}`,
  ];
  if (summary.unreachable > 0)
    lines.push(`  ${counted(summary.unreachable, 'address', 'addresses')} could not be reached`);
  if (summary.leftOut > 0)
    lines.push(`  ${counted(summary.leftOut, 'page')} left out by --max-pages ${audit.maxPages}`);
  return lines.join('\n');
}
