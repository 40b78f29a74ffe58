/** What is documented of workers, of the master, and of the shutdown. */

import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { ClosedError, OptionError, TaskManager } from 'taskspan';
import { redis } from 'taskspan/redis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newToken } from '../../../src/store/conformance/fixtures.js';
import { startRedis } from '../servers/index.js';
import { until } from '../servers/until.js';
import { Cluster, committed, endOf, latch } from './cluster.js';

describe('a worker', () => {
  it('given tasks that wait, when process() resolves, then its function was not called before, so that it can name the worker as the document does', async () => {
    const manager = (await Cluster.make()).manager();
    const task = await committed(manager, 1);
    const worker = await manager.process(async () => worker.id);
    expect(await endOf(task)).toEqual({ success: worker.id });
    expect(worker.id).toMatch(/^[\da-f-]{36}$/);
  });

  it('given several process() of one manager, when tasks come, then each worker has its own id, function and concurrency, and each task one of them', async () => {
    const cluster = await Cluster.make();
    const manager = cluster.manager();
    const seen: Record<string, number[]> = { a: [], b: [] };
    const work = (name: 'a' | 'b') => async (task: { data: unknown }) => {
      seen[name]?.push(task.data as number);
      await sleep(10);
    };
    const [a, b] = [await manager.process(work('a')), await manager.process(work('b'), { concurrency: 2 })];
    const tasks = await Promise.all(Array.from({ length: 20 }, (_, i) => committed(manager, i)));
    await Promise.all(tasks.map(endOf));
    expect([...(seen.a ?? []), ...(seen.b ?? [])].sort((x, y) => x - y)).toEqual(tasks.map(({ data }) => data));
    expect(seen.a?.length).toBeGreaterThan(0);
    expect(seen.b?.length).toBeGreaterThan(0);
    await using looker = new TaskManager({ store: cluster.url, work: false });
    const workers = (await looker.workers()).map(({ id, concurrency }) => [id, concurrency]);
    expect(workers.sort()).toEqual([[a.id, 1] as const, [b.id, 2] as const].sort());
  });

  it('given a worker that runs a task, when it is closed, then it ends what it runs and takes no more; the manager goes on', async () => {
    const manager = (await Cluster.make()).manager();
    const [started, go] = [latch(), latch()];
    const worker = await manager.process(async (task) => {
      started.open();
      await go.promise;
      return `first: ${task.data}`;
    });
    const running = await committed(manager, 1);
    await started.promise;
    const closing = worker.close();
    const waiting = await committed(manager, 2);
    go.open();
    await closing;
    await worker.close();
    expect(await endOf(running)).toEqual({ success: 'first: 1' });
    await manager.process((task) => `second: ${task.data}`);
    expect(await endOf(waiting)).toEqual({ success: 'second: 2' });
  });

  it('given no function, or an option that there isn’t, when process() is called, then it rejects', async () => {
    const manager = (await Cluster.make()).manager();
    await expect(manager.process(undefined as never)).rejects.toThrow(OptionError);
    await expect(manager.process(() => 1, { concurency: 2 } as object)).rejects.toThrow(/Did you mean 'concurrency'/);
    await expect(manager.process(() => 1, { concurrency: 0 })).rejects.toThrow(OptionError);
  });

  it('given a client of ioredis, when the managers that use it shut down, then it is open still', async () => {
    const server = await startRedis();
    const client = new Redis(server.url);
    onTestFinished(async () => {
      client.disconnect();
      await server.stop();
    });
    const manager = (await Cluster.make()).manager({ redis: client, namespace: 'given' });
    await manager.process((task) => task.data);
    const task = await manager.create('by a client');
    const heard: string[] = [];
    task.on('started', () => heard.push('started'));
    await task.commit();
    expect(await endOf(task)).toEqual({ success: 'by a client' });
    expect(heard).toEqual(['started']);
    await manager.shutdown();
    expect(await client.ping()).toBe('PONG');
  });
});

