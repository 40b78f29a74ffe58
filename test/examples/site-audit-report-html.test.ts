/** The report of the site audit as a page: what a reader sees, and what can't happen to them. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { causeGroups } from '../../examples/site-audit/causes.js';
import { readPage } from '../../examples/site-audit/read-page.js';
import type { Report } from '../../examples/site-audit/report.js';
import { renderReport } from '../../examples/site-audit/report-html.js';
import { writeReport } from '../../examples/site-audit/write-report.js';
import { answer, failed, folderPlan, origin, page, report, webPlan } from './audit-records.js';

describe('report.html', () => {
  const evil = `"><script>alert('1')</script>&`;
  const html = renderReport(
    report(
      [
        page(
          '/',
          `<h2>${evil}<script>x</script></h2><a href="javascript:alert(2)">${evil}</a><a href="http://[">bad</a>`,
        ),
        page(
          `/${encodeURIComponent(evil)}`,
          `<a href="/gone?${encodeURIComponent(evil)}">&lt;script>alert(3)&lt;/script></a><img src="//x.example/'onerror='alert(4).png">`,
        ),
        answer(`/gone?${encodeURIComponent(evil)}`, 404),
        failed("https://x.example/'onerror='alert(4).png", evil),
        failed('http://x.example/2', '<b>lost</b>'),
      ],
      { ...folderPlan, site: { ...folderPlan.site, name: `/home/${evil}` } },
    ),
  );

  it('lets nothing through that a page brought with it', () => {
    const page = readPage(html);
    expect(html).not.toMatch(/<script|<img|<b>| onerror=/);
    expect(page.images).toEqual([]);
    // Its own parts apart, which are named by codes.
    expect(page.anchors.filter(({ href }) => !/^(https?:\/\/|#[a-z0-9-]+$)/.test(href))).toEqual([]);
  });

  it('needs nothing else, and may load nothing else: of styles only its own, by its digest', () => {
    const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] as string;
    const digest = createHash('sha256').update(style).digest('base64');
    expect(html).toContain(
      `content="default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'"`,
    );
    expect(html).not.toMatch(/<link|@import|url\(| style=/);
  });

  it('stands the audit itself', async () => {
    const { checkPage } = await import('../../examples/site-audit/check-page.js');
    expect(checkPage(readPage(html))).toEqual([]);
  });

  it('puts other sites that could not be reached into one place', () => {
    const records = [
      page(
        '/',
        '<a href="https://x.example/1">1</a><a href="https://x.example/2">2</a><a href="https://y.example/">3</a>',
      ),
      ...['https://x.example/1', 'https://x.example/2', 'https://y.example/'].map((url) => failed(url, 'no such host')),
    ];
    const text = renderReport(report(records));
    expect(text).toContain('3 links to 2 other sites could not be reached');
    expect(text.match(/<details/g)).toHaveLength(1);
  });

  it('shows a file of a folder by its name, and an address of the web as a link', () => {
    const records = [
      page('/docs/a.md', '<a href="/lost%20file.md#x">L</a><a href="https://x.example/">X</a>'),
      answer('/lost%20file.md', 404),
      answer('https://x.example/', 404),
    ];
    const text = renderReport(report(records, folderPlan));
    expect(text).toContain('<code>lost file.md#x</code>');
    expect(text).toContain('<a href="https://x.example/" rel="noopener noreferrer">');
    expect(text).not.toContain('127.0.0.1');
  });
});

/** What a reader sees, in its order, without what only a browser needs. */
const textOf = (given: Report): string =>
  renderReport(given)
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('&#39;', "'")
    .replace(/\s+/g, ' ');

