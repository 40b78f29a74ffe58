/** Records of an audit, as its jobs leave them, for tests of the report. */
import { buildReport } from '../../examples/site-audit/build-report.js';
import type { AuditPlan } from '../../examples/site-audit/plan.js';
import { readPage } from '../../examples/site-audit/read-page.js';
import type { CheckRecord, Report } from '../../examples/site-audit/report.js';
import { pageContent } from '../../examples/site-audit/results.js';
import { checkKind } from '../../examples/site-audit/url.js';

export const origin = 'http://127.0.0.1:20001';
export const folderPlan: AuditPlan = {
  site: {
    name: '/srv/site',
    origin,
    start: `${origin}/`,
    folder: { path: '/srv/site', only: [], port: 20_001 },
  },
  external: true,
  maxPages: 30,
};
export const webPlan: AuditPlan = { ...folderPlan, site: { ...folderPlan.site, name: `${origin}/`, folder: null } };

export const urlOf = (path: string): string => (path.startsWith('/') ? origin + path : path);
export const record = (path: string, rest: Partial<CheckRecord>): CheckRecord => {
  const url = urlOf(path);
  return { url, kind: checkKind(url, origin), state: 'completed', visit: null, error: null, ...rest };
};
export const page = (path: string, body: string): CheckRecord => {
  const url = urlOf(path);
  const content = pageContent(url, readPage(`<title>Title of ${path}</title><h1 id="first">H</h1>${body}`));
  return record(path, { visit: { url, status: 200, contentType: 'text/html', page: content } });
};
export const answer = (path: string, status: number, contentType = 'text/html'): CheckRecord =>
  record(path, { visit: { url: urlOf(path), status, contentType } });
export const redirect = (path: string, status: number, to: string, finalStatus = 200): CheckRecord =>
  record(path, {
    visit: {
      url: urlOf(path),
      status: finalStatus,
      contentType: '',
      redirect: { to: urlOf(to), hops: [{ url: urlOf(path), status }] },
    },
  });
export const failed = (path: string, message: string, name = 'NetworkError'): CheckRecord =>
  record(path, { state: 'failed', error: { name, message } });

export const report = (records: readonly CheckRecord[], plan: AuditPlan = webPlan): Report =>
  buildReport(
    { id: 'audit-7', plan, startedAt: new Date('2030-01-02T03:04:05Z'), finishedAt: new Date('2030-01-02T03:04:17Z') },
    records,
  );
