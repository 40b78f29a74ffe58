/** Addresses and names as the report shows them. */

import { displayName } from './build-report.js';
import type { Report } from './report.js';
import { clip, escapeHtml } from './text.js';

/** More of an address nobody reads; the link has it whole. */
const LONGEST = 160;

function isLocal({ audit }: Pick<Report, 'audit'>): boolean {
  return !/^https?:/i.test(audit.site);
}

/** A folder by its own name, a site by its address without the usual parts. */
export function siteName(report: Pick<Report, 'audit'>): string {
  const { site } = report.audit;
  if (isLocal(report)) return site.split(/[/\\]/).filter(Boolean).at(-1) ?? site;
  return site.replace(/^https?:\/\//i, '').replace(/\/$/, '');
}

/**
 * Within a served folder an address is a file's name: the server is gone when the report is read. Within a site its
 * path says enough.
 */
export function address(target: string, report: Pick<Report, 'audit'>): string {
  const name = displayName(target, siteOf(report));
  if (name !== target || !isWeb(target)) return `<code>${escapeHtml(clip(name, LONGEST))}</code>`;
  const { origin } = new URL(report.audit.start);
  return anchor(target, target.startsWith(`${origin}/`) ? target.slice(origin.length) : target);
}

/** What was audited, in full. */
export function auditedSite({ audit }: Pick<Report, 'audit'>): string {
  return isWeb(audit.site) ? anchor(audit.site, audit.site) : `<code>${escapeHtml(audit.site)}</code>`;
}

function anchor(url: string, text: string): string {
  return `<a href="${escapeHtml(url)}" rel="noopener noreferrer">${escapeHtml(clip(text, LONGEST))}</a>`;
}

function isWeb(url: string): boolean {
  return /^https?:\/\/./i.test(url);
}

function siteOf(report: Pick<Report, 'audit'>): Parameters<typeof displayName>[1] {
  const { origin, port } = new URL(report.audit.start);
  return { origin, folder: isLocal(report) ? { path: report.audit.site, only: [], port: Number(port) } : null };
}
