/** The leader of real processes dies, stands still, or is cut off: another leads, and the old one's writes are refused. */

import { execFileSync } from 'node:child_process';
import { TaskManager, taskRef } from 'taskspan';
import { describe, expect, it, onTestFinished } from 'vitest';
import { redis } from '../../../src/stores/redis/index.js';
import { LEASE_MS, Machine } from '../../processes/machine.js';
import { audit } from '../audit.js';
import { type RedisServer, startProxy, startRedis } from '../servers/index.js';
import type { RedisConfig } from '../servers/redis.js';
import { until } from '../servers/until.js';
import { silent } from './load.js';
import { watched } from './watched.js';

/** As the store has it. */
interface Leader {
  readonly worker: string;
  readonly term: number;
  readonly takenAt: number;
}

describe('the leader on Redis', () => {
  it('given two managers, when the leading one closes, then the other is told, and leads before its next sweep is due', async () => {
    const server = await serverForTest();
    const [first, second] = [1, 2].map(
      () => new TaskManager({ store: redis({ url: server.url }), logger: silent }),
    ) as [TaskManager, TaskManager];
    onTestFinished(() => second.close());
    await first.start();
    const { worker } = await leaderOf(server);
    await second.start();
    await until('both to listen', async () => {
      const [, hearers] = (await server.cli('PUBSUB', 'NUMSUB', '{taskspan:default:0}:news')) as [string, number];
      return hearers === 2;
    });
    await first.close();
    const from = performance.now();
    await otherLeader(server, worker);
    // Two sweeps are five seconds apart.
    expect(performance.now() - from).toBeLessThan(4_000);
  });

  it('given three processes, when the leading one is killed with kill -9, then another leads under a higher term once its lease is over', async () => {
    const { server, machine } = await machineForTest();
    const workers = await Promise.all(['a', 'b', 'c'].map((name) => machine.worker(name, { tasks: { own: 'works' } })));
    const first = await leaderOf(server);
    const pid = await pidOf(server, first.worker);
    const child = workers.find((worker) => worker.pid === pid)!;
    child.send('SIGKILL');
    await child.ended;
    const last = await leaderOf(server);
    const next = await otherLeader(server, last.worker);
    expect(next.term).toBeGreaterThan(last.term);
    expect(next.takenAt - last.takenAt).toBeGreaterThanOrEqual(LEASE_MS);
    expect(next.takenAt - last.takenAt).toBeLessThan(LEASE_MS + 5_000);
    await expectRefused(server, last.term);
  }, 40_000);

  it('given SIGSTOP beyond its term, when it goes on, then another leads, the old term is refused, and it works on as a worker', async () => {
    const { server, machine } = await machineForTest();
    const a = await machine.worker('a', { tasks: { own: 'works' } });
    await until('the first to lead', async () => (await pidOf(server, (await leaderOf(server)).worker)) === a.pid);
    await machine.worker('b', { tasks: { other: 'works' } });
    a.send('SIGSTOP');
    const old = await leaderOf(server);
    const next = await otherLeader(server, old.worker);
    a.send('SIGCONT');
    const { id } = await machine.manager.enqueue(taskRef('own'));
    expect(await machine.ended(id)).toMatchObject({ state: 'completed', result: { by: 'a' } });
    expect(await leaderOf(server)).toMatchObject({ worker: next.worker, term: next.term });
    await expectRefused(server, old.term);
    expect(machine.journal.of({ what: 'error' })).toEqual([]);
  }, 40_000);

  it.runIf(hasNamespaces())(
    'given a leader in a network of its own, when that is cut, then another leads and runs its job; when it heals, then the late end is refused',
    async () => {
      const network = namespaceForTest();
      const server = await serverForTest({ bind: `127.0.0.1 ${network.host}`, 'protected-mode': false });
      const machine = new Machine(undefined, server.url);
      const url = `redis://${network.host}:${server.port}`;
      await machine.worker('a', { store: url, tasks: { held: 'waits' } }, ['ip', 'netns', 'exec', network.name]);
      const { id } = await machine.manager.enqueue(taskRef('held'));
      await machine.line({ what: 'started', job: id });
      const old = await leaderOf(server);
      await machine.worker('b', { tasks: { held: 'works' } });
      network.cut();
      await machine.line({ worker: 'a', what: 'aborted', job: id, code: 'LEASE_LOST' });
      const next = await otherLeader(server, old.worker);
      expect(next.term).toBeGreaterThan(old.term);
      const ended = await machine.ended(id);
      expect(ended).toMatchObject({ state: 'completed', result: { by: 'b' } });
      network.heal();
      await machine.line({ worker: 'a', what: 'lost', job: id });
      expect(await machine.job(id)).toEqual(ended);
      await expectRefused(server, old.term);
      await until('the old one to be back', async () => (await workersOf(server)).length === 2);
      expect(await leaderOf(server)).toMatchObject({ worker: next.worker });
    },
    40_000,
  );

  it('given a leader whose requests wait in the network, when its term is over by its own clock, then it does no chore; when they arrive late, then they are refused', async () => {
    const server = await serverForTest();
    const proxy = await startProxy(server);
    onTestFinished(() => proxy.stop());
    const { store, chores } = watched(proxy.url);
    const a = managerFor(store);
    await a.start();
    const old = await leaderOf(server);
    const b = managerFor(redis({ url: server.url }));
    await b.start();
    proxy.hold();
    const heldAt = performance.now();
    const next = await otherLeader(server, old.worker);
    const late = chores.filter(({ at }) => at > heldAt + LEASE_MS);
    expect(late).toEqual([]);
    await proxy.pass();
    await until('the late requests to have been answered', async () => (await workersOf(server)).length === 2);
    expect(await leaderOf(server)).toMatchObject({ worker: next.worker, term: next.term });
    await expectRefused(server, old.term);
    await Promise.all([a.close(), b.close()]);
    await audit(server.url);
  }, 40_000);
});

