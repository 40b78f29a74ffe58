/** A site of many pages that counts what it is asked for. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export class CountedSite {
  readonly pages: number;
  readonly #server: Server;
  readonly #asked = new Map<string, number>();
  #total = 0;
  #waiting: { readonly total: number; readonly resolve: () => void }[] = [];

  constructor(pages: number) {
    this.pages = pages;
    this.#server = createServer((request, response) => {
      const path = request.url ?? '/';
      const [status, type, body] = this.#answer(path);
      response
        .writeHead(status, { 'content-type': type, connection: 'close' })
        .end(request.method === 'HEAD' ? '' : body);
      this.#count(`${request.method} ${path}`);
    });
  }

  /** Resolves with its address. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** How often each address was asked for, as `GET /path`. */
  get asked(): ReadonlyMap<string, number> {
    return new Map(this.#asked);
  }

  /** Requests so far. */
  get total(): number {
    return this.#total;
  }

  forget(): void {
    this.#asked.clear();
    this.#total = 0;
  }

  /** Resolves once so many requests have come. */
  reached(total: number): Promise<void> {
    if (this.#total >= total) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ total, resolve }));
  }

  /** Each page links to the next two and to one far away, so that the crawl is wide and long; some links are broken. */
  #answer(path: string): [status: number, type: string, body: string] {
    if (/^\/image-\d+\.png$/.test(path)) return [path === '/image-3.png' ? 404 : 200, 'image/png', 'png'];
    const n = path === '/' ? 0 : Number(/^\/page-([1-9]\d*)$/.exec(path)?.[1] ?? NaN);
    if (!(n < this.pages)) return [404, 'text/html', 'gone'];
    const next = [2 * n + 1, 2 * n + 2, (n * 7 + 3) % this.pages].filter((page) => page < this.pages);
    const links = next.map((page) => {
      const fragment = page % 11 === 0 ? 'lost' : `part-${page}`;
      return `<a href="${page === 0 ? '/' : `/page-${page}`}#${fragment}">Page ${page}</a>`;
    });
    const broken = n % 10 === 0 ? `<a href="/lost-${n}">Lost</a>` : '';
    const image = `<img src="/image-${n % 9}.png"${n % 4 === 0 ? '' : ' alt="An image"'}>`;
    return [
      200,
      'text/html',
      `<title>Page ${n}</title><h1 id="part-${n}">Page ${n}</h1>${links.join('\n')}${broken}${image}`,
    ];
  }

  #count(what: string): void {
    this.#asked.set(what, (this.#asked.get(what) ?? 0) + 1);
    this.#total += 1;
    const due = this.#waiting.filter(({ total }) => total <= this.#total);
    this.#waiting = this.#waiting.filter(({ total }) => total > this.#total);
    for (const { resolve } of due) resolve();
  }
}
