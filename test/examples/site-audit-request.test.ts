/** One request of the site audit, against a real server. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBody } from '../../examples/site-audit/body.js';
import {
  BusyError,
  maxBodyBytes,
  NetworkError,
  request,
  retryAfterMs,
  userAgent,
} from '../../examples/site-audit/request.js';
import { visitLink } from '../../examples/site-audit/visit.js';

const never = new AbortController().signal;
const seen: string[] = [];
let server: Server;
let origin: string;

const answers: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
  '/page': (_, response) => response.writeHead(200, { 'content-type': 'Text/HTML; charset=x' }).end('<h1>Page</h1>'),
  '/agent': (request, response) => response.end(request.headers['user-agent']),
  '/moved': (_, response) => response.writeHead(301, { location: '/moved-again' }).end(),
  '/moved-again': (_, response) => response.writeHead(302, { location: 'page#part' }).end(),
  '/circle': (_, response) => response.writeHead(302, { location: '/circle-back' }).end(),
  '/circle-back': (_, response) => response.writeHead(302, { location: '/circle' }).end(),
  '/to-mail': (_, response) => response.writeHead(302, { location: 'mailto:x@example.com' }).end(),
  '/busy': (_, response) => response.writeHead(503, { 'retry-after': '7' }).end(),
  '/slow-down': (_, response) => response.writeHead(429).end(),
  '/gone': (_, response) => response.writeHead(410).end(),
  '/silent': () => {},
  '/cut': (_, response) => void response.writeHead(200).write('half', () => response.destroy()),
  '/large': (_, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end(Buffer.alloc(maxBodyBytes + 5_000, 'a')),
  '/latin': (_, response) =>
    response.writeHead(200, { 'content-type': 'text/html; charset=ISO-8859-1' }).end(Buffer.from('caf\xe9', 'latin1')),
  '/meta': (_, response) => response.end(Buffer.from('<meta charset="iso-8859-2">\xb1', 'latin1')),
  '/odd': (_, response) => response.writeHead(200, { 'content-type': 'text/html; charset=klingon' }).end('é\0'),
  '/no-head': (request, response) => response.writeHead(request.method === 'HEAD' ? 405 : 200).end(),
  '/head-fails': (request, response) => response.writeHead(request.method === 'HEAD' ? 500 : 200).end(),
};

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    const endless = /^\/endless\/(\d+)$/.exec(request.url ?? '');
    const answer = answers[request.url ?? ''];
    if (endless !== null) response.writeHead(302, { location: `/endless/${Number(endless[1]) + 1}` }).end();
    else if (answer !== undefined) answer(request, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const get = (path: string, signal = never) => request(`${origin}${path}`, 'GET', signal);
const text = async (path: string) => (await readBody(await get(path), never)).text;

describe('request', () => {
  it('says what answered', async () => {
    expect(await get('/page')).toMatchObject({
      url: `${origin}/page`,
      status: 200,
      hops: [],
      astray: null,
      contentType: 'text/html',
    });
    expect(await get('/gone')).toMatchObject({ status: 410 });
  });

  it('says who asks', async () => {
    expect(await text('/agent')).toBe(userAgent);
  });

  it('follows redirects and keeps each hop', async () => {
    const hops = [
      { url: `${origin}/moved`, status: 301 },
      { url: `${origin}/moved-again`, status: 302 },
    ];
    expect(await get('/moved')).toMatchObject({ url: `${origin}/page`, status: 200, hops, astray: null });
  });

  it('stops before an address that it was told not to ask', async () => {
    const reply = await request(`${origin}/moved`, 'GET', never, (url) => !url.endsWith('again'));
    expect(reply).toMatchObject({ url: `${origin}/moved-again`, status: 301, hops: [{ status: 301 }] });
  });

  it.each([
    ['/circle', /circle/],
    ['/endless/1', /more than 10/],
    ['/to-mail', /mailto/],
  ])('%s leads nowhere', async (path, astray) => {
    expect((await get(path)).astray).toMatch(astray);
  });

  it('throws what may be otherwise next time', async () => {
    await expect(get('/busy')).rejects.toMatchObject({ name: 'BusyError', status: 503, retryAfterMs: 7_000 });
    await expect(get('/slow-down')).rejects.toMatchObject({ name: 'BusyError', status: 429, retryAfterMs: null });
    await expect(get('/busy')).rejects.toBeInstanceOf(BusyError);
  });

  it('says in words what went wrong on the network', async () => {
    const closed = await new Promise<number>((resolve) => {
      const probe = createServer().listen(0, '127.0.0.1', () => {
        const { port } = probe.address() as AddressInfo;
        probe.close(() => resolve(port));
      });
    });
    const refused = request(`http://127.0.0.1:${closed}/`, 'GET', never);
    await expect(refused).rejects.toBeInstanceOf(NetworkError);
    await expect(refused).rejects.toThrow(/the connection was refused/);
    await expect(text('/cut')).rejects.toBeInstanceOf(NetworkError);
  });

  it('rejects with the reason of the signal when the job is told to stop', async () => {
    const stop = new AbortController();
    const asked = get('/silent', stop.signal);
    stop.abort(new Error('closing'));
    await expect(asked).rejects.toThrow('closing');
  });
});

describe('readBody', () => {
  it('reads so much and no more', async () => {
    const body = await readBody(await get('/large'), never);
    expect(body).toMatchObject({ sizeBytes: maxBodyBytes, isCut: true });
  });

  it('decodes as header or page say, else as UTF-8', async () => {
    expect(await text('/latin')).toBe('café');
    expect(await text('/meta')).toContain('ą');
    expect(await text('/odd')).toBe('é\uFFFD');
  });
});

describe('visitLink', () => {
  const visit = async (path: string) => {
    seen.length = 0;
    const { visit } = await visitLink({ url: `${origin}${path}` } as never, never);
    return { status: visit.status, seen: [...seen] };
  };

  it('asks with HEAD, and believes a refusal only from GET', async () => {
    expect(await visit('/page')).toEqual({ status: 200, seen: ['HEAD /page'] });
    expect(await visit('/gone')).toEqual({ status: 410, seen: ['HEAD /gone', 'GET /gone'] });
    expect(await visit('/no-head')).toEqual({ status: 200, seen: ['HEAD /no-head', 'GET /no-head'] });
    expect(await visit('/head-fails')).toEqual({ status: 200, seen: ['HEAD /head-fails', 'GET /head-fails'] });
  });
});

describe('retryAfterMs', () => {
  const now = Date.parse('2030-01-01T00:00:00Z');

  it.each([
    [null, null],
    ['5', 5_000],
    ['86400', 120_000],
    ['Tue, 01 Jan 2030 00:00:30 GMT', 30_000],
    ['Tue, 01 Jan 2019 00:00:30 GMT', 0],
    ['soon', null],
  ])('%j is %j ms', (header, waitMs) => {
    expect(retryAfterMs(header, now)).toBe(waitMs);
  });
});
