/** The report as one page that needs nothing else: to be read, kept, printed, and sent to a colleague. */

import { createHash } from 'node:crypto';
import { type CauseGroup, causeGroups } from './causes.js';
import { findingCodes, type Severity, severities } from './findings.js';
import type { Report } from './report.js';
import { auditedSite, siteName } from './report-address.js';
import { causeSection } from './report-causes.js';
import { pageTable } from './report-pages.js';
import { reportStyle } from './report-style.js';
import { counted, escapeHtml, shownNumber } from './text.js';

/** The one style sheet, by its digest: no other style and nothing else is let in, whatever a page brought with it. */
const policy: string = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(reportStyle).digest('base64')}'; base-uri 'none'; form-action 'none'`;

export function renderReport(report: Report): string {
  const { audit } = report;
  const name = escapeHtml(siteName(report));
  const groups = causeGroups(report);
  const { verdict, kind, detail } = judge(report, groups);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="color-scheme" content="light dark">
<title>${name}: ${verdict} (site audit)</title>
<style>${reportStyle}</style>
</head>
<body>
<header>
<p class="kicker">Site audit · <time datetime="${escapeHtml(audit.finishedAt)}">${escapeHtml(when(audit.finishedAt))}</time></p>
<h1>${name}: <span class="${kind}">${verdict}</span></h1>
<p class="detail">${detail}</p>
${overview(groups)}
<dl class="facts">
<div><dt>Audited</dt><dd>${auditedSite(report)}</dd></div>
<div><dt>Checked</dt><dd>${coverage(report)}</dd></div>
${remarks(report)}
</dl>
</header>
<main>
${severities.map((severity) => section(severity, groups, report)).join('')}${pageTable(report)}
</main>
<footer><p>Made by the site audit example of <strong>taskspan</strong>. The same facts for programs, and all of them: <code>report.json</code>.</p></footer>
</body>
</html>
`;
}

interface Judgement {
  readonly verdict: string;
  readonly kind: Severity | 'good';
  readonly detail: string;
}

/** In words, since a colour alone tells nothing to many. */
function judge({ summary, pages }: Report, groups: readonly CauseGroup[]): Judgement {
  const { errors, warnings, notices } = summary;
  const things = (severity: Severity): number =>
    groups.filter((group) => group.severity === severity).reduce((sum, { causes }) => sum + causes.length, 0);
  const on = (severity: Severity): string => {
    const count = pages.filter(({ findings }) => findings.some((finding) => finding.severity === severity)).length;
    return `${shownNumber(count)} of ${counted(pages.length, 'page')}`;
  };
  const lesser = [warnings > 0 ? counted(warnings, 'warning') : '', notices > 0 ? counted(notices, 'notice') : ''];
  const also = lesser.filter((text) => text !== '').join(' and ');
  if (errors > 0)
    return {
      verdict: counted(errors, 'error'),
      kind: 'error',
      detail: `Found on ${on('error')}; ${counted(things('error'), 'thing')} to mend.${also === '' ? '' : ` Besides, ${also}.`}`,
    };
  if (summary.pages === 0) return { verdict: 'nothing to audit', kind: 'warning', detail: 'No page could be read.' };
  const lost = groups.find(({ code }) => code === 'external-unreachable')?.count ?? 0;
  // That another site doesn't answer this machine says nothing of the site that was audited.
  if (lost > 0 && lost === warnings)
    return {
      verdict: 'no errors',
      kind: 'good',
      detail: `${counted(lost, 'link')} to other sites could not be judged: nobody answered.${notices === 0 ? '' : ` Besides, ${counted(notices, 'notice')}.`}`,
    };
  if (warnings > 0)
    return {
      verdict: `no errors, ${counted(warnings, 'warning')}`,
      kind: 'warning',
      detail: `Found on ${on('warning')}; ${counted(things('warning'), 'thing')} to look at.${notices === 0 ? '' : ` Besides, ${counted(notices, 'notice')}.`}`,
    };
  if (notices > 0)
    return { verdict: 'no errors', kind: 'good', detail: `${counted(notices, 'notice')}, on ${on('notice')}.` };
  return { verdict: 'nothing to complain about', kind: 'good', detail: 'What was checked is in order.' };
}

/** The kinds of findings with their numbers, the gravest first; each leads to its part. */
function overview(groups: readonly CauseGroup[]): string {
  if (groups.length < 2) return '';
  const items = groups.map(
    ({ code, severity, count }) =>
      `<li class="${severity}"><a href="#${code}">${escapeHtml(findingCodes[code].title)}</a> <span class="count">${shownNumber(count)}</span></li>`,
  );
  return `<nav aria-label="Findings by kind"><ol class="overview">${items.join('\n')}</ol></nav>`;
}

function coverage({ audit, summary }: Report): string {
  const seconds = (Date.parse(audit.finishedAt) - Date.parse(audit.startedAt)) / 1000;
  const took =
    seconds < 100
      ? `${seconds.toFixed(1)} s`
      : seconds < 6_000
        ? `${Math.round(seconds / 60)} min`
        : `${(seconds / 3600).toFixed(1)} h`;
  return `${counted(summary.pages, 'page')}, ${counted(summary.links, 'link')}, ${counted(summary.images, 'image')}, in ${took}`;
}

/** What the audit does not know: without it "no errors" would say too much. */
function remarks({ summary, audit }: Report): string {
  const lines: string[] = [];
  if (summary.leftOut > 0)
    lines.push(
      `${counted(summary.leftOut, 'linked page')}: the audit was limited to ${counted(audit.maxPages, 'page')}`,
    );
  if (!audit.external) lines.push('links to other sites');
  if (summary.unreachable > 0)
    lines.push(`${counted(summary.unreachable, 'address', 'addresses')} that gave no sound answer`);
  return lines.length === 0 ? '' : `<div><dt>Not checked</dt>${lines.map((line) => `<dd>${line}</dd>`).join('')}</div>`;
}

const headings: Readonly<Record<Severity, string>> = { error: 'Errors', warning: 'Warnings', notice: 'Notices' };

function section(severity: Severity, groups: readonly CauseGroup[], report: Report): string {
  const own = groups.filter((group) => group.severity === severity);
  if (own.length === 0) return '';
  const total = own.reduce((sum, { count }) => sum + count, 0);
  return `<section class="${severity}" aria-labelledby="${severity}s">
<h2 id="${severity}s">${headings[severity]} <span class="count">${shownNumber(total)}</span></h2>
${own.map((group) => causeSection(group, report)).join('\n')}
</section>
`;
}

function when(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}
