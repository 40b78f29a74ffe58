/** The findings of one kind in the report: what is wrong, what to do, and where. */

import type { Cause, CauseGroup, Place } from './causes.js';
import { findingCodes } from './findings.js';
import type { Report } from './report.js';
import { address } from './report-address.js';
import { counted, escapeHtml, shownNumber } from './text.js';

/** Beyond these the report would be long and no more telling; `report.json` has all. */
const CAUSES = 50;
const PLACES_SHOWN = 4;
const PLACES = 40;

export function causeSection({ code, count, causes }: CauseGroup, report: Report): string {
  const { title, advice } = findingCodes[code];
  const shown = causes.slice(0, CAUSES);
  const items = `<ul class="causes">
${shown.map((cause) => causeItem(cause, report)).join('\n')}
</ul>${rest(causes.length - shown.length, 'more', 'more')}`;
  const body = code === 'external-unreachable' ? outside(causes, items) : items;
  return `<section class="kind" aria-labelledby="${code}">
<h3 id="${code}">${escapeHtml(title)} <span class="count">${shownNumber(count)}</span></h3>
<p class="advice">${escapeHtml(advice)}</p>
${body}
</section>`;
}

/** One line for all of them: a machine that is offline would fill the report otherwise. */
function outside(causes: readonly Cause[], items: string): string {
  const targets = new Set(causes.flatMap(({ places }) => places.map(({ finding }) => finding.target ?? '')));
  const hosts = new Set([...targets].map((target) => (URL.canParse(target) ? new URL(target).host : target)));
  return `<details>
<summary>${counted(targets.size, 'link')} to ${counted(hosts.size, 'other site')} could not be reached; is the machine that audited offline?</summary>
${items}
</details>`;
}

function causeItem(cause: Cause, report: Report): string {
  return cause.target === null ? pageItem(cause, report) : targetItem(cause.target, cause.places, report);
}

/** What is wrong with a page itself: the page, and each place in it. */
function pageItem({ places }: Cause, report: Report): string {
  const { page } = places[0] as Place;
  const lines = places.map(({ finding }) =>
    [escapeHtml(finding.message), where(finding)].filter((text) => text !== '').join(' <span class="dot">·</span> '),
  );
  return `<li><p><strong class="subject">${address(page.url, report)}</strong></p>${listed(lines)}</li>`;
}

/** What a page points to: the target, what is wrong with it, and each place that points to it. */
function targetItem(target: string, places: readonly Place[], report: Report): string {
  const { message } = (places[0] as Place).finding;
  const lines = places.map(({ page, finding }) => {
    const text = finding.text === undefined || finding.text === '' ? '' : `<q>${escapeHtml(finding.text)}</q>`;
    return [`in ${address(page.url, report)}`, where(finding), text]
      .filter((part) => part !== '')
      .join(' <span class="dot">·</span> ');
  });
  const times = places.length > 1 ? ` <span class="count">${counted(places.length, 'place')}</span>` : '';
  return `<li><p><strong class="subject">${address(target, report)}</strong> <span class="message">${escapeHtml(message)}</span>${times}</p>${listed(lines)}</li>`;
}

function where({ line, section }: Place['finding']): string {
  const parts = [
    line === undefined ? '' : `line ${line}`,
    section === undefined || section === '' ? '' : `under “${escapeHtml(section)}”`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** The first few; the others wait behind a line. */
function listed(lines: readonly string[]): string {
  const list = (some: readonly string[]): string =>
    `<ul class="places">${some.map((line) => `<li>${line}</li>`).join('\n')}</ul>`;
  // A line that says that one more is hidden is as long as that one.
  if (lines.length <= PLACES_SHOWN + 1) return list(lines);
  const hidden = lines.slice(PLACES_SHOWN, PLACES);
  return `${list(lines.slice(0, PLACES_SHOWN))}<details class="more"><summary>and ${counted(lines.length - PLACES_SHOWN, 'more place')}</summary>
${list(hidden)}${rest(lines.length - PLACES_SHOWN - hidden.length, 'more place')}
</details>`;
}

function rest(count: number, one: string, many?: string): string {
  return count > 0 ? `<p class="rest">and ${counted(count, one, many)}, in <code>report.json</code></p>` : '';
}
