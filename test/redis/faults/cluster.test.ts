/** Managers on a Redis Cluster of three nodes, with a client that was given. */

import { Cluster } from 'ioredis';
import { TaskConstraintGroup, TaskManager, task } from 'taskspan';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { StoreEvent } from '../../../src/store/index.js';
import { redis } from '../../../src/stores/redis/index.js';
import { audit } from '../audit.js';
import { type RedisServer, startCluster } from '../servers/index.js';
import { until } from '../servers/until.js';
import { Load, silent } from './load.js';

const PREFIX = '{taskspan:default:0}:';

let cluster: Awaited<ReturnType<typeof startCluster>>;
/** Of the namespace. */
let slot: number;
beforeAll(async () => {
  cluster = await startCluster(3, { config: { appendonly: true, appendfsync: 'always' } });
  slot = Number(await cluster.nodes[0]!.cli('CLUSTER', 'KEYSLOT', PREFIX));
});
afterAll(() => cluster.stop());
beforeEach(async () => {
  await Promise.all(cluster.nodes.map((node) => node.cli('FLUSHALL')));
});

describe('a Redis Cluster', () => {
  it('given managers with a Cluster as client, when jobs of all kinds are enqueued, scheduled, cancelled and waited for, then each verb works there', async () => {
    const resize = task('resize', async (n: number, { progress }) => {
      await progress?.(50);
      return n * 2;
    });
    const broken = task('broken', () => {
      throw new Error('as it was told to');
    });
    const [worker, producer] = [managerFor([resize, broken]), managerFor([])];
    const group = new TaskConstraintGroup({ name: 'one', maxConcurrent: 1, constraintKeyForExecution: () => 'key' });
    worker.addConstraintGroup(group);
    await worker.start();
    const store = redis({ client: clientForTest() });
    await store.open();
    onTestFinished(() => store.close());
    const events: StoreEvent[] = [];
    const end = await store.events!.follow({ events: (some) => events.push(...some), gap() {} });
    const first = await producer.enqueue(resize, 21, { idempotencyKey: 'k' });
    expect(await first.result()).toBe(42);
    expect((await producer.enqueue(resize, 21, { idempotencyKey: 'k' })).id).toBe(first.id);
    const failing = await producer.enqueue(broken, undefined, { attempts: 1 });
    await expect(failing.result()).rejects.toMatchObject({ code: 'JOB_FAILED' });
    const later = await producer.enqueueMany(resize, [1, 2, 3], { in: '1h' });
    expect(await producer.cancel(later[0]!.id)).toBe(1);
    expect(await producer.promote({ task: resize, state: 'pending' })).toBe(2);
    expect(await Promise.all(later.slice(1).map((job) => job.result()))).toEqual([4, 6]);
    await worker.schedule(resize, 4, { id: 's', every: 200 });
    await until('a slot', async () => (await producer.count({ schedule: 's' })).completed > 0);
    await worker.unschedule('s');
    await until(
      'its jobs to end',
      async () => (await producer.count()).pending + (await producer.count()).running === 0,
    );
    expect(await producer.delete({ state: 'cancelled' })).toBe(1);
    await until('the events', () => events.filter(({ state }) => state === 'completed').length >= 4);
    end();
    expect((await producer.diagnose()).store).toMatchObject({ kind: 'redis', durability: 'durable' });
    await Promise.all([worker.close(), producer.close()]);
    await audit(cluster.nodeOfSlot(slot).url);
  });

  it('given managers at work, when their slot moves to another node, then calls wait meanwhile, and no job is lost or doubled', async () => {
    const load = await working();
    const from = cluster.nodeOfSlot(slot);
    const to = cluster.nodes.find((node) => node !== from)!;
    const move = async (source: RedisServer, target: RedisServer): Promise<void> => {
      const [sourceId, targetId] = await Promise.all([idOf(source), idOf(target)]);
      await target.cli('CLUSTER', 'SETSLOT', slot, 'IMPORTING', sourceId);
      await source.cli('CLUSTER', 'SETSLOT', slot, 'MIGRATING', targetId);
      for (let i = 0; ; i++) {
        const keys = (await source.cli('CLUSTER', 'GETKEYSINSLOT', slot, 3)) as string[];
        if (keys.length === 0) break;
        // Of each three keys two have moved and one has not, for a while.
        if (i < 5) await asLongAs(100);
        await source.cli('MIGRATE', target.host, target.port, '', 0, 5_000, 'KEYS', ...keys);
      }
      for (const node of [target, source, ...cluster.nodes])
        await node.cli('CLUSTER', 'SETSLOT', slot, 'NODE', targetId);
    };
    await move(from, to);
    await load.progress(50);
    await load.stopFlow();
    await load.expectAllDone();
    expect({ refused: load.refused, repeated: load.repeated, losses: load.losses }).toEqual({
      refused: [],
      repeated: [],
      losses: [0, 0],
    });
    await load.close();
    await audit(to.url);
    await move(to, from);
  }, 40_000);

  it('given managers at work, when the node of the namespace is killed and comes back, then all goes on, and no acknowledged job is lost', async () => {
    const load = await working();
    const node = cluster.nodeOfSlot(slot);
    await node.kill();
    await asLongAs(500);
    await node.restart();
    await load.progress(50);
    await load.stopFlow();
    await load.expectAllDone();
    expect({ refused: load.refused, losses: load.losses }).toEqual({ refused: [], losses: [0, 0] });
    await load.close();
    await audit(node.url);
  }, 40_000);
});

function clientForTest(): Cluster {
  const [{ host, port }] = cluster.nodes as [RedisServer];
  const client = new Cluster([{ host, port }]);
  client.on('error', () => {});
  onTestFinished(() => client.disconnect());
  return client;
}

function managerFor(tasks: Parameters<TaskManager['addTask']>[0][]): TaskManager {
  const store = redis({ client: clientForTest() });
  const manager = new TaskManager({ store, tasks, work: tasks.length > 0, logger: silent });
  onTestFinished(() => manager.close({ timeout: 0 }));
  return manager;
}

async function working(): Promise<Load> {
  const load = await new Load('', { store: () => redis({ client: clientForTest() }) }).start();
  load.flow();
  await load.progress(20);
  return load;
}

async function idOf(node: RedisServer): Promise<string> {
  return String(await node.cli('CLUSTER', 'MYID'));
}

/** How long the fault lasts. */
function asLongAs(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
