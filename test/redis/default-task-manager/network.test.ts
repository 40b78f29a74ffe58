/** A cluster whose network is cut, slow, or swallows everything: each task ends once, and its creator hears of it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { TaskManager } from 'taskspan';
import { describe, expect, it, onTestFinished } from 'vitest';
import { audit } from '../audit.js';
import { type FaultyProxy, type RedisServer, startProxy, startRedis } from '../servers/index.js';
import { until } from '../servers/until.js';
import { clients, type Given } from './clients.js';
import { Cluster, committed, endOf, latch } from './cluster.js';

type Manager = ReturnType<Cluster['manager']>;

const LEASE_MS = 1_500;

const faults: Readonly<Record<string, (proxy: FaultyProxy) => Promise<void>>> = {
  'is cut 20 times in the middle of requests and replies': async (proxy) => {
    for (let i = 0; i < 20; i++) await proxy.cutAfter(37 * i, i % 2 === 0 ? 'request' : 'reply');
  },
  'swallows everything for longer than a lease': async (proxy) => {
    proxy.halfOpen();
    await sleep(1.5 * LEASE_MS);
    await proxy.pass();
  },
  'is slow': async (proxy) => {
    proxy.delay(100);
    await sleep(1_000);
    await proxy.pass();
  },
  'holds all back for longer than a lease': async (proxy) => {
    proxy.hold();
    await sleep(1.5 * LEASE_MS);
    await proxy.pass();
  },
  'refuses every connection for a while': async (proxy) => {
    await proxy.refuse();
    await sleep(1_000);
    await proxy.pass();
  },
};

/** One of each package: what the versions of the protocol change is tested beside. */
const makers = Object.entries(clients).filter(([name]) => ['a URL', 'node-redis'].includes(name));

describe.each(makers)('managers on %s whose network fails', (_, given) => {
  it.each(Object.entries(faults))(
    'given tasks that are created and run, when it %s, then each ends once, its creator hears of it once, and never two are the master',
    async (_, fail) => {
      const { server, proxy } = await behindProxy();
      const tasks = await Tasks.start(server, [given(proxy.url), given(proxy.url)]);
      await tasks.succeeded(20);
      await fail(proxy);
      await tasks.succeeded(20);
      await tasks.end(server);
      await audit(server.url);
    },
    60_000,
  );
});

describe('a master whose network swallows everything', () => {
  it.each(makers)(
    'given it is on %s and has work in hand, when another leads and does that work, then it had stepped down before; when the network is back, it works on',
    async (_, given) => {
      const { server, proxy } = await behindProxy();
      const cluster = await Cluster.make();
      const cut = cluster.manager({ redis: given(proxy.url), leaseMs: LEASE_MS });
      await until('it to lead', () => cut.isMaster());
      const held = latch();
      const cutRuns: unknown[] = [];
      await cut.process(async ({ data }, { signal }) => {
        cutRuns.push(data);
        if (data === 'held') await Promise.race([held.promise, sleep(60_000, undefined, { signal })]);
        return 'by the one that was cut off';
      });
      const other = cluster.manager({ redis: server.url, leaseMs: LEASE_MS });
      const task = await committed(other, 'held');
      await until('it to run', () => cutRuns.length === 1);
      await other.process(() => 'by the other');
      proxy.halfOpen();
      const both: boolean[] = [];
      await until('the other to lead', () => {
        both.push(cut.isMaster() && other.isMaster());
        return other.isMaster();
      });
      expect(cut.isMaster()).toBe(false);
      expect(both).not.toContain(true);
      expect(await endOf(task)).toEqual({ success: 'by the other' });
      held.open();
      await proxy.pass();
      // It creates, hears and works again, as before.
      expect(await endOf(await committed(cut, 'own'))).toHaveProperty('success');
      await until('a task in its hands', async () => {
        await endOf(await committed(other, 'again'));
        return cutRuns.includes('again');
      });
      await using looker = new TaskManager({ store: server.url, work: false });
      expect(await looker.get(task.id)).toMatchObject({ state: 'completed', result: 'by the other' });
      expect(cut.isMaster() && other.isMaster()).toBe(false);
    },
    60_000,
  );
});

