/** Addresses and names as the report shows them. */

import { displayName } from './build-report.js';
import type { Report } from './report.js';
import { escapeHtml } from './text.js';

export function isLocal({ audit }: Pick<Report, 'audit'>): boolean {
  return !/^https?:/i.test(audit.site);
}

/** A folder by its own name, a site by its address without the usual parts. */
export function siteName(report: Pick<Report, 'audit'>): string {
  const { site } = report.audit;
  if (isLocal(report)) return site.split(/[/\\]/).filter(Boolean).at(-1) ?? site;
  return site.replace(/^https?:\/\//i, '').replace(/\/$/, '');
}

/** Within a served folder an address is a file's name: the server is gone when the report is read. */
export function address(target: string, report: Pick<Report, 'audit'>): string {
  const name = displayName(target, siteOf(report));
  if (name !== target || !/^https?:\/\/./i.test(target)) return `<code>${escapeHtml(name)}</code>`;
  return `<a href="${escapeHtml(target)}" rel="noopener noreferrer">${escapeHtml(target)}</a>`;
}

function siteOf(report: Pick<Report, 'audit'>): Parameters<typeof displayName>[1] {
  const { origin, port } = new URL(report.audit.start);
  return { origin, folder: isLocal(report) ? { path: report.audit.site, only: [], port: Number(port) } : null };
}
