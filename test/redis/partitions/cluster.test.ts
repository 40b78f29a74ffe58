/** A namespace over the three nodes of a Redis Cluster. */

import { Cluster, type Redis } from 'ioredis';
import { TaskManager, task } from 'taskspan';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Store, StoreEvent } from '../../../src/store/index.js';
import { redis } from '../../../src/stores/redis/index.js';
import { audit } from '../audit.js';
import { Load, silent } from '../faults/load.js';
import { type RedisServer, startCluster } from '../servers/index.js';
import { until } from '../servers/until.js';

/** Of six hash tags of this namespace each node has some. */
const PARTITIONS = 6;
const NAMESPACE = 'wide';
const QUEUES = Array.from({ length: PARTITIONS }, (_, i) => `queue-${i}`);
const places = Object.fromEntries(QUEUES.map((queue, i) => [queue, i]));

let cluster: Awaited<ReturnType<typeof startCluster>>;
let nodes: readonly RedisServer[];
beforeAll(async () => {
  cluster = await startCluster(3, { config: { appendonly: true, appendfsync: 'always' } });
  nodes = await Promise.all(
    QUEUES.map(async (_, partition) =>
      cluster.nodeOfSlot(Number(await cluster.nodes[0]!.cli('CLUSTER', 'KEYSLOT', prefix(partition)))),
    ),
  );
});
afterAll(() => cluster.stop());

const prefix = (partition: number): string => `{taskspan:${NAMESPACE}:${partition}}:`;

describe('partitions on a Redis Cluster', () => {
  it('given queues in all partitions, when managers drain them, then each node has the keys and the work of its own, and all ends', async () => {
    expect(new Set(nodes)).toEqual(new Set(cluster.nodes));
    const tasks = QUEUES.map((queue) => task(`in-${queue}`, (n: number) => 2 * n, { queue }));
    const [worker, other, producer] = [managerFor(tasks), managerFor(tasks), managerFor([])];
    const store = storeForTest();
    await store.open();
    onTestFinished(() => store.close());
    const events: StoreEvent[] = [];
    const end = await store.events!.follow({ events: (some) => events.push(...some), gap() {} });
    const before = await Promise.all(cluster.nodes.map(scriptsRun));
    await Promise.all([worker.start(), other.start()]);
    const jobs = await Promise.all(
      tasks.flatMap((one) => Array.from({ length: 50 }, (_, n) => producer.enqueue(one, n))),
    );
    const results = await Promise.all(jobs.map((job) => job.result()));
    expect(results).toEqual(tasks.flatMap(() => Array.from({ length: 50 }, (_, n) => 2 * n)));
    expect(await producer.count()).toMatchObject({ completed: jobs.length, pending: 0, running: 0 });
    const listed: string[] = [];
    for await (const { id } of producer.list()) listed.push(id);
    expect(listed.sort()).toEqual(jobs.map(({ id }) => id).sort());
    await until('the events of all', () => events.filter(({ state }) => state === 'completed').length === jobs.length);
    end();
    for (const { id } of jobs) {
      const revs = events.filter((event) => event.id === id).map(({ rev }) => rev);
      expect(revs).toEqual([1, 2, 3]);
    }
    expect((await producer.diagnose()).store.facts).toMatchObject({ partitions: PARTITIONS });
    await Promise.all([worker, other, producer].map((manager) => manager.close()));
    for (const [partition, node] of nodes.entries()) {
      expect(await node.cli('HLEN', `${prefix(partition)}jobs`)).toBe(50);
      await audit(node.url, NAMESPACE, partition);
    }
    const after = await Promise.all(cluster.nodes.map(scriptsRun));
    for (const [i, calls] of after.entries()) expect(calls - before[i]!).toBeGreaterThan(20);
  }, 40_000);

  it('given managers at work, when one of the nodes is killed and comes back, then all goes on, and no acknowledged job is lost', async () => {
    await Promise.all(cluster.nodes.map((node) => node.cli('FLUSHALL')));
    const load = await new Load('', { store: storeForTest }).start();
    load.flow();
    await load.progress(20);
    const node = nodes[storeForTest().partitions!.of('default')]!;
    await node.kill();
    await node.restart();
    await load.progress(50);
    await load.stopFlow();
    await load.expectAllDone();
    expect({ refused: load.refused, losses: load.losses }).toEqual({ refused: [], losses: [0, 0] });
    await load.close();
    for (const [partition, one] of nodes.entries()) await audit(one.url, NAMESPACE, partition);
  }, 40_000);
});

function storeForTest(): Store {
  const [{ host, port }] = cluster.nodes as [RedisServer];
  const client: Cluster | Redis = new Cluster([{ host, port }]);
  client.on('error', () => {});
  onTestFinished(() => client.disconnect());
  return redis({ client, namespace: NAMESPACE, partitions: PARTITIONS, places });
}

function managerFor(tasks: Parameters<TaskManager['addTask']>[0][]): TaskManager {
  const manager = new TaskManager({ store: storeForTest(), tasks, work: tasks.length > 0, logger: silent });
  onTestFinished(() => manager.close({ timeout: 0 }));
  return manager;
}

async function scriptsRun(node: RedisServer): Promise<number> {
  const { cmdstat_evalsha = '' } = await node.info('commandstats');
  return Number(/calls=(\d+)/.exec(cmdstat_evalsha)?.[1] ?? 0);
}
