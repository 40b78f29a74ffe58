/** What the site audit reads from a page's HTML, and what it finds wrong there. */
import { describe, expect, it } from 'vitest';
import { checkPage } from '../../examples/site-audit/check-page.js';
import { readPage } from '../../examples/site-audit/read-page.js';
import { fitPage, pageContent } from '../../examples/site-audit/results.js';

/** A page without a fault, around the given. */
const sound = (body: string): string => `<title>T</title><h1>H</h1>${body}`;

const codes = (html: string): string[] => checkPage(readPage(html)).map((finding) => finding.code);

describe('checkPage', () => {
  it.each([
    ['a sound page', sound('<h2>A</h2><h3>B</h3><h2>C</h2><img src=x alt="">'), []],
    ['no title', '<h1>H</h1>', ['title-missing']],
    ['an empty title', '<title> \n</title><h1>H</h1>', ['title-missing']],
    ['only the title of a drawing', '<h1>H</h1><svg><title>S</title></svg>', ['title-missing']],
    ['no first heading', '<title>T</title><h2>A</h2>', ['h1-missing']],
    ['three first headings', sound('<h1>2</h1><h1>3</h1>'), ['h1-multiple', 'h1-multiple']],
    ['a skipped level', sound('<h3>A</h3><h4>B</h4>'), ['heading-skipped']],
    ['several levels closed at once', sound('<h2>A</h2><h3>B</h3><h4>C</h4><h2>D</h2>'), []],
    ['an empty heading', sound('<h2> <b></b>&#32;</h2>'), ['heading-empty']],
    ['a heading that is an image with a text', sound('<h2><img src=x alt="Text"></h2>'), []],
    ['a heading that is an image without one', sound('<h2><img src=x alt=""></h2>'), ['heading-empty']],
    ['an id three times', sound('<p id=a><p id=a><p id=a>'), ['id-duplicate', 'id-duplicate']],
    ['id and name of one anchor alike', sound('<a id=a name=a></a>'), []],
    ['an image without alt', sound('<img src=x>'), ['image-alt-missing']],
    ['decoration without alt', sound('<img src=x role=presentation><img src=x aria-hidden=true>'), []],
    ['faults inside a template', sound('<template><h4 id=a></h4><p id=a><img src=x></template>'), []],
    ['faults inside a comment or a script', sound('<!-- <h1>2</h1> --><script>"<h1>3</h1>"</script>'), []],
  ])('%s', (_name, html, expected) => {
    expect(codes(html)).toEqual(expected);
  });

  it('says where: the line and the heading above', () => {
    const html = '<title>T</title>\n<h1>First</h1>\n<h2>Second\npart</h2>\n<p>x\n<img\nsrc="a.png">';
    expect(checkPage(readPage(html))).toEqual([
      { code: 'image-alt-missing', message: expect.any(String), line: 6, section: 'Second part', target: 'a.png' },
    ]);
  });
});

describe('pageContent', () => {
  const content = (html: string) => pageContent('https://example.com/docs/', readPage(sound(html)));

  it('resolves links and images, with their texts', () => {
    const { uses } = content(
      '<a href="a.html#b">A <b>link</b></a><a href="/"><img src="c.png" alt="Home"></a><area href="d" alt="Map">',
    );
    const where = { line: 1, section: 'H' };
    expect(uses).toEqual([
      { as: 'link', url: 'https://example.com/docs/a.html', fragment: 'b', text: 'A link', ...where },
      { as: 'link', url: 'https://example.com/', text: 'Home', ...where },
      { as: 'link', url: 'https://example.com/docs/d', text: 'Map', ...where },
      { as: 'image', url: 'https://example.com/docs/c.png', text: 'Home', ...where },
    ]);
  });

  it('resolves against <base>, unless that is no address', () => {
    expect(content('<base href="/other/"><a href="a">A</a>').uses[0]?.url).toBe('https://example.com/other/a');
    expect(content('<base href="http://"><a href="a">A</a>').uses[0]?.url).toBe('https://example.com/docs/a');
  });

  it('finds addresses that are none, and images without one', () => {
    const { uses, findings } = content(
      '<a href="http://">A</a><img src="" alt=""><a href="mailto:x@example.com">M</a>',
    );
    expect(uses).toEqual([]);
    expect(findings.map((finding) => finding.code)).toEqual(['link-invalid', 'image-broken']);
  });
});

describe('fitPage', () => {
  it('leaves an ordinary page as it is', () => {
    const page = pageContent('https://example.com/', readPage(sound('<a href="a" id="b">A</a>')));
    expect(fitPage(page)).toEqual(page);
  });

  it('keeps any page within what a store takes as a result, and says what is left out', () => {
    const link = (i: number): string =>
      `<a href="/${'ü'.repeat(30)}${i}" id="${'😀'.repeat(30)}${i}">${'"\\'.repeat(100)}</a><img src="${i}">`;
    const page = fitPage(
      pageContent('https://example.com/', readPage(sound(Array.from({ length: 3_000 }, (_, i) => link(i)).join('')))),
    );
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(63_000);
    expect(page.ids).toBeNull();
    expect(page.uses.length).toBeGreaterThan(20);
    expect(
      page.findings.filter((finding) => finding.code === 'page-links-cut').map((finding) => finding.message),
    ).toEqual([
      expect.stringContaining('6000 links and images'),
      expect.stringContaining('3000 problems'),
      expect.stringContaining('too many ids'),
    ]);
  });

  it('cuts no character in half', () => {
    const page = pageContent('https://example.com/', readPage(sound(`<a href=a>${'😀'.repeat(500)}</a>`)));
    expect(page.uses[0]?.text.isWellFormed()).toBe(true);
  });
});
