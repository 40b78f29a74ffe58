/** The pages of the report, the worst first. */

import { type Severity, severities } from './findings.js';
import type { PageReport, Report } from './report.js';
import { address } from './report-address.js';
import { counted, escapeHtml, shownNumber } from './text.js';

/** So many are read; more are looked up in `report.json`. */
const ROWS = 200;
const NAMES = 1_000;

export function pageTable(report: Report): string {
  const rows = report.pages.map((page) => ({ page, counts: severities.map((severity) => countOf(page, severity)) }));
  const found = rows.filter(({ counts }) => counts.some((n) => n > 0));
  const clean = rows.filter(({ counts }) => counts.every((n) => n === 0));
  found.sort((a, b) => b.counts.map((n, i) => n - (a.counts[i] as number)).find((difference) => difference !== 0) ?? 0);
  return rows.length === 0
    ? ''
    : `<section aria-labelledby="pages">
<h2 id="pages">Pages <span class="count">${shownNumber(rows.length)}</span></h2>
${found.length === 0 ? '' : table(found, report)}${clean.length === 0 ? '' : names(clean, report)}</section>`;
}

interface Row {
  readonly page: PageReport;
  /** In the order of `severities`. */
  readonly counts: readonly number[];
}

function table(rows: readonly Row[], report: Report): string {
  return `<div class="scroll" role="region" aria-labelledby="pages" tabindex="0"><table>
<thead><tr><th scope="col">Page</th><th scope="col" class="number">Errors</th><th scope="col" class="number">Warnings</th><th scope="col" class="number">Notices</th></tr></thead>
<tbody>
${rows
  .slice(0, ROWS)
  .map(({ page, counts }) => row(page, counts, report))
  .join('\n')}
</tbody>
</table></div>
${rest(rows.length - ROWS)}`;
}

function names(rows: readonly Row[], report: Report): string {
  const items = rows
    .slice(0, NAMES)
    .map(({ page }) => `<li>${address(page.url, report)} <span class="title">${escapeHtml(page.title)}</span></li>`);
  return `<details><summary>${counted(rows.length, 'page')} without findings</summary>
<ul class="names">${items.join('\n')}</ul>${rest(rows.length - NAMES)}
</details>`;
}

function rest(count: number): string {
  return count > 0 ? `<p class="rest">and ${shownNumber(count)} more, in <code>report.json</code></p>` : '';
}

function row(page: PageReport, counts: readonly number[], report: Report): string {
  const title =
    page.state === 'audited'
      ? escapeHtml(page.title)
      : page.state === 'missing'
        ? 'does not exist'
        : 'could not be read';
  const cells = counts.map((n, i) =>
    n === 0 ? '<td class="number none">0</td>' : `<td class="number ${severities[i]}">${shownNumber(n)}</td>`,
  );
  return `<tr><th scope="row">${address(page.url, report)}${title === '' ? '' : `<br><span class="title">${title}</span>`}</th>${cells.join('')}</tr>`;
}

function countOf({ findings }: PageReport, severity: Severity): number {
  return findings.filter((finding) => finding.severity === severity).length;
}
