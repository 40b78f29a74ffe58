/** The report as one page that needs nothing else: to be read, kept, and sent to a colleague. */

import { displayName } from './build-report.js';
import { findingCodes, type Severity, severities } from './findings.js';
import type { PageReport, Report, ReportedFinding } from './report.js';
import { reportStyle } from './report-style.js';
import { counted, escapeHtml } from './text.js';

export function renderReport(report: Report): string {
  const { audit } = report;
  const local = isLocal(report);
  const name = escapeHtml(local ? (audit.site.split(/[/\\]/).filter(Boolean).at(-1) ?? audit.site) : audit.site);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>Site audit: ${name}</title>
<style>${reportStyle}</style>
</head>
<body>
<header>
<h1>Site audit: ${name}</h1>
<p>${local ? `<code>${escapeHtml(audit.site)}</code>` : anchor(audit.site)} · <time datetime="${escapeHtml(audit.finishedAt)}">${escapeHtml(when(audit.finishedAt))}</time> · took ${took(report)}</p>
${figures(report)}
${remarks(report)}
</header>
<main>
${severities.map((severity) => section(severity, report)).join('\n')}
${pageTable(report)}
</main>
<footer><p>Made by the site audit example of <strong>taskspan</strong>. The same facts for programs: <code>report.json</code>.</p></footer>
</body>
</html>
`;
}

function figures({ summary }: Report): string {
  const figure = (value: number, label: string, kind = ''): string =>
    `<div class="figure${value > 0 && kind !== '' ? ` ${kind}` : ''}"><dt>${label}</dt><dd>${value}</dd></div>`;
  return `<dl class="figures">${[
    figure(summary.errors, 'errors', 'error'),
    figure(summary.warnings, 'warnings', 'warning'),
    figure(summary.notices, 'notices', 'notice'),
    figure(summary.pages, 'pages'),
    figure(summary.links, 'links'),
    figure(summary.images, 'images'),
  ].join('')}</dl>`;
}

function remarks({ summary, audit }: Report): string {
  const lines: string[] = [];
  if (summary.errors + summary.warnings + summary.notices === 0)
    lines.push('<p class="good">✓ Nothing to complain about.</p>');
  if (summary.leftOut > 0)
    lines.push(
      `<p>${counted(summary.leftOut, 'linked page')} left out: the audit was limited to ${counted(audit.maxPages, 'page')}.</p>`,
    );
  if (!audit.external) lines.push('<p>Links to other sites were not asked for.</p>');
  return lines.join('\n');
}

const headings: Readonly<Record<Severity, string>> = { error: 'Errors', warning: 'Warnings', notice: 'Notices' };

function section(severity: Severity, report: Report): string {
  const pages = report.pages
    .map((page) => ({
      page,
      findings: page.findings.filter(
        (finding) => finding.severity === severity && finding.code !== 'external-unreachable',
      ),
    }))
    .filter(({ findings }) => findings.length > 0);
  const outside = severity === 'warning' ? unreachableSites(report) : '';
  if (pages.length === 0 && outside === '') return '';
  const total = report.pages.flatMap((page) => page.findings).filter((finding) => finding.severity === severity).length;
  return `<section class="${severity}" aria-labelledby="${severity}s">
<h2 id="${severity}s">${headings[severity]} <span class="count">${total}</span></h2>
${outside}${pages.map(({ page, findings }) => pageFindings(page, findings, report)).join('\n')}
</section>`;
}

function pageFindings(page: PageReport, findings: readonly ReportedFinding[], report: Report): string {
  return `<details open>
<summary><span class="page">${escapeHtml(page.name)}</span> <span class="count">${findings.length}</span></summary>
<ul>${findings.map((finding) => `<li>${findingText(finding, report)}</li>`).join('\n')}</ul>
</details>`;
}

function findingText(finding: ReportedFinding, report: Report): string {
  const { code, message, target, text } = finding;
  return [
    `<strong>${escapeHtml(findingCodes[code].title)}</strong>`,
    text === undefined || text === '' ? '' : ` <q>${escapeHtml(text)}</q>`,
    target === undefined ? '' : `<br><span class="target">→ ${address(target, report)}</span>`,
    `<br><span class="message">${escapeHtml(message)}</span>`,
    place(finding),
  ].join('');
}

function place({ line, section }: ReportedFinding): string {
  const parts = [
    line === undefined ? '' : `line ${line}`,
    section === undefined || section === '' ? '' : `under “${escapeHtml(section)}”`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : ` <span class="place">${parts.join(', ')}</span>`;
}

/** One line for all of them: a machine that is offline would fill the report otherwise. */
function unreachableSites(report: Report): string {
  const lost = report.pages.flatMap(({ name, findings }) =>
    findings.filter((finding) => finding.code === 'external-unreachable').map((finding) => ({ name, finding })),
  );
  if (lost.length === 0) return '';
  const targets = new Set(lost.map(({ finding }) => finding.target ?? ''));
  const hosts = new Set([...targets].map((target) => (URL.canParse(target) ? new URL(target).host : target)));
  const items = lost.map(
    ({ name, finding }) => `<li>${findingText(finding, report)} <span class="place">in ${escapeHtml(name)}</span></li>`,
  );
  return `<details>
<summary>${counted(targets.size, 'link')} to ${counted(hosts.size, 'other site')} could not be reached; is the machine that audited offline? <span class="count">${lost.length}</span></summary>
<ul>${items.join('\n')}</ul>
</details>
`;
}

function pageTable({ pages }: Report): string {
  const rows = pages.map((page) => {
    const count = (severity: Severity): string => {
      const n = page.findings.filter((finding) => finding.severity === severity).length;
      return `<td class="number${n > 0 ? ` ${severity}` : ''}">${n}</td>`;
    };
    const title = page.state === 'audited' ? escapeHtml(page.title) : `<em>${page.state}</em>`;
    return `<tr><th scope="row">${escapeHtml(page.name)}</th><td>${title}</td>${severities.map(count).join('')}</tr>`;
  });
  return `<section aria-labelledby="pages">
<h2 id="pages">All pages <span class="count">${pages.length}</span></h2>
<div class="scroll"><table>
<thead><tr><th scope="col">Page</th><th scope="col">Title</th><th scope="col">Errors</th><th scope="col">Warnings</th><th scope="col">Notices</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table></div>
</section>`;
}

/** Within a served folder an address is a file's name: the server is gone when the report is read. */
function address(target: string, report: Report): string {
  const name = displayName(target, siteOf(report));
  return name === target ? anchor(target) : `<code>${escapeHtml(name)}</code>`;
}

function anchor(url: string): string {
  return /^https?:/i.test(url)
    ? `<a href="${escapeHtml(url)}" rel="noopener noreferrer">${escapeHtml(url)}</a>`
    : `<code>${escapeHtml(url)}</code>`;
}

function siteOf(report: Report): Parameters<typeof displayName>[1] {
  const { origin, port } = new URL(report.audit.start);
  return { origin, folder: isLocal(report) ? { path: report.audit.site, only: [], port: Number(port) } : null };
}

function isLocal({ audit }: Report): boolean {
  return !/^https?:/i.test(audit.site);
}

function when(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}

function took({ audit }: Report): string {
  const seconds = (Date.parse(audit.finishedAt) - Date.parse(audit.startedAt)) / 1000;
  if (seconds < 100) return `${seconds.toFixed(1)} s`;
  return seconds < 6_000 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