describe('the verdict of report.html', () => {
  const sound = page('/', '<a href="/a">A</a>');
  const lost = [page('/', '<a href="https://x.example/">X</a>'), failed('https://x.example/', 'no such host')];

  it.each([
    ['of a sound site', [sound, page('/a', '')], 'nothing to complain about What was checked is in order.'],
    ['of errors', [sound, answer('/a', 404)], '1 error Found on 1 of 1 page; 1 thing to mend.'],
    [
      'of errors and less',
      [page('/', '<h3>Deep</h3><a href="/a">A</a><a href="/a#x">A</a>'), answer('/a', 404)],
      '2 errors Found on 1 of 1 page; 1 thing to mend. Besides, 1 warning.',
    ],
    ['of warnings', [page('/', '<h3>Deep</h3>')], 'no errors, 1 warning Found on 1 of 1 page; 1 thing to look at.'],
    ['of others that did not answer', lost, 'no errors 1 link to other sites could not be judged: nobody answered.'],
    ['of a site that could not be read', [failed('/', 'cut')], '1 error Found on 1 of 1 page; 1 thing to mend.'],
    ['of nothing at all', [], 'nothing to audit No page could be read.'],
  ])('%s says so in its title and in its heading', (_name, records, verdict) => {
    const text = textOf(report(records));
    expect(text).toContain(`127.0.0.1:20001: ${verdict}`);
    const [short] = verdict.split(/ (?=Found|What|No page|\d+ link)/) as [string];
    expect(text).toMatch(new RegExp(`^ ?127\\.0\\.0\\.1:20001: ${short} \\(site audit\\)`));
  });

  it('tells what was not checked', () => {
    const text = textOf(
      report([page('/', '<a href="/b">B</a>'), failed('/c', 'cut')], { ...webPlan, external: false }),
    );
    expect(text).toContain(
      'Not checked 1 linked page: the audit was limited to 30 pages links to other sites 1 address that gave no sound answer',
    );
  });
});

describe('causes', () => {
  it('are one for each thing to mend, however many places show it; the most frequent first', () => {
    const groups = causeGroups(
      report([
        page('/', '<a href="/gone">1</a><a href="/lost">2</a>'),
        page('/a', '<a href="/gone#x">3</a><a href="/b#no">4</a><a href="/b#none">5</a><h3>Deep</h3><h2></h2>'),
        page('/b', '<a href="/gone">6</a><h3></h3>'),
        answer('/gone', 404),
        answer('/lost', 404),
      ]),
    );
    const shown = groups.map(({ severity, code, count, causes }) => [
      severity,
      code,
      count,
      ...causes.map(
        ({ target, places }) =>
          `${places.length}× ${target?.replace(origin, '') ?? places[0]?.page.name.replace(origin, '')}`,
      ),
    ]);
    expect(shown).toEqual([
      ['error', 'link-broken', 4, '3× /gone', '1× /lost'],
      ['error', 'anchor-missing', 2, '1× /b#no', '1× /b#none'],
      ['warning', 'heading-empty', 2, '1× /a', '1× /b'],
      ['warning', 'heading-skipped', 2, '1× /a', '1× /b'],
    ]);
  });

  it('come with what is wrong, what to do, and where', () => {
    const text = textOf(
      report([page('/', '<h2>Part</h2>\n<p><a href="/gone">The text</a>'), page('/a', ''), answer('/gone', 404)]),
    );
    expect(text).toContain(
      'Links to something that does not exist 1 Correct the address or take the link out. /gone It answers 404. in / · line 2, under “Part” · The text',
    );
  });
});

describe('report.html of a large site', () => {
  const many = Array.from({ length: 3_000 }, (_, i) =>
    page(`/page-${i}`, `<a href="/imprint">Imprint</a><a href="/page-${(i + 1) % 3_000}#no-${i}">Next</a>`),
  );
  const large = report([...many, answer('/imprint', 404)]);
  const text = renderReport(large);

  it('stays light, and says how much it leaves to report.json', () => {
    expect(text.length).toBeLessThan(300_000);
    expect(text).toContain('6,000 errors');
    expect(text).toContain('and 2,996 more places');
    expect(text).toContain('and 2,950 more, in <code>report.json</code>');
    expect(text).toContain('and 2,800 more, in <code>report.json</code>');
  });

  it('puts the one thing that mends half of it first', () => {
    expect(text.indexOf('/imprint')).toBeLessThan(text.indexOf('#no-1'));
  });
});

describe('writeReport', () => {
  it('leaves both files whole, also when it is called again, and nothing else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'site-audit-'));
    const first = report([page('/', '')]);
    expect(await writeReport(folder, first)).toBe(join(folder, 'report.html'));
    await writeReport(folder, first);
    expect((await readdir(folder)).sort()).toEqual(['report.html', 'report.json']);
    expect(JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'))).toEqual(first);
    expect(await readFile(join(folder, 'report.html'), 'utf8')).toBe(renderReport(first));
    await rm(folder, { recursive: true });
  });
});
