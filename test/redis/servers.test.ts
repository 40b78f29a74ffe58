/** The servers that tests start, and the proxy before them, do what their names say. */

import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { startOwner } from './owner.js';
import {
  type FaultyProxy,
  type RedisServer,
  redisForTest,
  startCluster,
  startProxy,
  startRedis,
  startReplicated,
} from './servers/index.js';

const toEnd: (() => unknown)[] = [];

/** Ended with the test, in reverse order. */
function during<T extends { stop(): Promise<void> }>(started: T): T {
  toEnd.push(() => started.stop());
  return started;
}

afterEach(async () => {
  for (const end of toEnd.splice(0).reverse()) await end();
});

/** A client that tries nothing again, so that each fault is seen as it is. */
function connectTo(url: string): Redis {
  const client = new Redis(url, { retryStrategy: null, maxRetriesPerRequest: 0 });
  client.on('error', () => {});
  toEnd.push(() => client.disconnect());
  return client;
}

const closed = (client: Redis): Promise<void> => new Promise((resolve) => client.once('close', () => resolve()));

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

describe('a server', () => {
  it('given appendfsync always, when it is killed and restarted, then it has the same port and what was acknowledged', async () => {
    const redis = during(await startRedis({ config: { appendonly: true, appendfsync: 'always' } }));
    expect(await redis.cli('SET', 'a', '1')).toBe('OK');
    const { pid, url } = redis;
    await redis.kill();
    expect({ isRunning: redis.isRunning, isAlive: isAlive(pid!) }).toEqual({ isRunning: false, isAlive: false });
    await redis.restart();
    expect(redis.pid).not.toBe(pid);
    expect(await connectTo(url).get('a')).toBe('1');
  });

  it('given the defaults, when it is restarted in order, then it is empty', async () => {
    const redis = during(await startRedis());
    await redis.cli('SET', 'a', '1');
    await redis.restart();
    expect(await redis.cli('DBSIZE')).toBe(0);
  });

  it('given other configuration at a restart, then it holds, and what was configured before does too', async () => {
    const redis = during(await startRedis({ config: { maxmemory: '8mb' } }));
    await redis.restart({ config: { 'maxmemory-policy': 'allkeys-lru' } });
    expect(await redis.info('memory')).toMatchObject({ maxmemory: '8388608', maxmemory_policy: 'allkeys-lru' });
  });

  it('given that somebody has its port for a moment, when it is restarted, then it comes back as soon as it can', async () => {
    const redis = during(await startRedis());
    await redis.kill();
    const somebody = createServer().listen(redis.port, redis.host);
    await once(somebody, 'listening');
    const back = redis.restart();
    await expect.poll(() => redis.log, { timeout: 10_000 }).toMatch(/already in use/);
    somebody.close();
    await back;
    expect(await redis.cli('PING')).toBe('PONG');
  });

  it('given a paused server, when a command is sent, then it is answered after the server is resumed, and not before', async () => {
    const redis = during(await startRedis());
    const client = connectTo(redis.url);
    expect(await client.ping()).toBe('PONG');
    redis.pause();
    let isAnswered = false;
    const answer = client.ping().then(() => {
      isAnswered = true;
    });
    // Another process does a whole start meanwhile.
    during(await startRedis());
    expect(isAnswered).toBe(false);
    redis.resume();
    await answer;
  });

  it('given a line that no server knows, when it is started, then the error has what the server wrote', async () => {
    await expect(startRedis({ config: { nonsense: 'yes' } })).rejects.toThrow(/nonsense/);
  });

  it('given a server that is stopped, then its process and its folder are gone', async () => {
    const redis = await startRedis();
    const { pid, folder } = redis;
    redis.pause();
    await redis.stop();
    await redis.stop();
    expect({ isAlive: isAlive(pid!), hasFolder: existsSync(folder) }).toEqual({ isAlive: false, hasFolder: false });
  });

  it('given a name that is not on the PATH, then the error says so', async () => {
    await expect(startRedis({ binary: 'no-such-server' })).rejects.toThrow('no-such-server is not there');
  });

  it('given a process with two servers, one of them paused, when it is killed, then both are gone', async () => {
    const { process: owner, pids } = await startOwner();
    expect(pids.map(isAlive)).toEqual([true, true]);
    owner.kill('SIGKILL');
    await expect.poll(() => pids.map(isAlive), { timeout: 10_000 }).toEqual([false, false]);
  }, 40_000);

  it('given two tests that ask for a server, then each has a namespace of its own', async () => {
    const [one, other] = [await redisForTest(), await redisForTest()];
    expect(one).not.toBe(other);
    expect(await connectTo(one).ping()).toBe('PONG');
  });
});

describe('a cluster', () => {
  it('given three nodes, then each is sound, and has its third of the slots', async () => {
    const cluster = during(await startCluster(3));
    for (const node of cluster.nodes) {
      const said = String(await node.cli('CLUSTER', 'INFO')).split('\r\n');
      expect(said).toEqual(expect.arrayContaining(['cluster_state:ok', 'cluster_size:3']));
    }
    const key = 'a key';
    const slot = Number(await cluster.nodes[0]!.cli('CLUSTER', 'KEYSLOT', key));
    expect(await cluster.nodeOfSlot(slot).cli('SET', key, 1)).toBe('OK');
    const elsewhere = cluster.nodes.find((node) => node !== cluster.nodeOfSlot(slot))!;
    await expect(elsewhere.cli('SET', key, 1)).rejects.toThrow(/^MOVED/);
  }, 40_000);
});

