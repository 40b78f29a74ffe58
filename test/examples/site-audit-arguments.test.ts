/** The command line of the site audit. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readArguments } from '../../examples/site-audit/arguments.js';

const fixture = fileURLToPath(new URL('fixture-site', import.meta.url));

describe('readArguments', () => {
  it('audits the project itself by default, every hour', () => {
    const project = resolve(import.meta.dirname, '../..');
    expect(readArguments([])).toMatchObject({
      once: false,
      fresh: false,
      external: true,
      maxPages: 500,
      site: { name: project, folder: { path: project, only: ['README.md', 'docs'] } },
    });
  });

  it('takes a folder, which has the same address each time and another one than other folders', () => {
    const [first, second] = [readArguments(['--once', fixture]), readArguments([`${fixture}/`])];
    expect(first).toMatchObject({ once: true, site: { name: fixture, folder: { path: fixture, only: [] } } });
    expect(second).toHaveProperty('site', (first as { site: object }).site);
    expect(readArguments([`${fixture}/docs`])).not.toHaveProperty(
      'site.origin',
      (first as { site: { origin: string } }).site.origin,
    );
  });

  it('takes a port for a folder', () => {
    expect(readArguments([fixture, '--port', '4321'])).toMatchObject({
      site: { start: 'http://127.0.0.1:4321/', folder: { port: 4321 } },
    });
  });

  it('takes a web address and options', () => {
    expect(readArguments(['--max-pages', '20', '--external=none', 'HTTPS://Example.com/docs#part'])).toEqual({
      once: false,
      fresh: false,
      external: false,
      maxPages: 20,
      site: {
        name: 'https://example.com/docs',
        origin: 'https://example.com',
        start: 'https://example.com/docs',
        folder: null,
      },
    });
  });

  it.each([
    [['--onse'], /--onse.*Usage/s],
    [['a', 'b'], /not 2: a b/],
    [['--max-pages', '0'], /--max-pages is '0'/],
    [['--max-pages', '1e3'], /--max-pages is '1e3'/],
    [['--port', '70000'], /--port is '70000'/],
    [['--external', 'some'], /--external is 'some'/],
    [['no-such-folder'], /'no-such-folder' is neither/],
    [['ftp://example.com'], /begins with http/],
    [['https:///'], /begins with http/],
  ])('%j is refused, and says why', (args, message) => {
    expect(() => readArguments(args)).toThrow(message);
  });
});
