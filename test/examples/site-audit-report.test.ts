/** The report of the site audit: what is made of the jobs' results. */
import { describe, expect, it } from 'vitest';
import { summaryText } from '../../examples/site-audit/build-report.js';
import type { AuditPlan } from '../../examples/site-audit/plan.js';
import type { CheckRecord } from '../../examples/site-audit/report.js';
import { answer, failed, folderPlan, origin, page, record, redirect, report, urlOf, webPlan } from './audit-records.js';

const findings = (records: readonly CheckRecord[], plan?: AuditPlan): string[] =>
  report(records, plan).pages.flatMap(({ name, findings }) =>
    findings.map((finding) =>
      `${name.replace(origin, '')} ${finding.code} ${finding.target?.replace(origin, '') ?? ''}`.trim(),
    ),
  );

describe('a link', () => {
  const linking = (href: string): CheckRecord => page('/', `<a href="${href}">Text</a>`);

  it.each([
    ['is there', [linking('/a'), page('/a', '')], []],
    ['answers 404', [linking('/a'), answer('/a', 404)], ['/ link-broken /a']],
    ['answers 410', [linking('/a.pdf'), answer('/a.pdf', 410)], ['/ link-broken /a.pdf']],
    [
      'asks for a login',
      [linking('https://x.example/'), answer('https://x.example/', 401)],
      ['/ link-guarded https://x.example/'],
    ],
    ['has its fragment', [linking('/a#first'), page('/a', '')], []],
    ['has not its fragment', [linking('/a#second'), page('/a', '')], ['/ anchor-missing /a#second']],
    ['has its fragment on the page itself', [linking('#first')], []],
    ['has a fragment in what is no page', [linking('/a.txt#L10'), answer('/a.txt', 200, 'text/plain')], []],
    ['has a fragment on another site', [linking('https://x.example/#a'), answer('https://x.example/', 200)], []],
    ['is redirected once', [linking('/a'), redirect('/a', 302, '/b'), page('/b', '')], []],
    ['has its fragment behind a redirect', [linking('/a#first'), redirect('/a', 302, '/b'), page('/b', '')], []],
    [
      'has not its fragment behind a redirect',
      [linking('/a#z'), redirect('/a', 302, '/b'), page('/b', '')],
      ['/ anchor-missing /a#z'],
    ],
    ['moved for good', [linking('/a'), redirect('/a', 308, '/b'), page('/b', '')], ['/ link-moved /a']],
    ['moved to what is gone', [linking('/a'), redirect('/a', 301, '/b', 404)], ['/ link-broken /a']],
    [
      'is redirected from job to job',
      [linking('/a'), redirect('/a', 301, '/b'), redirect('/b', 302, '/c'), page('/c', '')],
      ['/ redirect-chain /a'],
    ],
    [
      'is redirected in a circle over two jobs',
      [linking('/a'), redirect('/a', 302, '/b'), redirect('/b', 302, '/a')],
      ['/ redirect-chain /a'],
    ],
    [
      'leads nowhere',
      [
        linking('/a'),
        record('/a', { visit: { url: urlOf('/a'), status: 302, contentType: '', astray: 'redirects in a circle' } }),
      ],
      ['/ link-broken /a'],
    ],
    ['has no sound answer', [linking('/a.zip'), failed('/a.zip', 'cut')], ['/ link-unreachable /a.zip']],
    [
      'has no sound answer, elsewhere',
      [linking('https://x.example/'), failed('https://x.example/', 'no such host')],
      ['/ external-unreachable https://x.example/'],
    ],
    ['was not asked for', [linking('https://x.example/')], []],
    ['points into a private network', [linking('http://10.0.0.1/')], ['/ link-private http://10.0.0.1/']],
  ])('that %s', (_name, records, expected) => {
    expect(findings(records)).toEqual(expected);
  });

  it('suggests the fragment that was meant', () => {
    expect(report([linking('#First')]).pages[0]?.findings[0]?.message).toBe(
      "The page has no 'First'; did you mean 'first'?",
    );
  });

  it('is reported with its text, line and section', () => {
    const [finding] =
      report([page('/', '<h2>Section</h2>\n<p><a href="/a">The text</a>'), answer('/a', 404)]).pages[0]?.findings ?? [];
    expect(finding).toEqual({
      severity: 'error',
      code: 'link-broken',
      message: 'It answers 404.',
      target: `${origin}/a`,
      text: 'The text',
      line: 2,
      section: 'Section',
    });
  });
});

describe('an image', () => {
  const showing = page('/', '<img src="/a.png" alt="A">');

  it.each([
    ['loads', answer('/a.png', 200, 'image/png'), []],
    ['is of no stated type', answer('/a.png', 200, ''), []],
    ['answers 404', answer('/a.png', 404), ['/ image-broken /a.png']],
    ['is no image', answer('/a.png', 200, 'text/html'), ['/ image-broken /a.png']],
    ['has no sound answer', failed('/a.png', 'cut'), ['/ link-unreachable /a.png']],
  ])('that %s', (_name, image, expected) => {
    expect(findings([showing, image])).toEqual(expected);
  });
});

describe('a page', () => {
  it('that could not be read is reported once, with the pages that link to it', () => {
    const records = [
      page('/', '<a href="/a">A</a><a href="/a">A</a>'),
      page('/b', '<a href="/a">A</a>'),
      failed('/a', 'cut'),
    ];
    expect(report(records).pages.find(({ state }) => state === 'unreachable')).toMatchObject({
      url: `${origin}/a`,
      findings: [{ code: 'page-unreachable', message: `cut. Linked from ${origin}/, ${origin}/b.` }],
    });
    expect(findings(records)).toEqual(['/a page-unreachable']);
  });

  it('that was asked for and does not exist is reported as itself', () => {
    expect(report([answer('/', 404)]).pages).toMatchObject([
      { state: 'missing', findings: [{ code: 'page-missing' }] },
    ]);
  });

  it('of a folder to which no other page links is an orphan; the first page, redirected or not, is none', () => {
    const records = [
      redirect('/', 302, '/index.html'),
      page('/index.html', '<a href="/a">A</a>'),
      page('/a', ''),
      page('/b', '<a href="/b">B</a>'),
    ];
    expect(findings(records, folderPlan)).toEqual(['b page-orphan']);
    expect(findings(records, webPlan)).toEqual([]);
  });
});

describe('the summary', () => {
  const records = [
    page(
      '/',
      '<h3>Deep</h3><a href="/a">A</a><a href="/a#x">A</a><a href="/b">B</a><img src="/i.png"><a href="https://x.example/">X</a>',
    ),
    page('/a', ''),
    answer('/i.png', 200, 'image/png'),
    failed('https://x.example/', 'no such host'),
  ];

  it('counts each address once, and each finding where it is', () => {
    expect(report(records).summary).toEqual({
      pages: 2,
      links: 3,
      images: 1,
      errors: 1,
      warnings: 3,
      notices: 0,
      unreachable: 1,
      leftOut: 1,
    });
  });

  it('is a few lines for the terminal', () => {
    expect(summaryText(report(records, folderPlan))).toBe(
      [
        'Audited 2 pages of /srv/site with 3 links and 1 image:',
        '  1 error, 3 warnings, 0 notices',
        '  1 address could not be reached',
        '  1 page left out by --max-pages 30',
      ].join('\n'),
    );
  });

  it('does not depend on the order in which the jobs ended', () => {
    expect(report(records.toReversed())).toEqual(report(records));
  });
});
