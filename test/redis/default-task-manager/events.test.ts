/** What is documented of events: of a task on its creator, and of the whole cluster on any manager. */

import { setTimeout as sleep } from 'node:timers/promises';
import { JobCancelledError, OptionError, TaskManager, task as taskOf } from 'taskspan';
import { describe, expect, it } from 'vitest';
import { type RedisServer, startRedis } from '../servers/index.js';
import { until } from '../servers/until.js';
import { Cluster, committed, endOf, latch } from './cluster.js';

describe('the events of a task', () => {
  it('given a task that runs in another manager, when it goes its way, then its creator hears queued, started, updated and success, in order', async () => {
    const cluster = await Cluster.make();
    const [creator, other] = [cluster.manager(), cluster.manager()];
    const go = latch();
    await other.process(async (_task, ctx) => {
      ctx.progress(40);
      await go.promise;
      return { done: true };
    });
    const task = await creator.create(1);
    const heard: unknown[] = [];
    for (const event of ['queued', 'started', 'updated', 'success', 'failure'] as const)
      task.on(event, (value: unknown) => heard.push([event, value]));
    await task.commit();
    await until('its progress', () => heard.length === 3);
    go.open();
    await until('its end', () => heard.length === 4);
    expect(heard).toEqual([
      ['queued', undefined],
      ['started', undefined],
      ['updated', 40],
      ['success', { done: true }],
    ]);
  });

  it('given a worker that throws, when it has no retries left, then failure has an Error with name and message of what was thrown; between the tries it is queued again', async () => {
    const cluster = await Cluster.make();
    const [creator, other] = [cluster.manager(), cluster.manager()];
    await other.process(() => Promise.reject(new TypeError('no such path')));
    const task = (await creator.create(1)).withRetries(1);
    const heard: string[] = [];
    for (const event of ['queued', 'started'] as const) task.on(event, () => heard.push(event));
    await task.commit();
    const { failure } = (await endOf(task)) as { failure: Error };
    expect(failure).toBeInstanceOf(Error);
    expect([failure.name, failure.message]).toEqual(['TypeError', 'no such path']);
    expect(failure.stack).toContain('events.test.ts');
    expect(heard).toEqual(['queued', 'started', 'queued', 'started']);
  });

  it('given what is thrown is no Error, when it fails, then the failure is an Error with that as its message', async () => {
    const manager = (await Cluster.make()).manager();
    await manager.process(() => Promise.reject('just text'));
    const { failure } = (await endOf(await committed(manager, 1))) as { failure: Error };
    expect(failure).toBeInstanceOf(Error);
    expect(failure.message).toBe('just text');
  });

  it('given a task that has ended, when a listener is added after that, then it hears the end, each listener once', async () => {
    const manager = (await Cluster.make()).manager();
    await manager.process((task) => {
      if (task.data === 'bad') throw new Error('bad');
      return task.data;
    });
    const [good, bad] = [await committed(manager, 'good'), await committed(manager, 'bad')];
    await endOf(good);
    await endOf(bad);
    const heard: unknown[] = [];
    good.on('success', (result) => heard.push(result));
    good.on('failure', () => heard.push('never'));
    bad.on('failure', ({ message }) => heard.push(message));
    bad.on('success', () => heard.push('never'));
    good.on('success', () => heard.push('never'))();
    expect(heard).toEqual([]);
    await until('both', () => heard.length >= 2);
    expect(await endOf(good)).toEqual({ success: 'good' });
    expect(heard).toEqual(['good', 'bad']);
  });

  it('given a task that was cancelled, or deleted, when its creator listens, then failure says so', async () => {
    const cluster = await Cluster.make();
    const manager = cluster.manager();
    const [cancelled, deleted] = [await committed(manager, 1), await committed(manager, 2)];
    await using others = new TaskManager({ store: cluster.url, work: false });
    await others.cancel(cancelled.id);
    await others.delete(deleted.id);
    expect(await endOf(cancelled)).toEqual({ failure: expect.any(JobCancelledError) });
    expect(await endOf(deleted)).toMatchObject({ failure: { code: 'JOB_GONE' } });
  });

  it('given listeners that throw or reject, when the task ends, then the others hear it, the worker goes on, and it is logged', async () => {
    const cluster = await Cluster.make();
    const manager = cluster.manager();
    await manager.process((task) => task.data);
    manager.on('completed', () => {
      throw new Error('of the manager');
    });
    const task = await manager.create('a');
    const heard: unknown[] = [];
    task.on('success', () => {
      throw new Error('sync');
    });
    task.on('success', () => Promise.reject(new Error('async')));
    task.on('success', (result) => heard.push(result));
    await task.commit();
    await until('all of them', () => heard.length === 1 && cluster.complaints.length >= 3);
    expect(cluster.complaints.sort()).toEqual([
      "taskspan: a listener of 'completed' on DefaultTaskManager threw: of the manager",
      `taskspan: a listener of 'success' on task ${task.id} threw: async`,
      `taskspan: a listener of 'success' on task ${task.id} threw: sync`,
    ]);
    expect(await endOf(await committed(manager, 'b'))).toEqual({ success: 'b' });
  });

  it('given an event that there isn’t, when one listens, then that is an error that suggests the nearest', async () => {
    const manager = (await Cluster.make()).manager();
    const task = await manager.create(1);
    expect(() => task.on('sucess' as 'success', () => {})).toThrow(/Did you mean 'success'/);
    expect(() => manager.on('complete' as 'completed', () => {})).toThrow(/Did you mean 'completed'/);
    expect(() => manager.on('completed', 'x' as unknown as () => void)).toThrow(OptionError);
  });
});

