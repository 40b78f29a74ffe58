/** What an audit asks of the store, through the manager that runs it. */

import { createHash } from 'node:crypto';
import type { TaskManager } from 'taskspan';
import type { AuditPlan, Check } from './plan.js';
import type { CheckRecord } from './report.js';
import type { Visit } from './results.js';
import { type CheckKind, checkKind } from './url.js';

/** The labels by which the jobs of an audit are found again. */
export function labelsOf(audit: string, kind: CheckKind): Record<string, string> {
  return { audit, kind };
}

/** One address is one job in an audit. Keys are shorter than addresses may be, hence the digest. */
export function idempotencyKeyOf(audit: string, url: string): string {
  return `${audit}:${url.length <= 800 ? url : createHash('sha256').update(url).digest('hex')}`;
}

let provide: (manager: TaskManager) => void;
const provided = new Promise<TaskManager>((resolve) => {
  provide = resolve;
});

/** The file's default function hands the manager over; a job that was claimed before that waits for it. */
export function provideManager(manager: TaskManager): void {
  provide(manager);
}

/** Whether any check of the audit has not ended. */
export async function isBusy(audit: string): Promise<boolean> {
  const { pending, running, suspended } = await (await provided).count({ labels: { audit } });
  return pending + running + suspended > 0;
}

/** How many more pages the audit may take. */
export async function pagesLeft(audit: string, maxPages: number): Promise<number> {
  const counts = await (await provided).count({ labels: labelsOf(audit, 'page') });
  const { pending, running, suspended, completed, failed, cancelled } = counts;
  return Math.max(0, maxPages - (pending + running + suspended + completed + failed + cancelled));
}

/** What is known of each address, once the audit isn't busy any more. */
export async function recordsOf(audit: string): Promise<CheckRecord[]> {
  const records: CheckRecord[] = [];
  for await (const { state, input, result, errors } of (await provided).list({ labels: { audit } })) {
    const { url, plan } = input as Check;
    if (state !== 'completed' && state !== 'failed' && state !== 'cancelled') continue;
    records.push({
      url,
      kind: checkKind(url, plan.site.origin),
      state,
      visit: state === 'completed' ? (result as Visit) : null,
      error: errors.at(-1) ?? null,
    });
  }
  return records;
}

/** Cancels what is left of unfinished audits of the site, so that the next one begins from nothing. */
export async function giveUpAudits(task: string, site: string): Promise<void> {
  const manager = await provided;
  for await (const { id, input } of manager.list({ task, state: ['pending', 'running', 'suspended'] })) {
    if ((input as AuditPlan).site.name !== site) continue;
    await manager.cancel(id);
    await manager.cancel({ labels: { audit: id } });
  }
}
