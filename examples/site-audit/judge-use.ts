/** Judges one link or image of a page by what the job of its address found. */

import type { Finding, FindingCode } from './findings.js';
import type { AuditPlan } from './plan.js';
import type { CheckRecord } from './report.js';
import type { Hop } from './request.js';
import type { Use, Visit } from './results.js';
import { checkKind } from './url.js';

export type RecordOf = (url: string) => CheckRecord | undefined;

/** Where an address leads in the end: over the redirects of its own job and of the jobs that it led to. */
export interface End {
  readonly hops: readonly Hop[];
  readonly record: CheckRecord | undefined;
  /** The last visit of the chain that has an answer. */
  readonly visit: Visit;
}

export function judgeUse(use: Use, plan: AuditPlan, recordOf: RecordOf): Finding[] {
  const record = recordOf(use.url);
  const finding = (code: FindingCode, message: string): Finding => {
    const { as: _as, url, fragment, ...where } = use;
    return { code, message, ...where, target: fragment === undefined ? url : `${url}#${fragment}` };
  };
  if (record === undefined) {
    const isPrivate = checkKind(use.url, plan.site.origin) === 'unchecked';
    return isPrivate ? [finding('link-private', 'Readers elsewhere can not follow it.')] : [];
  }
  if (record.visit === null) return judgeUnreachable(record, finding);
  const end = endOf(record.visit, recordOf);
  if (end.record !== undefined && end.record.visit === null) return judgeUnreachable(end.record, finding);
  const broken = judgeEnd(use, end);
  if (broken !== null) return [finding(...broken)];
  return [
    ...judgeRedirects(end).map((args) => finding(...args)),
    ...judgeFragment(use, end).map((args) => finding(...args)),
  ];
}

export function endOf(visit: Visit, recordOf: RecordOf): End {
  const hops: Hop[] = [];
  let [record, last]: [CheckRecord | undefined, Visit] = [undefined, visit];
  // Two jobs may redirect to each other; each is followed once.
  for (const seen = new Set<string>(); last.redirect !== undefined && !seen.has(last.url); ) {
    seen.add(last.url);
    hops.push(...last.redirect.hops);
    record = recordOf(last.redirect.to);
    if (record?.visit == null) break;
    last = record.visit;
  }
  return { hops, record, visit: last };
}

type Verdict = [code: FindingCode, message: string];

function judgeUnreachable(
  { kind, state, error }: CheckRecord,
  finding: (code: FindingCode, message: string) => Finding,
): Finding[] {
  // A page that can't be read is reported once, as a page, with all that link to it.
  if (kind === 'page' && state === 'failed') return [];
  const reason = state === 'cancelled' ? 'Its check was cancelled.' : (error?.message ?? 'No sound answer.');
  return [finding(kind === 'external' ? 'external-unreachable' : 'link-unreachable', reason)];
}

function judgeEnd(use: Use, { visit }: End): Verdict | null {
  const code: FindingCode = use.as === 'image' ? 'image-broken' : 'link-broken';
  if (visit.astray !== undefined) return [code, `It ${visit.astray}.`];
  if (guardedStatuses.has(visit.status))
    return ['link-guarded', `It answers ${visit.status}; whether it is there can't be seen from outside.`];
  if (visit.status >= 400)
    return [
      code,
      `It answers ${visit.status}${visit.redirect === undefined ? '' : ` after redirects to ${visit.redirect.to}`}.`,
    ];
  const isOther =
    visit.contentType !== '' &&
    visit.contentType !== 'application/octet-stream' &&
    !visit.contentType.startsWith('image/');
  return use.as === 'image' && isOther ? [code, `It is ${visit.contentType}, not an image.`] : null;
}

const guardedStatuses: ReadonlySet<number> = new Set([401, 402, 403, 407, 451, 999]);

function judgeRedirects({ hops, visit }: End): Verdict[] {
  if (hops.length === 0) return [];
  const to = visit.redirect?.to ?? visit.url;
  if (hops.length > 1)
    return [['redirect-chain', `${hops.map(({ url, status }) => `${url} (${status})`).join(' → ')} → ${to}`]];
  const isForGood = hops[0]?.status === 301 || hops[0]?.status === 308;
  return isForGood ? [['link-moved', `Its new address is ${to}.`]] : [];
}

/** Only pages of the site itself are read, so only their fragments can be judged. */
function judgeFragment({ fragment }: Use, { visit }: End): Verdict[] {
  const ids = visit.page?.ids;
  if (fragment === undefined || ids == null || ids.includes(fragment)) return [];
  const near = ids.find((id) => id.toLowerCase() === fragment.toLowerCase());
  return [['anchor-missing', `The page has no '${fragment}'${near === undefined ? '.' : `; did you mean '${near}'?`}`]];
}
