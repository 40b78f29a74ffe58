/** Servers that can't answer for a while, and connections that are gone without a word: all goes on by itself. */

import { Redis } from 'ioredis';
import { TaskManager } from 'taskspan';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newJob } from '../../../src/store/conformance/fixtures.js';
import { redis } from '../../../src/stores/redis/index.js';
import { audit } from '../audit.js';
import { type FaultyProxy, type RedisServer, startProxy, startRedis } from '../servers/index.js';
import { freePort, HOST } from '../servers/ports.js';
import type { RedisConfig } from '../servers/redis.js';
import { until } from '../servers/until.js';
import { Load, silent } from './load.js';

/** Within which workers go on by themselves. */
const WITHIN_MS = 10_000;

describe('a server that cannot answer for a while', () => {
  it('given managers at work, when it is a replica for a second, then enqueues wait for their answers, and all goes on', async () => {
    const server = await serverForTest();
    const load = await working(server.url);
    await server.cli('REPLICAOF', HOST, await freePort());
    await expect(server.cli('SET', 'a', '1')).rejects.toThrow(/^READONLY/);
    await asLongAs(1_000);
    await server.cli('REPLICAOF', 'NO', 'ONE');
    await goesOn(load, server);
  });

  it('given managers at work, when a script of somebody else keeps it busy, then enqueues wait for their answers, and all goes on', async () => {
    const server = await serverForTest({ 'lua-time-limit': 50 });
    const load = await working(server.url);
    const other = new Redis(server.url, { retryStrategy: null });
    onTestFinished(() => other.disconnect());
    const script = other.eval('while true do end', 0).catch((error: unknown) => error);
    await until('it to be busy', () =>
      server.cli('PING').then(
        () => false,
        (error) => /^BUSY/.test(String(error.message)),
      ),
    );
    await asLongAs(1_000);
    await server.cli('SCRIPT', 'KILL');
    await script;
    await goesOn(load, server);
  });

  it('given managers at work, when it restarts and loads for a while, then enqueues wait for their answers, and all goes on', async () => {
    const server = await serverForTest({ appendonly: true, appendfsync: 'always' });
    await server.cli('DEBUG', 'POPULATE', 2_000);
    await server.cli('BGREWRITEAOF');
    await until('the log to be small', async () => (await server.info('persistence')).aof_rewrite_in_progress === '0');
    const load = await working(server.url);
    await server.kill();
    // Each key of the log's base takes half a millisecond.
    const config = { 'key-load-delay': 500, 'loading-process-events-interval-bytes': 1_024 };
    await server.restart({ isLoaded: false, config });
    expect(await server.info('persistence')).toMatchObject({ loading: '1' });
    await goesOn(load, server);
  });

  it('given a schedule and a server that is gone for longer than its interval, when it is back, then slots fire again by themselves, and none twice', async () => {
    const server = await serverForTest({ appendonly: true, appendfsync: 'always' });
    const load = await new Load(server.url).start();
    const slots = async (): Promise<readonly string[]> =>
      (await load.jobs()).map(({ schedule }) => String(schedule?.slot));
    await load.manager.schedule(load.work, 1, { id: 's', every: 100 });
    await load.progress(3);
    await server.kill();
    await asLongAs(500);
    await server.restart();
    const since = performance.now();
    await load.progress(3);
    expect(performance.now() - since).toBeLessThan(WITHIN_MS);
    await load.manager.unschedule('s');
    await load.expectEndOfAll();
    expect(new Set(await slots()).size).toBe((await slots()).length);
    expect(load.repeated).toEqual([]);
  });

  it('given managers at work, when it stands still for longer than any answer is waited for, then calls are repeated when it goes on, and count once', async () => {
    const server = await serverForTest();
    const load = await working(server.url);
    server.pause();
    await asLongAs(6_000);
    server.resume();
    await goesOn(load, server);
  }, 40_000);

  it('given managers at work, when all their connections are killed 30 times, then all goes on, and nobody complains', async () => {
    const server = await serverForTest();
    const load = await working(server.url);
    for (let i = 0; i < 30; i++) {
      await load.progress(5);
      for (const type of ['normal', 'pubsub']) await server.cli('CLIENT', 'KILL', 'TYPE', type);
    }
    await goesOn(load, server);
    expect(load.errors).toEqual([[], []]);
  });
});