it('given a client of node-redis and nobody who listens, when a worker is made, then an error says so in time; when somebody listens, then all goes well', async () => {
  const { server, proxy } = await behindProxy();
  await proxy.refuse();
  const cluster = await Cluster.make();
  const manager = cluster.manager({ redis: clients['node-redis']!(proxy.url) });
  await expect(manager.process(() => 1)).rejects.toThrow(/can't be reached/);
  await proxy.pass();
  await until('a master', () => manager.isMaster());
  await manager.process(({ data }) => data);
  expect(await endOf(await committed(manager, 'at last'))).toEqual({ success: 'at last' });
  await manager.shutdown();
  await audit(server.url);
}, 60_000);

/** Managers at work: two behind the network that fails, one beside it; the first and the last create tasks. */
class Tasks {
  readonly #managers: readonly Manager[];
  /** How often each that was committed told of its end, by id. */
  readonly #successes: Map<string, number> = new Map();
  readonly #failures: unknown[] = [];
  readonly #flows: Promise<void>[] = [];
  #isFlowing = true;
  #mostMasters = 0;

  private constructor(managers: readonly Manager[]) {
    this.#managers = managers;
  }

  static async start(server: RedisServer, given: readonly Given[]): Promise<Tasks> {
    const cluster = await Cluster.make();
    const tasks = new Tasks([...given, server.url].map((redis) => cluster.manager({ redis, leaseMs: LEASE_MS })));
    for (const manager of tasks.#managers) await manager.process(({ data }) => data, { concurrency: 2 });
    const watching = setInterval(() => tasks.#countMasters(), 2);
    onTestFinished(() => clearInterval(watching));
    for (const creator of [tasks.#managers[0]!, tasks.#managers.at(-1)!]) tasks.#flows.push(tasks.#flow(creator));
    onTestFinished(() => {
      tasks.#isFlowing = false;
    });
    return tasks;
  }

  /** Resolves after so many more tasks have succeeded. */
  async succeeded(more: number): Promise<void> {
    const from = this.#ended;
    await until(`${more} more tasks to succeed`, () => this.#ended >= from + more);
  }

  /** Everybody is done, and closes. */
  async end(server: RedisServer): Promise<void> {
    this.#isFlowing = false;
    await Promise.all(this.#flows);
    await until('all creators to hear', () => [...this.#successes.values()].every((n) => n > 0));
    expect(this.#failures).toEqual([]);
    expect(new Set(this.#successes.values())).toEqual(new Set([1]));
    expect(this.#mostMasters).toBe(1);
    await Promise.all(this.#managers.map((manager) => manager.shutdown()));
    await using looker = new TaskManager({ store: server.url, work: false });
    const { completed, ...others } = await looker.count();
    expect(completed).toBe(this.#successes.size);
    expect(others).toMatchObject({ pending: 0, running: 0, failed: 0, cancelled: 0 });
  }

  get #ended(): number {
    return [...this.#successes.values()].filter((n) => n > 0).length;
  }

  async #flow(creator: Manager): Promise<void> {
    for (let i = 0; this.#isFlowing; i++) {
      const task = await creator.create(i);
      this.#successes.set(task.id, 0);
      task.on('success', () => this.#successes.set(task.id, this.#successes.get(task.id)! + 1));
      task.on('failure', (error) => this.#failures.push(error));
      // A machine that is very busy keeps a worker from renewing its lease, more than once.
      await task.withRetries(2).commit();
      await sleep(5);
    }
  }

  #countMasters(): void {
    const masters = this.#managers.filter((manager) => manager.isMaster()).length;
    this.#mostMasters = Math.max(this.#mostMasters, masters);
  }
}

async function behindProxy(): Promise<{ server: RedisServer; proxy: FaultyProxy }> {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const proxy = await startProxy(server);
  onTestFinished(() => proxy.stop());
  return { server, proxy };
}
