/**
 * Audits a web site, or the pages of a folder, and writes a report.
 *
 *     taskspan dev examples/site-audit.ts -- [--once] [URL|FOLDER]
 *
 * Every page, link and image is one job, and what the jobs return is all that the audit remembers. So it
 * may be killed at any point, `kill -9` included: started again, it goes on where it was.
 */

import { type Main, SnoozeError, type TaskContext, task } from 'taskspan';
import { readArguments, usage } from './site-audit/arguments.js';
import {
  giveUpAudits,
  idempotencyKeyOf,
  isBusy,
  labelsOf,
  pagesLeft,
  provideManager,
  recordsOf,
} from './site-audit/audit-store.js';
import { buildReport, summaryText } from './site-audit/build-report.js';
import { pagesIn } from './site-audit/folder-answer.js';
import { hostLimits } from './site-audit/host-limit.js';
import { oneAtATime } from './site-audit/one-at-a-time.js';
import type { AuditPlan, Check } from './site-audit/plan.js';
import { politely } from './site-audit/polite.js';
import type { Summary } from './site-audit/report.js';
import type { Visit } from './site-audit/results.js';
import { serveFolder } from './site-audit/serve.js';
import type { Site } from './site-audit/site.js';
import { type CheckKind, checkKind } from './site-audit/url.js';
import { askForPage, readReply, visitLink } from './site-audit/visit.js';
import { writeReport } from './site-audit/write-report.js';

const keep = { completed: '3d', failed: '3d' } as const;
const patient = { attempts: 4, backoff: { type: 'exponential', first: 500, max: '30s' } } as const;
const brief = { attempts: 2, backoff: 500 } as const;

/**
 * One audit: sends the first checks out, is put off until all checks have ended, and writes the report.
 * So an audit is unfinished exactly as long as this job is.
 */
export const audit = task(
  'site-audit',
  async (plan: AuditPlan, ctx): Promise<Summary> => {
    if (ctx.job === undefined) throw new Error('An audit lives in the store: enqueue it.');
    const { id, createdAt } = ctx.job;
    if (await isBusy(id)) throw new SnoozeError(250);
    // Asked for again at the end: whatever a kill may have left out is new then, and the audit goes on.
    if (await enqueueChecks(id, plan, await firstUrls(plan.site), ctx.enqueue)) throw new SnoozeError(250);
    const report = buildReport(
      { id, plan, startedAt: new Date(createdAt), finishedAt: new Date() },
      await recordsOf(id),
    );
    const path = await writeReport(process.cwd(), report);
    console.log(`${summaryText(report)}\nReport: ${path}`);
    return report.summary;
  },
  { retry: patient, keep },
);

/** Reads one page of the site and sends a check out for each address that it names. */
export const page = task(
  'audit-page',
  async (check: Check, ctx): Promise<Visit> => {
    ctx.notifyStep('fetch');
    const reply = await politely(check.plan.site, () => askForPage(check, ctx.signal));
    ctx.notifyStep('parse');
    const { visit, names } = await readReply(check.url, reply, ctx.signal);
    ctx.notifyStep('enqueue');
    // Before the page's own job ends, so that the audit is never thought to be done too early.
    await enqueueChecks(check.audit, check.plan, names, ctx.enqueue);
    return visit;
  },
  {
    steps: [
      { name: 'fetch', description: 'Ask for the page', percentage: 70 },
      { name: 'parse', description: 'Read and judge it', percentage: 10 },
      { name: 'enqueue', description: 'Send its links out to be checked', percentage: 20 },
    ] as const,
    retry: patient,
    keep,
  },
);

/** Asks whether something else of the site is there: an image, a download. */
export const link = task('audit-link', checkLink, { retry: patient, keep });

/** Asks whether an address of another site is there. */
export const externalLink = task('audit-external-link', checkLink, { retry: brief, keep });

export default (async ({ manager, args, signal }) => {
  const request = readArguments(args);
  if (request === 'help') {
    console.log(usage);
    return 'exit';
  }
  const { site, once, fresh, external, maxPages } = request;
  const plan: AuditPlan = { site, external, maxPages };
  for (const group of hostLimits) manager.addConstraintGroup(group);
  provideManager(manager);
  if (fresh) await giveUpAudits(audit.name, site.name);

  // At most one unfinished audit of a site: after a kill this is the one that was killed.
  const job = await manager.enqueue(audit, plan, { unique: { key: site.name, until: 'finished', onConflict: 'keep' } });
  const begun = job.isNew ? plan : (((await job.snapshot())?.input ?? plan) as AuditPlan);
  console.log(`${job.isNew ? 'Auditing' : 'Going on with the unfinished audit of'} ${site.name}`);
  if (begun.site.folder !== null) await serveFolder(begun.site.folder);

  if (!once) {
    await manager.schedule(audit, plan, { id: 'site-audit:hourly', every: '1h' });
    return;
  }
  await job.result({ signal });
  return 'exit';
}) satisfies Main;

async function checkLink(check: Check, ctx: Pick<TaskContext, 'signal'>): Promise<Visit> {
  return (await politely(check.plan.site, () => visitLink(check, ctx.signal))).visit;
}

/** Where the crawl begins: the start page, and in a folder every page, linked or not. */
async function firstUrls({ start, origin, folder }: Site): Promise<string[]> {
  const paths = folder === null ? [] : await pagesIn(folder.path, folder.only);
  return [start, ...paths.map((path) => `${origin}${path}`)];
}

/** Makes one job for each address, however many pages name it. Says whether any is new. */
async function enqueueChecks(
  auditId: string,
  plan: AuditPlan,
  urls: readonly string[],
  enqueue: TaskContext['enqueue'],
): Promise<boolean> {
  const kinds = new Map(urls.map((url) => [url, checkKind(url, plan.site.origin)]));
  const isNew = async (url: string): Promise<boolean> => {
    const kind = kinds.get(url) ?? 'unchecked';
    const task = kind === 'page' ? page : kind === 'link' ? link : externalLink;
    const check: Check = { audit: auditId, url, plan };
    const options = { idempotencyKey: idempotencyKeyOf(auditId, url), labels: labelsOf(auditId, kind) };
    return (await enqueue(task, check, options)).isNew;
  };
  const of = (kind: CheckKind): string[] => urls.filter((url) => kinds.get(url) === kind);
  const links = [...of('link'), ...(plan.external ? of('external') : [])];
  const added = (await Promise.all(links.map(isNew))).filter(Boolean).length;
  // Counted and added in turn: pages that are read at the same time must not each take the last places.
  return oneAtATime(auditId, async () => {
    let left = await pagesLeft(auditId, plan.maxPages);
    const before = left;
    const pages = of('page');
    if (pages.length <= left) return added + (await Promise.all(pages.map(isNew))).filter(Boolean).length > 0;
    for (const url of pages) if (left > 0 && (await isNew(url))) left -= 1;
    return added > 0 || left < before;
  });
}
