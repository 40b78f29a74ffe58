/**
 * What the jobs of an audit return. The results are the audit's only memory: the report is made from
 * them, and a killed audit goes on from them.
 */

import { checkPage } from './check-page.js';
import type { Finding } from './findings.js';
import type { Anchor, Image, PageFacts } from './read-page.js';
import type { Hop, Reply } from './request.js';
import { clip } from './text.js';
import { resolveUrl } from './url.js';

/** A link or an image, as a page uses it. */
export interface Use {
  readonly as: 'link' | 'image';
  readonly url: string;
  readonly fragment?: string;
  readonly text: string;
  readonly line: number;
  readonly section: string;
}

export interface PageContent {
  readonly title: string;
  readonly uses: readonly Use[];
  /** Targets of fragments; null if they are too many to keep, and fragments then count as found. */
  readonly ids: readonly string[] | null;
  readonly findings: readonly Finding[];
}

/** What came of one address. */
export interface Visit {
  readonly url: string;
  readonly status: number;
  readonly contentType: string;
  /** Where its redirects lead; absent without any. */
  readonly redirect?: { readonly to: string; readonly hops: readonly Hop[] };
  /** Redirects that lead nowhere, in words. */
  readonly astray?: string;
  /** Set if it is an HTML page of the site. */
  readonly page?: PageContent;
}

export function visitOf(url: string, reply: Reply, page?: PageContent): Visit {
  const { status, contentType, hops, astray } = reply;
  return {
    url,
    status,
    contentType,
    ...(hops.length > 0 && { redirect: { to: reply.url, hops } }),
    ...(astray !== null && { astray }),
    ...(page !== undefined && { page }),
  };
}

/** Everything that the page says, resolved and judged. Not yet within the budget of a result: see `fitPage`. */
export function pageContent(url: string, facts: PageFacts): PageContent {
  const base = facts.base !== null && URL.canParse(facts.base, url) ? new URL(facts.base, url).href : url;
  const uses: Use[] = [];
  const findings = checkPage(facts);
  const add = (as: Use['as'], reference: string, text: string, { line, section }: Anchor | Image): void => {
    const target = resolveUrl(reference, base);
    const where = { text: clip(text, 120), line, section: clip(section, 80) };
    if (target.kind === 'invalid') {
      findings.push({
        code: 'link-invalid',
        message: `'${clip(reference, 200)}' is no valid address.`,
        ...where,
        target: clip(reference, 200),
      });
    } else if (target.kind === 'web') {
      uses.push({ as, url: target.url, ...(target.fragment !== null && { fragment: target.fragment }), ...where });
    }
  };
  for (const anchor of facts.anchors) add('link', anchor.href, anchor.text, anchor);
  for (const image of facts.images) {
    if (image.src.trim() === '')
      findings.push({
        code: 'image-broken',
        message: 'The image has no src.',
        line: image.line,
        section: clip(image.section, 80),
      });
    else add('image', image.src, image.alt ?? '', image);
  }
  return { title: clip(facts.title ?? '', 200), uses, ids: facts.ids, findings };
}

/** Together below the 64 KiB that every store takes as a result. */
const budget = { idsBytes: 16_000, usesBytes: 32_000, findingsBytes: 8_000 };

/** The page with as many links, ids and findings as a result may hold; it says what was left out. */
export function fitPage(page: PageContent): PageContent {
  const uses = within(page.uses, budget.usesBytes);
  const findings = within(page.findings, budget.findingsBytes);
  const ids = page.ids !== null && sizeOf(page.ids) <= budget.idsBytes ? page.ids : null;
  const cut: Finding[] = [];
  if (uses.length < page.uses.length)
    cut.push(
      cutFinding(`The page has ${page.uses.length} links and images; the first ${uses.length} are listed here.`),
    );
  if (findings.length < page.findings.length)
    cut.push(
      cutFinding(
        `The page has ${page.findings.length} problems of its own; the first ${findings.length} are listed here.`,
      ),
    );
  if (ids === null)
    cut.push(cutFinding('The page has too many ids to keep; links into it are not checked for their fragment.'));
  return { title: page.title, uses, ids, findings: [...findings, ...cut] };
}

function cutFinding(message: string): Finding {
  return { code: 'page-links-cut', message };
}

function within<T>(list: readonly T[], bytes: number): readonly T[] {
  let left = bytes;
  const end = list.findIndex((item) => {
    left -= sizeOf(item);
    return left < 0;
  });
  return end === -1 ? list : list.slice(0, end);
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
