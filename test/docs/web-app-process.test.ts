/** The server of docs/guides/web-app.md as a process: asked by real clients, killed, and its modules evaluated again. */

import { existsSync, mkdirSync } from 'node:fs';
import { build, transform } from 'esbuild';
import { describe, expect, it, vi } from 'vitest';
import { blocksOfPage } from './pages.js';
import { Project, type Running } from './project.js';

// Several processes start one after the other.
vi.setConfig({ testTimeout: 60_000 });

/** The page's files by their names, as TypeScript. */
const files: Readonly<Record<string, string>> = Object.fromEntries(
  blocksOfPage('docs/guides/web-app.md').flatMap(({ text }) => {
    const name = /^\/\/ ([\w-]+\.ts)/.exec(text)?.[1];
    return name === undefined ? [] : [[name, text]];
  }),
);

/** Given to the server, so that the test hears of its port and of what it is asked. */
const telling = `
server.on('request', ({ method }) => console.log('asked', method));
console.log('port', server.address().port);
`;

async function project(): Promise<Project> {
  const built = await Promise.all(
    Object.entries(files).map(async ([name, text]) => {
      const { code } = await transform(text, { loader: 'ts', format: 'esm', target: 'esnext' });
      // Nobody waits as long for a test as a client does.
      const sooner = code.replace('LONGEST_WAIT = "5s"', 'LONGEST_WAIT = "1s"');
      return [name.replace(/\.ts$/, '.js'), name === 'server.ts' ? code + telling : sooner];
    }),
  );
  return new Project({ ...Object.fromEntries(built), 'tasks.ts': files['tasks.ts'] ?? '' });
}

const store = 'sqlite:./state/tasks.db';
const headers = { 'x-account': 'acme', 'idempotency-key': 'upload-17' };

class Server {
  readonly origin: string;
  readonly process: Running;

  private constructor(origin: string, process: Running) {
    this.origin = origin;
    this.process = process;
  }

  static async in(project: Project): Promise<Server> {
    const process = project.run(['node', 'server.js'], { TASKSPAN_URL: store });
    const [, port] = await process.prints(/port (\d+)/);
    return new Server(`http://127.0.0.1:${port}`, process);
  }

  post(input: object, own: Readonly<Record<string, string>> = headers): Promise<Response> {
    return fetch(`${this.origin}/resizes`, { method: 'POST', headers: own, body: JSON.stringify(input) });
  }

  async enqueued(): Promise<string> {
    const response = await this.post({ path: 'a.png', width: 200 });
    expect(response.status).toBe(202);
    const { id } = (await response.json()) as { id: string };
    expect(response.headers.get('location')).toBe(`/resizes/${id}`);
    return id;
  }

  look(id: string, init: RequestInit = { headers }): Promise<Response> {
    return fetch(`${this.origin}/resizes/${id}?wait`, init);
  }
}

function worker(project: Project): Running {
  return project.run(['node', 'node_modules/.bin/taskspan', 'worker', 'tasks.ts'], { TASKSPAN_URL: store });
}