async function serverForTest(config: RedisConfig = {}): Promise<RedisServer> {
  const server = await startRedis({ config });
  onTestFinished(() => server.stop());
  return server;
}

async function machineForTest(): Promise<{ server: RedisServer; machine: Machine }> {
  const server = await serverForTest();
  return { server, machine: new Machine(undefined, server.url) };
}

function managerFor(store: ReturnType<typeof redis>): TaskManager {
  const manager = new TaskManager({ store, leaseMs: LEASE_MS, logger: silent });
  onTestFinished(() => manager.close({ timeout: 0 }));
  return manager;
}

async function state(server: RedisServer, field: string): Promise<string> {
  return String((await server.cli('HGET', '{taskspan:default:0}:state', field)) ?? '');
}

async function leaderOf(server: RedisServer): Promise<Leader> {
  await until('somebody to lead', async () => (await state(server, 'leader')) !== '');
  const { worker, term, takenAt } = JSON.parse(await state(server, 'leader')) as Leader;
  return { worker, term: Number(term), takenAt };
}

async function otherLeader(server: RedisServer, than: string): Promise<Leader> {
  await until('another to lead', async () => (await leaderOf(server)).worker !== than);
  return leaderOf(server);
}

async function workersOf(server: RedisServer): Promise<readonly { id: string; name: string }[]> {
  const store = redis({ url: server.url });
  await store.open();
  try {
    return await store.workers();
  } finally {
    await store.close();
  }
}

async function pidOf(server: RedisServer, id: string): Promise<number> {
  const worker = (await workersOf(server)).find((one) => one.id === id);
  return Number(worker?.name.split(':').at(-1));
}

async function expectRefused(server: RedisServer, term: number): Promise<void> {
  const store = redis({ url: server.url });
  await store.open();
  expect((await store.maintain({ term, limit: 1 })).refused).toBe(true);
  await store.close();
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: 'pipe' });
}

/** Only root may make networks, and not in every container. */
function hasNamespaces(): boolean {
  const name = `taskspan-try-${process.pid}`;
  try {
    ip('netns', 'add', name);
    // With its network, both ends of the cable go.
    ip('-n', name, 'link', 'add', 'try-a', 'type', 'veth', 'peer', 'name', 'try-b');
    return true;
  } catch {
    return false;
  } finally {
    execFileSync('sh', ['-c', `ip netns del ${name} 2>/dev/null || true`]);
  }
}

/** A network with one process in it, joined to this machine by a cable that can be cut. */
function namespaceForTest(): { readonly name: string; readonly host: string; cut(): void; heal(): void } {
  const name = `taskspan-${process.pid}`;
  const [outer, inner] = [`ts${process.pid % 100_000}a`, `ts${process.pid % 100_000}b`];
  const [host, guest] = [1, 2].map((n) => `10.213.${process.pid % 256}.${n}`) as [string, string];
  onTestFinished(() => {
    try {
      ip('netns', 'del', name);
    } finally {
      execFileSync('sh', ['-c', `ip link del ${outer} 2>/dev/null || true`]);
    }
  });
  ip('netns', 'add', name);
  ip('link', 'add', outer, 'type', 'veth', 'peer', 'name', inner);
  ip('link', 'set', inner, 'netns', name);
  ip('addr', 'add', `${host}/30`, 'dev', outer);
  ip('link', 'set', outer, 'up');
  ip('-n', name, 'addr', 'add', `${guest}/30`, 'dev', inner);
  ip('-n', name, 'link', 'set', inner, 'up');
  return { name, host, cut: () => ip('link', 'set', outer, 'down'), heal: () => ip('link', 'set', outer, 'up') };
}