describe('a network that swallows everything', () => {
  it('given managers at work, when their connections are half open, then they are made anew, and all goes on', async () => {
    const [server, proxy] = await behindProxy();
    const load = await working(proxy.url);
    proxy.halfOpen();
    const since = performance.now();
    await asLongAs(500);
    await proxy.pass();
    await load.progress(1);
    expect(performance.now() - since).toBeLessThan(WITHIN_MS);
    await goesOn(load, server);
  }, 40_000);

  it('given a connection that only listens, when it is half open, then it is made anew, and hears again', async () => {
    const [server, proxy] = await behindProxy();
    const [deaf, other] = [redis({ url: proxy.url }), redis({ url: server.url })];
    await Promise.all([deaf.open(), other.open()]);
    let heard = 0;
    deaf.notify?.subscribe(() => {
      heard += 1;
    });
    await until('its first words', () => heard > 0);
    proxy.halfOpen();
    const before = heard;
    await other.insert([newJob({ id: 'unheard' })]);
    await asLongAs(500);
    expect(heard).toBe(before);
    await proxy.pass();
    await until('the connection to be made anew', () => heard > before);
    await other.insert([newJob({ id: 'heard' })]);
    await until('the news', () => heard > before + 1);
    await Promise.all([deaf.close(), other.close()]);
  }, 40_000);

  it('given requests and replies, when the connection is cut in their middle, then each job is there once', async () => {
    const [server, proxy] = await behindProxy();
    const load = await working(proxy.url);
    for (let i = 0; i < 20; i++) await proxy.cutAfter(37 * i, i % 2 === 0 ? 'request' : 'reply');
    await goesOn(load, server);
    expect(load.repeated).toEqual([]);
  });
});

describe('a server that cannot be used', () => {
  it('given nobody listens, when a store is opened or a manager started, then an error says so at once; when somebody does, then it starts', async () => {
    const [, proxy] = await behindProxy();
    await proxy.refuse();
    const isRefused = {
      code: 'STORE_FAILED',
      message: expect.stringMatching(new RegExp(`^${proxy.url} can't be reached: .*ECONNREFUSED`)),
    };
    const since = performance.now();
    await expect(redis({ url: proxy.url.replace('//', '//user:word@') }).open()).rejects.toMatchObject(isRefused);
    const manager = new TaskManager({ store: proxy.url, logger: silent });
    await expect(manager.start()).rejects.toMatchObject(isRefused);
    expect(performance.now() - since).toBeLessThan(5_000);
    await proxy.pass();
    await manager.start();
    await manager.close();
  });

  it.each([
    ['no password', '', /wants a password/],
    ['a wrong password', ':nonsense@', /does not take this user and password/],
  ])(
    'given a server with a password, when it is opened with %s, then an error says so at once',
    async (_, user, message) => {
      const server = await serverForTest();
      await server.cli('CONFIG', 'SET', 'requirepass', 'word');
      const url = `redis://${user}${HOST}:${server.port}`;
      await expect(redis({ url }).open()).rejects.toMatchObject({
        code: 'STORE_FAILED',
        message: expect.stringMatching(message),
      });
      const right = redis({ url: `redis://:word@${HOST}:${server.port}` });
      await right.open();
      await right.close();
    },
  );

  it('given a server that is too old, when it is opened, then an error says which version it has and which it needs', async () => {
    const answers: Readonly<Record<string, unknown>> = { INFO: Buffer.from('redis_version:6.0.16\r\n'), CONFIG: [] };
    const client = {
      callBuffer: async (name: string) => answers[name],
      ping: async () => 'PONG',
      on() {},
      status: 'ready',
    };
    await expect(redis({ client: client as never }).open()).rejects.toMatchObject({
      code: 'INVALID_STORE',
      message: expect.stringMatching(/is Redis 6\.0\.16; the store needs 6\.2 or later/),
    });
  });

  it('given a server that forbids CONFIG and INFO, when it is opened, then it works, and health says what is unknown', async () => {
    const server = await serverForTest();
    await server.cli('ACL', 'SETUSER', 'managed', 'on', '>word', '~*', '&*', '+@all', '-config', '-info');
    const store = redis({ url: `redis://managed:word@${HOST}:${server.port}` });
    await store.open();
    await store.insert([newJob({ id: 'a' })]);
    const { facts, findings } = await store.health!.check(1);
    expect(facts).toMatchObject({ redis: 'unknown', persistence: 'unknown', eviction: 'unknown' });
    expect(findings.map(({ code, severity }) => [code, severity])).toEqual([
      ['redis-eviction-unknown', 'note'],
      ['redis-durability-unknown', 'note'],
    ]);
    expect(store.durability).toBe('bounded');
    await store.close();
  });
});

async function serverForTest(config: RedisConfig = {}): Promise<RedisServer> {
  const server = await startRedis({ config });
  onTestFinished(() => server.stop());
  return server;
}

async function behindProxy(): Promise<[RedisServer, FaultyProxy]> {
  const server = await serverForTest();
  const proxy = await startProxy(server);
  onTestFinished(() => proxy.stop());
  return [server, proxy];
}

async function working(url: string): Promise<Load> {
  const load = await new Load(url).start();
  load.flow();
  await load.progress(20);
  return load;
}

/** Work goes on within the time that is promised, and nothing was lost or doubled. */
async function goesOn(load: Load, server: RedisServer): Promise<void> {
  const since = performance.now();
  await load.progress(20);
  expect(performance.now() - since).toBeLessThan(WITHIN_MS);
  await load.stopFlow();
  await load.expectAllDone();
  expect(load.refused).toEqual([]);
  await load.close();
  await audit(server.url);
}

/** How long the fault lasts: it is what is tested, not a wait for something. */
function asLongAs(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