describe('the master', () => {
  it('given three managers that only were made, when one of them shuts down, then one other is the master, and never two', async () => {
    const cluster = await Cluster.make();
    const managers = [cluster.manager(), cluster.manager(), cluster.manager()];
    const masters = () => managers.filter((manager) => manager.isMaster());
    await until('a master', () => masters().length === 1);
    const [first] = masters();
    await first?.shutdown();
    expect(first?.isMaster()).toBe(false);
    await until('another', () => {
      expect(masters().length).toBeLessThanOrEqual(1);
      return masters().length === 1;
    });
    expect(masters()).not.toContain(first);
  });
});

describe('what is the master’s alone, and what needs none', () => {
  it('given a cluster that nobody leads, when a delayed task is due, then it runs; a stalled one is requeued only once somebody leads, though it has no retries', async () => {
    const cluster = await Cluster.make();
    const { url, namespace } = parts(cluster.url);
    const store = redis({ url, namespace });
    await store.open();
    onTestFinished(() => store.close());
    // Holds the lead and does nothing: as a master that was cut off.
    const term = await store.leader?.campaign('absent', 3_600_000);
    const manager = cluster.manager({ leaseMs: 300 });
    const stalled = await committed(manager, 'stalled');
    const claim = { token: newToken(), suspectToken: null, queues: ['tasks'], slots: 1, prefetch: 0, leaseMs: 50 };
    const { jobs } = await store.exchange({
      worker: 'dead',
      settle: [],
      claim: { ...claim, adopt: [], isWorkKnown: false },
    });
    expect(jobs.map(({ id }) => id)).toEqual([stalled.id]);
    await manager.process((task) => task.data);
    const delayed = await (await manager.create('due')).withDelayUntil(Date.now() + 250).commit();
    expect(await endOf(delayed)).toEqual({ success: 'due' });
    expect(manager.isMaster()).toBe(false);
    const [record] = await store.get([stalled.id]);
    expect(record?.state).toBe('running');
    await store.leader?.resign('absent', term as number);
    await until('a master', () => manager.isMaster());
    expect(await endOf(stalled)).toEqual({ success: 'stalled' });
  });

  it('given a task whose workers die each time, when it has no retries left, then the master puts it among the failed ones, and its creator hears why', async () => {
    const cluster = await Cluster.make();
    const { url, namespace } = parts(cluster.url);
    const store = redis({ url, namespace });
    await store.open();
    onTestFinished(() => store.close());
    const manager = cluster.manager({ leaseMs: 300 });
    const task = await committed(manager, 'deadly');
    await until('it to fail', async () => {
      // Each claims it and is never heard of again. Once it is suspect, it is taken alone.
      const claim = {
        token: newToken(),
        suspectToken: newToken(),
        queues: ['tasks'],
        slots: 1,
        prefetch: 0,
        leaseMs: 50,
      };
      await store.exchange({ worker: 'dead', settle: [], claim: { ...claim, adopt: [], isWorkKnown: false } });
      const [record] = await store.get([task.id]);
      return record?.state === 'failed';
    });
    const { failure } = (await endOf(task)) as { failure: Error };
    expect(failure).toBeInstanceOf(Error);
    expect(failure.message).toMatch(/lease/);
    await using looker = new TaskManager({ store: cluster.url, work: false });
    expect(await looker.count({ state: 'failed', queue: 'tasks' })).toMatchObject({ failed: 1 });
    // Its redrive.
    await manager.process((received) => received.data);
    await looker.retry(task.id);
    expect(await looker.handle(task.id).result()).toBe('deadly');
  });
});

function parts(href: string): { readonly url: string; readonly namespace: string } {
  const url = new URL(href);
  const namespace = url.searchParams.get('namespace') ?? '';
  url.search = '';
  return { url: url.href, namespace };
}

