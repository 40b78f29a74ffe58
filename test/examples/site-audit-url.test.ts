/** Addresses in the site audit: one spelling for each, and who checks it. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkKind, normaliseUrl, resolveUrl } from '../../examples/site-audit/url.js';

describe('normaliseUrl', () => {
  it.each([
    ['HTTP://Example.COM:80/a/../b', 'http://example.com/b'],
    ['https://example.com', 'https://example.com/'],
    ['https://example.com/?', 'https://example.com/'],
    ['https://example.com/#part', 'https://example.com/'],
    ['https://me:secret@example.com/', 'https://example.com/'],
    ['https://example.com/%7euser/%c3%a9?q=%2f%41', 'https://example.com/~user/%C3%A9?q=%2FA'],
    ['https://example.com/a b', 'https://example.com/a%20b'],
    ['https://example.com/a?b=1&a=2', 'https://example.com/a?b=1&a=2'],
  ])('%s is spelled %s', (given, spelled) => {
    expect(normaliseUrl(given)).toBe(spelled);
  });

  it('leaves its own spelling as it is, whatever the address', () => {
    void fc.assert(
      fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), (url) => {
        const once = normaliseUrl(url);
        expect(normaliseUrl(once)).toBe(once);
      }),
    );
  });
});

describe('resolveUrl', () => {
  const base = 'https://example.com/docs/guide.html?old=1';

  it.each([
    ['other.html', 'https://example.com/docs/other.html', null],
    ['../#Top', 'https://example.com/', null],
    ['#', 'https://example.com/docs/guide.html?old=1', null],
    ['#caf%C3%A9', 'https://example.com/docs/guide.html?old=1', 'café'],
    ['#100%', 'https://example.com/docs/guide.html?old=1', '100%'],
    ['#part:~:text=words', 'https://example.com/docs/guide.html?old=1', 'part'],
    ['#%00', 'https://example.com/docs/guide.html?old=1', '%00'],
    [' //other.example/x\n', 'https://other.example/x', null],
  ])('%j is %s with fragment %j', (reference, url, fragment) => {
    expect(resolveUrl(reference, base)).toEqual({ kind: 'web', url, fragment });
  });

  it.each(['mailto:a@example.com', 'javascript:alert(1)', 'data:image/png;base64,AA==', 'tel:1'])(
    '%s is nothing to ask for',
    (reference) => {
      expect(resolveUrl(reference, base)).toEqual({ kind: 'other' });
    },
  );

  it.each(['http://', 'https://exa mple.com/', 'http://[::1', `?${'x'.repeat(2_048)}`])(
    '%s is invalid',
    (reference) => {
      expect(resolveUrl(reference, base)).toEqual({ kind: 'invalid' });
    },
  );
});

describe('checkKind', () => {
  const origin = 'https://example.com';

  it.each([
    ['https://example.com/', 'page'],
    ['https://example.com/guide.md', 'page'],
    ['https://example.com/photo', 'page'],
    ['https://example.com/photo.JPG?size=2', 'link'],
    ['https://example.com/source.mts', 'link'],
    ['http://example.com/', 'external'],
    ['https://example.com:8443/', 'external'],
    ['https://www.example.com/', 'external'],
    ['http://localhost:3000/', 'unchecked'],
    ['http://10.0.0.7/', 'unchecked'],
    ['http://172.31.0.1/', 'unchecked'],
    ['http://172.32.0.1/', 'external'],
    ['http://169.254.169.254/latest/meta-data', 'unchecked'],
    ['http://[::1]/', 'unchecked'],
    ['http://[::ffff:7f00:1]/', 'unchecked'],
    ['http://[fd12::1]/', 'unchecked'],
    // Other spellings of 127.0.0.1, which URL brings into form.
    ['http://2130706433/', 'unchecked'],
    ['http://0x7f.1/', 'unchecked'],
  ])('%s is checked as %s', (url, kind) => {
    expect(checkKind(normaliseUrl(url), origin)).toBe(kind);
  });

  it('asks another port of the audited host, private or not', () => {
    expect(checkKind('http://127.0.0.1:4000/', 'http://127.0.0.1:3000')).toBe('external');
  });
});
