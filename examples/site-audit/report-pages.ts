/** The pages of the report, the worst first. */

import { type Severity, severities } from './findings.js';
import type { PageReport, Report } from './report.js';
import { address } from './report-address.js';
import { escapeHtml, shownNumber } from './text.js';

/** So many rows are read; more are looked up in `report.json`. */
const ROWS = 500;
/** More than these would stand in the way of nothing, but nobody scrolls through them unasked. */
const OPEN_ROWS = 40;

export function pageTable(report: Report): string {
  const { pages } = report;
  if (pages.length === 0) return '';
  const rows = pages
    .map((page) => ({ page, counts: severities.map((severity) => countOf(page, severity)) }))
    .sort((a, b) => b.counts.map((n, i) => n - (a.counts[i] as number)).find((difference) => difference !== 0) ?? 0);
  const shown = rows.slice(0, ROWS);
  const clean = rows.filter(({ counts }) => counts.every((n) => n === 0)).length;
  const about = `${shownNumber(clean)} of ${shownNumber(pages.length)} without findings${
    shown.length < rows.length
      ? `; the first ${shownNumber(ROWS)} are listed, the worst first. All are in <code>report.json</code>`
      : ''
  }.`;
  const table = `<div class="scroll" role="region" aria-labelledby="pages" tabindex="0"><table>
<thead><tr><th scope="col">Page</th><th scope="col" class="number">Errors</th><th scope="col" class="number">Warnings</th><th scope="col" class="number">Notices</th></tr></thead>
<tbody>
${shown.map(({ page, counts }) => row(page, counts, report)).join('\n')}
</tbody>
</table></div>`;
  return `<section aria-labelledby="pages">
<h2 id="pages">Pages <span class="count">${shownNumber(pages.length)}</span></h2>
<p class="advice">${about}</p>
${shown.length > OPEN_ROWS ? `<details><summary>Show the pages</summary>\n${table}\n</details>` : table}
</section>`;
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
  return `<tr><th scope="row">${address(page.url, report)}${title === '' ? '' : `<span class="title">${title}</span>`}</th>${cells.join('')}</tr>`;
}

function countOf({ findings }: PageReport, severity: Severity): number {
  return findings.filter((finding) => finding.severity === severity).length;
}