describe('the server of the page', () => {
  it('given no folder for the store, when a client asks, then it hears 503 until there is one', async () => {
    const own = await project();
    const server = await Server.in(own);
    const refused = await server.post({ path: 'a.png', width: 200 });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    mkdirSync(own.path('state'));
    await server.enqueued();
  });

  it('given an acknowledged request, when the server is killed, then the job is done and the next server tells of it', async () => {
    const own = await project();
    mkdirSync(own.path('state'));
    const first = await Server.in(own);
    const id = await first.enqueued();
    first.process.signal('SIGKILL');
    expect(await first.process.ended).toBe('SIGKILL');

    const second = await Server.in(own);
    expect(await second.enqueued()).toBe(id);
    worker(own);
    await expect.poll(async () => (await second.look(id)).status, { timeout: 15_000 }).toBe(200);
    const answer = await second.look(id);
    expect([answer.status, await answer.json()]).toEqual([200, { state: 'completed', result: { bytes: 20_000 } }]);
  });

  it('given clients that wait, when one leaves and SIGTERM comes, then the other is answered and the server exits with 0', async () => {
    const own = await project();
    mkdirSync(own.path('state'));
    const server = await Server.in(own);
    const id = await server.enqueued();
    const leaving = new AbortController();
    const left = server.look(id, { headers, signal: leaving.signal }).catch((error: Error) => error.name);
    const stayed = server.look(id);
    await server.process.prints(/(asked GET[\s\S]*){2}/);
    leaving.abort();
    expect(await left).toBe('AbortError');
    server.process.signal('SIGTERM');
    const answer = await stayed;
    expect([answer.status, await answer.json()]).toEqual([202, { state: 'pending', progress: 0 }]);
    expect(await server.process.ended).toBe(0);
  });

  it.each([
    ['another input under the same key', 422, { path: 'a.png', width: 300 }, headers],
    ['the same key of another account', 202, { path: 'a.png', width: 300 }, { ...headers, 'x-account': 'other' }],
    ['an input that does not fit', 400, { path: 'a.png', width: 0 }, headers],
    ['a key that is too long', 400, { path: 'a.png', width: 1 }, { 'idempotency-key': 'k'.repeat(2_000) }],
    ['an input that is too large', 413, { path: 'a'.repeat(99_000), width: 1 }, {}],
    ['a body that is too large', 413, { path: 'a'.repeat(200_000), width: 1 }, {}],
  ])('given %s, then it answers %d', async (_what, status, input, own: Readonly<Record<string, string>>) => {
    const folder = await project();
    mkdirSync(folder.path('state'));
    const server = await Server.in(folder);
    await server.enqueued();
    expect((await server.post(input, own)).status).toBe(status);
  });
});

describe('what the server is made of', () => {
  it('given its bundle, then the code of the task is not in it', async () => {
    const own = await project();
    own.write(files);
    const { outputFiles } = await build({
      entryPoints: [own.path('server.ts')],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      external: ['taskspan'],
    });
    const code = outputFiles[0]?.text ?? '';
    expect(code).toContain('Give a path');
    expect(files['tasks.ts']).toContain('input.width * 100');
    expect(code).not.toContain('input.width * 100');
  });

  it('given the producer, when its module is evaluated again, then its manager is the one of before', async () => {
    const own = await project();
    own.write({
      'again.js': `
const first = await import('./jobs.js?1');
const second = await import('./jobs.js?2');
console.log(first !== second && first.jobs === second.jobs ? 'one manager' : 'two managers');`,
    });
    await own.run(['node', 'again.js']).prints(/one manager/);
  });

  it('given the manager that works, when its module is evaluated again with another task, then only the new one works', async () => {
    const own = await project();
    const { code } = await transform(files['in-server.ts'] ?? '', { loader: 'ts', format: 'esm', target: 'esnext' });
    const version = (n: number): Readonly<Record<string, string>> => ({
      [`tasks-${n}.js`]: `import { task } from 'taskspan'; export const resize = task('resize', () => 'version ${n}', { queue: 'images' });`,
      [`in-server-${n}.js`]: code.replace('./tasks.js', `./tasks-${n}.js`),
    });
    own.write({
      ...version(1),
      ...version(2),
      'again.js': `
const { worker: first } = await import('./in-server-1.js');
const { resize } = await import('./tasks-1.js');
console.log('before:', await (await first.enqueue(resize)).result());
const { worker: second } = await import('./in-server-2.js');
const jobs = await second.enqueueMany(resize, Array(20).fill(undefined));
const results = new Set(await Promise.all(jobs.map((job) => job.result())));
console.log('after:', ...results, 'by', (await second.workers()).length);
await first.enqueue(resize).catch((error) => console.log('first:', error.code));
await second.close();
console.log('all');`,
    });
    const again = own.run(['node', 'again.js']);
    await again.prints(/before: version 1\nafter: version 2 by 1\nfirst: CLOSED\nall/);
    expect(await again.ended).toBe(0);
    expect(existsSync(own.path('tasks.db'))).toBe(true);
  });
});