describe('a primary with its replica', () => {
  it('given a replica that lags, when it is promoted, then what it did not get is lost, and the old primary becomes read-only', async () => {
    const replicated = during(await startReplicated());
    const { primary: first, replica: second } = replicated;
    await connectTo(replicated.url).set('early', '1');
    await replicated.catchUp();
    replicated.lag();
    await first.cli('SET', 'late', '1');
    await replicated.promote();
    expect([replicated.primary, replicated.replica]).toEqual([second, first]);
    expect(await connectTo(replicated.url).mget('early', 'late')).toEqual(['1', null]);
    // A split: the old one goes on for whoever reaches it.
    expect(await first.cli('SET', 'late', '2')).toBe('OK');
    await replicated.rejoin();
    expect(await first.cli('GET', 'late')).toBe(null);
    await expect(first.cli('SET', 'later', '3')).rejects.toThrow(/^READONLY/);
  });

  it('given a replica that lags, when it catches up, then it has all', async () => {
    const replicated = during(await startReplicated());
    replicated.lag();
    await replicated.primary.cli('SET', 'late', '1');
    expect(await replicated.replica.cli('GET', 'late')).toBe(null);
    await replicated.catchUp();
    expect(await replicated.replica.cli('GET', 'late')).toBe('1');
  });
});

describe('the proxy', () => {
  const VALUE = 'x'.repeat(100_000);

  async function proxied(): Promise<{ redis: RedisServer; proxy: FaultyProxy; client: Redis; direct: Redis }> {
    const redis = during(await startRedis());
    const proxy = during(await startProxy(redis));
    const client = connectTo(proxy.url);
    await client.ping();
    return { redis, proxy, client, direct: connectTo(redis.url) };
  }

  it('given nothing else, then bytes go through and are counted', async () => {
    const { proxy, client } = await proxied();
    const before = proxy.bytes;
    await client.set('a', VALUE);
    expect(await client.get('a')).toBe(VALUE);
    expect(proxy.bytes.request - before.request).toBeGreaterThan(VALUE.length);
    expect(proxy.bytes.reply - before.reply).toBeGreaterThan(VALUE.length);
    expect(proxy.connections).toEqual({ open: 1, accepted: 1 });
  });

  it('given a delay, then both ways take that longer, and order is kept', async () => {
    const { proxy, client } = await proxied();
    proxy.delay(50);
    const begunAt = performance.now();
    const answers = await Promise.all([client.incr('a'), client.incr('a'), client.incr('a')]);
    expect(answers).toEqual([1, 2, 3]);
    expect(performance.now() - begunAt).toBeGreaterThanOrEqual(99);
  });

  it('given bytes that are held, when they may pass, then none is lost', async () => {
    const { proxy, client, direct } = await proxied();
    proxy.hold();
    const answer = client.set('a', VALUE);
    expect(await direct.exists('a')).toBe(0);
    await proxy.pass();
    expect(await answer).toBe('OK');
  });

  it('given a half-open network, then nothing comes through nor ends, and afterwards only new connections work', async () => {
    const { proxy, client, direct } = await proxied();
    proxy.halfOpen();
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    client.once('close', over);
    client.set('a', '1').then(over, over);
    const late = connectTo(proxy.url);
    await once(late, 'connect');
    await proxy.pass();
    expect(await connectTo(proxy.url).ping()).toBe('PONG');
    expect(await direct.exists('a')).toBe(0);
    expect(isOver).toBe(false);
  });

  it('given a cut, then every connection is reset, and the next one works', async () => {
    const { proxy, client } = await proxied();
    const reset = closed(client);
    proxy.cut();
    await reset;
    expect(await connectTo(proxy.url).ping()).toBe('PONG');
  });

  it('given a cut in the middle of a command, then it is not carried out', async () => {
    const { proxy, client, direct } = await proxied();
    const cut = proxy.cutAfter(VALUE.length / 2, 'request');
    await expect(client.set('a', VALUE)).rejects.toThrow();
    await cut;
    expect(await direct.exists('a')).toBe(0);
  });

  it('given a cut in the middle of a reply, then the command was carried out, and its caller knows nothing', async () => {
    const { proxy, client, direct } = await proxied();
    const before = proxy.bytes.reply;
    const cut = proxy.cutAfter(3, 'reply');
    await expect(client.incrby('a', 1_000_000)).rejects.toThrow();
    await cut;
    expect(proxy.bytes.reply - before).toBe(3);
    expect(await direct.get('a')).toBe('1000000');
  });

  it('given no listener, then connections are refused and the old ones reset, until it passes again', async () => {
    const { proxy, client } = await proxied();
    const reset = closed(client);
    await proxy.refuse();
    await reset;
    const refused = connectTo(proxy.url);
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
    await proxy.pass();
    expect(await connectTo(proxy.url).ping()).toBe('PONG');
  });

  it('given another target, then new connections lead there, and old ones stay', async () => {
    const { redis, proxy, client } = await proxied();
    const other = during(await startRedis());
    proxy.leadTo(other);
    await client.set('a', 'old');
    expect(await connectTo(proxy.url).get('a')).toBe(null);
    expect(await redis.cli('GET', 'a')).toBe('old');
  });
});
