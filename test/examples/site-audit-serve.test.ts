/** The folder that the site audit serves to itself. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderAnswer, pagesIn } from '../../examples/site-audit/folder-answer.js';
import { PortTakenError, serveFolder } from '../../examples/site-audit/serve.js';

const fixture = fileURLToPath(new URL('fixture-site', import.meta.url));

describe('folderAnswer', () => {
  it.each([
    ['/', 302, '/index.html'],
    ['/docs', 302, '/docs/README.md'],
    ['/docs/', 302, '/docs/README.md'],
    ['/listed', 302, '/listed/'],
  ])('%s leads to %s %s', async (path, status, location) => {
    expect(await folderAnswer(fixture, path)).toMatchObject({ status, headers: { location } });
  });

  it.each([
    ['/index.html', 'text/html'],
    ['/docs/notes.md', 'text/html; charset=utf-8'],
    ['/images/dot.png', 'image/png'],
    ['/listed/', 'text/html; charset=utf-8'],
  ])('%s is there, as %s', async (path, type) => {
    expect(await folderAnswer(fixture, path)).toMatchObject({ status: 200, headers: { 'content-type': type } });
  });

  it.each([
    '/none.html',
    '/index.html/',
    '/docs/none/',
    '/%',
    '/..%2f..%2fpackage.json',
    '/%2e%2e/examples',
    '/docs/..%5c',
    '/%00',
  ])('%s is not there', async (path) => {
    expect(await folderAnswer(fixture, path)).toMatchObject({ status: 404 });
  });
});

describe('a folder', () => {
  let folder: string;
  let other: Server | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'site-audit-'));
    await mkdir(join(folder, 'inner'));
    await mkdir(join(folder, '.hidden'));
    await writeFile(join(folder, 'b c%.md'), '# B');
    await writeFile(join(folder, 'inner', 'a.html'), '<h1>A</h1>');
    await writeFile(join(folder, '.hidden', 'secret.html'), 'secret');
  });

  afterEach(async () => {
    other?.close();
    await rm(folder, { recursive: true });
  });

  it('shows neither hidden files nor what a link outside points to', async () => {
    await symlink(fixture, join(folder, 'outside'));
    await symlink(folder, join(folder, 'inner', 'loop'));
    expect(await pagesIn(folder, [])).toEqual(['/b%20c%25.md', '/inner/a.html']);
    expect(await folderAnswer(folder, '/outside/index.html')).toMatchObject({ status: 404 });
    expect(await folderAnswer(folder, '/.hidden/secret.html')).toMatchObject({ status: 404 });
    expect(await folderAnswer(folder, '/b%20c%25.md')).toMatchObject({ status: 200 });
  });

  it('lists only what it is asked to', async () => {
    expect(await pagesIn(folder, ['inner', 'none'])).toEqual(['/inner/a.html']);
  });

  it('is served on its port, however often that is asked for', async () => {
    const port = await freePort();
    await Promise.all([serveFolder({ path: folder, only: [], port }), serveFolder({ path: folder, only: [], port })]);
    await serveFolder({ path: folder, only: [], port });
    const answer = await fetch(`http://127.0.0.1:${port}/inner/a.html`);
    expect([answer.status, await answer.text()]).toEqual([200, '<h1>A</h1>']);
    const head = await fetch(`http://127.0.0.1:${port}/inner/a.html`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '10', '']);
  });

  it('is not taken for what another program serves on its port, and is served once that is gone', async () => {
    const port = await freePort();
    const server = createServer((_, response) => response.writeHead(200, { connection: 'close' }).end('other'));
    other = server;
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    await expect(serveFolder({ path: folder, only: [], port })).rejects.toThrow(PortTakenError);
    await expect(serveFolder({ path: folder, only: [], port })).rejects.toThrow(`Port ${port}`);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await serveFolder({ path: folder, only: [], port });
    expect((await fetch(`http://127.0.0.1:${port}/inner/a.html`)).status).toBe(200);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