describe('shutdown', () => {
  it('given a task that runs, when shutdown() waits for it within its limit, then it ends as it would have', async () => {
    const cluster = await Cluster.make();
    const manager = cluster.manager();
    const [started, go] = [latch(), latch()];
    await manager.process(async () => {
      started.open();
      await go.promise;
      return 'in time';
    });
    const task = await manager.create(1);
    const heard: unknown[] = [];
    task.on('success', (result) => heard.push(result));
    await task.commit();
    await started.promise;
    const shutdown = manager.shutdown({ timeout: '20s' });
    go.open();
    await shutdown;
    expect(heard).toEqual(['in time']);
  });

  it('given tasks that run longer than its limit, when shutdown() is over, then they wait for others and have lost no attempt', async () => {
    const cluster = await Cluster.make();
    const [manager, others] = [cluster.manager({ concurrency: 2 }), cluster.manager()];
    let running = 0;
    await manager.process(async (_task, { signal }) => {
      running += 1;
      await sleep(60_000, undefined, { signal: running === 1 ? signal : undefined });
    });
    const tasks = [await committed(others, 'a'), await committed(others, 'b')];
    await until('both', () => running === 2);
    await Promise.all([manager.shutdown({ timeout: 20 }), manager.shutdown()]);
    await using looker = new TaskManager({ store: cluster.url, work: false });
    for (const { id } of tasks)
      expect(await looker.get(id)).toMatchObject({ state: 'pending', reason: 'released', attempt: 0 });
    await others.process((task, ctx) => [task.data, ctx.attempt]);
    expect(await Promise.all(tasks.map(endOf))).toEqual([{ success: ['a', 1] }, { success: ['b', 1] }]);
  });

  it('given a manager that was shut down, when it is asked for anything, then it rejects with what says so; what was created hears nothing any more, and no failure', async () => {
    const manager = (await Cluster.make()).manager();
    const [never, later] = [await committed(manager, 1), await manager.create(2)];
    const heard: unknown[] = [];
    never.on('failure', (error) => heard.push(error));
    never.on('success', (result) => heard.push(result));
    await manager.shutdown();
    await manager.shutdown();
    await expect(manager.process(() => 1)).rejects.toThrow(ClosedError);
    await expect(manager.create(1)).rejects.toThrow(ClosedError);
    await expect(later.commit()).rejects.toThrow(ClosedError);
    expect(heard).toEqual([]);
    expect(manager.isMaster()).toBe(false);
  });

  it('given a start, a process() and a commit() under way, when shutdown() comes, then it ends them, and nothing is left behind', async () => {
    const cluster = await Cluster.make();
    const idle = cluster.manager();
    await idle.shutdown();
    const manager = cluster.manager();
    const processing = manager
      .process(() => 1)
      .then(
        () => 'a worker',
        (error: Error) => error,
      );
    const task = await manager.create(1);
    const committing = task.commit().then(
      () => 'stored',
      (error: Error) => error,
    );
    await manager.shutdown();
    expect(['a worker', expect.any(ClosedError)]).toContainEqual(await processing);
    expect(['stored', expect.any(ClosedError)]).toContainEqual(await committing);
    await using looker = new TaskManager({ store: cluster.url, work: false });
    expect(await looker.workers()).toEqual([]);
  });

  it('given a server that isn’t there, when a manager is made, then it says so once and tries on; when the server comes, all goes well', async () => {
    const server = await startRedis();
    await server.kill();
    const cluster = await Cluster.make();
    const manager = cluster.manager({ redis: server.url });
    await until('the complaint', () => cluster.logged.length > 0);
    await expect(manager.process(() => 1)).rejects.toThrow(/can't be reached/);
    await server.start();
    await until('a master', () => manager.isMaster());
    await manager.process((task) => task.data);
    expect(await endOf(await committed(manager, 'at last'))).toEqual({ success: 'at last' });
    expect(cluster.logged.filter((line) => line.includes("can't be reached"))).toHaveLength(1);
    await manager.shutdown();
    await server.stop();
  });
});
