/** The site audit as a whole, in this process and on the memory store: what it finds in a site of known defects. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TaskManager } from 'taskspan';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Report } from '../../examples/site-audit/report.js';
import main, { audit, externalLink, link, page } from '../../examples/site-audit.js';
import { CountedSite } from './counted-site.js';

const fixture = fileURLToPath(new URL('fixture-site', import.meta.url));
const manager = new TaskManager({ tasks: [audit, page, link, externalLink] });
const before = process.cwd();
const log = vi.spyOn(console, 'log').mockImplementation(() => {});
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'site-audit-'));
  process.chdir(folder);
  await manager.start();
});

afterAll(async () => {
  await manager.close();
  process.chdir(before);
  await rm(folder, { recursive: true });
});

const run = async (...args: string[]): Promise<Report> => {
  expect(await main({ manager, args: ['--once', ...args], signal: new AbortController().signal })).toBe('exit');
  return JSON.parse(await readFile(join(folder, 'report.json'), 'utf8')) as Report;
};

describe('an audit', () => {
  it('of a site of known defects finds these and no others', async () => {
    const { pages, checks } = await run(fixture);
    const found = pages.flatMap(({ name, findings }) =>
      findings.map(
        ({ code, line, text }) => `${name}${line === undefined ? '' : `:${line}`} ${code}${text ? ` ${text}` : ''}`,
      ),
    );
    expect(found).toEqual([
      'docs/README.md:5 anchor-missing A missing part',
      'docs/README.md:9 link-broken lost.md',
      'docs/notes.md:5 link-broken raw HTML',
      'docs/notes.md:6 image-broken no such picture',
      'docs/notes.md:12 h1-multiple Another first',
      'guide.html:9 anchor-missing below',
      'guide.html title-missing',
      'guide.html:7 id-duplicate install',
      'guide.html:8 heading-empty',
      'guide.html?a=~user:9 anchor-missing below',
      'guide.html?a=~user title-missing',
      'guide.html?a=~user:7 id-duplicate install',
      'guide.html?a=~user:8 heading-empty',
      'index.html:7 anchor-missing misspelt section',
      'index.html:8 link-broken A page that is gone',
      'index.html:8 link-broken the same once more',
      'index.html:10 image-broken Lost picture',
      'index.html:14 link-invalid Nowhere',
      'index.html:10 image-alt-missing',
      'index.html:12 heading-skipped Too deep',
      'index.html:14 link-private Router',
      'orphan.html title-missing',
      'orphan.html h1-missing',
      'orphan.html page-orphan',
    ]);
    expect(new Set(checks.map(({ url }) => url)).size).toBe(checks.length);
  });

  it('says on the terminal what it found and where the report is', () => {
    const text = log.mock.calls.flat().join('\n');
    expect(text).toContain(`Auditing ${fixture}`);
    expect(text).toContain('11 errors');
    expect(text).toContain(`Report: ${join(process.cwd(), 'report.html')}`);
  });

  it('makes one job of each address, asks for each once, and stops at --max-pages', async () => {
    const site = new CountedSite(40);
    const url = await site.start();
    try {
      const whole = await run(url);
      expect(whole.summary).toMatchObject({ pages: 40, leftOut: 0, unreachable: 0 });
      expect([...site.asked].filter(([, times]) => times > 1)).toEqual([]);
      const part = await run('--max-pages', '12', url);
      expect(part.checks.filter(({ kind }) => kind === 'page')).toHaveLength(12);
      expect(part.summary.leftOut).toBeGreaterThan(0);
    } finally {
      await site.stop();
    }
  });

  it('retries what fails, and reports what fails for good as unreachable', async () => {
    const site = new CountedSite(3);
    const url = await site.start();
    await site.stop();
    const { pages, summary } = await run(url);
    expect(summary).toMatchObject({ pages: 0, unreachable: 1 });
    expect(pages).toMatchObject([{ url, state: 'unreachable', findings: [{ code: 'page-unreachable' }] }]);
    expect(pages[0]?.findings[0]?.message).toContain('the connection was refused');
    for await (const job of manager.list({ task: page, state: 'failed' })) expect(job.attempt).toBe(4);
  });
});
