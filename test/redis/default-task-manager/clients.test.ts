/** Whichever package makes the connection, the cluster is the same. */

import { setTimeout as sleep } from 'node:timers/promises';
import { TaskManager } from 'taskspan';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type RedisServer, startRedis } from '../servers/index.js';
import { until } from '../servers/until.js';
import { clients, type Given } from './clients.js';
import { Cluster, committed, endOf, latch } from './cluster.js';

describe.each(Object.entries(clients))('managers on %s', (name, given) => {
  it('given a creator and a worker of one client, when tasks of all kinds go their way, then each ends as it should, and its creator hears of it', async () => {
    const { server, managers } = await onServer(2);
    const [creator, other] = managers(given(server.url)) as [Manager, Manager];
    const go = latch();
    const worker = await other.process(async (task, ctx) => {
      const { what } = task.data as { what: string };
      ctx.progress(40);
      if (what === 'é😀') await go.promise;
      if (what === 'throws') throw new TypeError('no such path');
      if (what === 'sleeps') await sleep(60_000, undefined, { signal: ctx.signal });
      return { by: worker.id, data: task.data, attempt: ctx.attempt };
    });
    const ofAll: string[] = [];
    creator.on('completed', ({ id }) => ofAll.push(`completed ${id}`));
    creator.on('failed', ({ id, error }) => ofAll.push(`failed ${id} ${error.name}`));

    const whole = await creator.create({ what: 'é😀', at: new Date(7), bytes: Uint8Array.of(0, 13, 10, 255) });
    const heard: unknown[] = [];
    for (const event of ['queued', 'started', 'updated'] as const)
      whole.on(event, (value: unknown) => heard.push([event, value]));
    await whole.commit();
    await until('its progress', () => heard.length === 3);
    go.open();
    expect(await endOf(whole)).toEqual({ success: { by: worker.id, data: whole.data, attempt: 1 } });
    expect(heard).toEqual([
      ['queued', undefined],
      ['started', undefined],
      ['updated', 40],
    ]);

    const throws = await (await creator.create({ what: 'throws' })).withRetries(1).commit();
    expect(await endOf(throws)).toMatchObject({ failure: { name: 'TypeError', message: 'no such path' } });
    const sleeps = await (await creator.create({ what: 'sleeps' })).withTimeout(50).commit();
    expect(await endOf(sleeps)).toMatchObject({ failure: { name: 'TimeoutError' } });
    const at = Date.now() + 300;
    const delayed = await (await creator.create({ what: 'waits' })).withDelayUntil(at).commit();
    expect(await endOf(delayed)).toMatchObject({ success: { attempt: 1 } });
    expect(Date.now()).toBeGreaterThanOrEqual(at - 50);

    await until('all ends to be heard', () => ofAll.length === 4);
    expect(ofAll).toEqual([
      `completed ${whole.id}`,
      `failed ${throws.id} TypeError`,
      `failed ${sleeps.id} TimeoutError`,
      `completed ${delayed.id}`,
    ]);
  });

  it('given three managers, when the master shuts down, then another leads, no task is lost, and nothing of them is left on the server but the client', async () => {
    const { server, managers } = await onServer(3);
    const client = given(server.url);
    const all = managers(client) as Manager[];
    const masters = () => all.filter((manager) => manager.isMaster());
    const runs = new Map<string, number>();
    for (const manager of all)
      await manager.process(async ({ id }) => {
        runs.set(id, (runs.get(id) ?? 0) + 1);
        await sleep(20);
      });
    await until('a master', () => masters().length === 1);
    const [first] = masters() as [Manager];
    const others = all.filter((manager) => manager !== first);
    const tasks = await Promise.all(Array.from({ length: 30 }, (_, i) => committed(others[i % 2]!, i)));
    await first.shutdown();
    await until('another', () => {
      expect(masters().length).toBeLessThanOrEqual(1);
      return masters().length === 1;
    });
    expect(masters()).not.toContain(first);
    expect(await Promise.all(tasks.map(endOf))).toEqual(tasks.map(() => ({ success: undefined })));
    expect([...runs.values()]).toEqual(tasks.map(() => 1));

    for (const manager of others) await manager.shutdown();
    // What is left is the client itself, which is its owner's.
    const own = typeof client === 'string' ? 0 : 1;
    await until('their connections to be closed', async () => (await connectionsTo(server)) === own);
    await using looker = new TaskManager({ store: server.url, work: false });
    expect(await looker.workers(), name).toEqual([]);
    expect(await looker.count()).toMatchObject({ pending: 0, running: 0, completed: tasks.length });
  });
});

type Manager = ReturnType<Cluster['manager']>;

async function onServer(n: number) {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const cluster = await Cluster.make();
  const managers = (redis: Given): Manager[] => Array.from({ length: n }, () => cluster.manager({ redis }));
  return { server, managers };
}

/** Beside the one that asks. */
async function connectionsTo(server: RedisServer): Promise<number> {
  const list = String(await server.cli('CLIENT', 'LIST'));
  return list.trim().split('\n').length - 1;
}