describe('the events of a manager', () => {
  it('given a manager that neither creates nor works, when others do, then it hears queued, started, updated, failed and completed of the whole cluster', async () => {
    const cluster = await Cluster.make();
    const [listener, creator, worker] = [cluster.manager(), cluster.manager(), cluster.manager()];
    const go = latch();
    await worker.process(async (task, ctx) => {
      if (task.data === 'bad') throw new SyntaxError('bad');
      ctx.progress(55);
      await go.promise;
      return 'fine';
    });
    const heard: [string, Record<string, unknown>][] = [];
    for (const event of ['queued', 'started', 'updated', 'failed', 'completed'] as const)
      listener.on(event, (notice) => heard.push([event, { ...notice }]));
    // Resolves once it hears all.
    await (await listener.create('bad')).commit();
    const good = await committed(creator, 'good');
    await until('its progress', () => heard.some(([name]) => name === 'updated'));
    go.open();
    await until('its end', () => heard.some(([name]) => name === 'completed'));
    const of = (isGood: boolean) => heard.filter(([, { id }]) => (id === good.id) === isGood);
    expect(of(true)).toMatchObject([
      ['queued', { attempt: 0, reason: 'enqueued' }],
      ['started', { attempt: 1 }],
      ['updated', { attempt: 1, progress: 55 }],
      ['completed', { attempt: 1, result: 'fine', timestamp: expect.any(Number) }],
    ]);
    const failed = of(false).at(-1);
    expect(of(false).map(([name]) => name)).toEqual(['queued', 'started', 'failed']);
    expect(failed?.[1]).toMatchObject({ reason: 'threw', error: { name: 'SyntaxError', message: 'bad' } });
    expect(failed?.[1].error).toBeInstanceOf(Error);
  });

  it('given jobs of a TaskManager in the same namespace, when they run, then a DefaultTaskManager hears nothing of them', async () => {
    const cluster = await Cluster.make();
    const listener = cluster.manager();
    const heard: unknown[] = [];
    listener.on('completed', ({ result }) => heard.push(result));
    await listener.process((task) => task.data);
    await using other = new TaskManager({ store: cluster.url, tasks: [] });
    await other.start();
    const foreign = taskOf('task', () => 'foreign');
    other.addTask(foreign);
    await (await other.enqueue(foreign)).result();
    await committed(listener, 'own');
    await until('its own', () => heard.length > 0);
    expect(heard).toEqual(['own']);
  });

  it('given nobody who listens, when tasks run, then no event is written; once the last listener has gone, that ends too', async () => {
    const server = await startRedis();
    const cluster = await Cluster.make();
    try {
      const manager = cluster.manager({ redis: server.url });
      await manager.process((task) => task.data);
      const done = await committed(manager, 1);
      const others = cluster.manager({ redis: server.url });
      await committed(others, 2);
      await until(
        'both to be done',
        async () => (await server.cli('HGET', '{taskspan:default:0}:state', 'writes')) !== null,
      );
      expect(await server.cli('EXISTS', '{taskspan:default:0}:events')).toBe(0);
      await endOf(done);
      const off = others.on('completed', () => {});
      await committed(others, 3);
      expect(await server.cli('EXISTS', '{taskspan:default:0}:events')).toBe(1);
      off();
    } finally {
      await server.stop();
    }
  });

  it('given a server that loses its memory, when it is back, then a gap is told, tasks that end later are heard, and lost ones fail as gone', async () => {
    const server: RedisServer = await startRedis();
    const cluster = await Cluster.make();
    try {
      const manager = cluster.manager({ redis: server.url });
      let gaps = 0;
      manager.on('gap', () => (gaps += 1));
      const lost = await manager.create('lost');
      const failures: Error[] = [];
      lost.on('failure', (error) => failures.push(error));
      lost.on('started', () => {});
      await lost.withDelayUntil(Date.now() + 3_600_000).commit();
      await server.kill();
      await server.start();
      await until('the gap', () => gaps > 0);
      await until('the loss', () => failures.length > 0);
      expect(failures).toEqual([expect.objectContaining({ code: 'JOB_GONE' })]);
      await manager.process((task) => task.data);
      const heard: unknown[] = [];
      const later = await manager.create('later');
      later.on('started', () => heard.push('started'));
      later.on('success', (result) => heard.push(result));
      await later.commit();
      await until('its end', () => heard.includes('later'));
      expect(heard).toEqual(['started', 'later']);
    } finally {
      await server.stop();
    }
  });

  it('given a follower whose connections are cut again and again, when tasks run meanwhile, then each of their creators hears its success', async () => {
    const server = await startRedis();
    const cluster = await Cluster.make();
    try {
      const [creator, worker] = [cluster.manager({ redis: server.url }), cluster.manager({ redis: server.url })];
      await worker.process(async (task) => sleep(5, task.data), { concurrency: 5 });
      const results: unknown[] = [];
      const tasks = await Promise.all(Array.from({ length: 60 }, (_, i) => creator.create(i)));
      for (const task of tasks) task.on('success', (result) => results.push(result));
      const committing = Promise.all(tasks.map((task) => task.commit()));
      for (let i = 0; i < 5; i++) {
        await sleep(20);
        await server.cli('CLIENT', 'KILL', 'TYPE', 'normal');
        await server.cli('CLIENT', 'KILL', 'TYPE', 'pubsub');
      }
      await committing;
      await until('all of them', () => results.length === 60);
      expect([...results].sort((a, b) => Number(a) - Number(b))).toEqual(tasks.map(({ data }) => data));
    } finally {
      await server.stop();
    }
  });
});
