/** What is documented of tasks: made, told what to do, committed, and ended. */

import { setTimeout as sleep } from 'node:timers/promises';
import { DiscardError, OptionError, TaskManager } from 'taskspan';
import { DefaultTaskManager } from 'taskspan/redis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Cluster, committed, endOf } from './cluster.js';

/** The cluster's tasks as another kind of manager sees them. */
function looker({ url }: Cluster): TaskManager {
  const manager = new TaskManager({ store: url, work: false });
  onTestFinished(() => manager.close());
  return manager;
}

describe('a task', () => {
  it('given a payload, when its task is created, then nothing is stored before commit(), and its worker gets the payload as task.data under the same id', async () => {
    const cluster = await Cluster.make();
    const manager = cluster.manager();
    const data = { TaskSpecificKey: 'TaskSpecificValue', at: new Date(0) };
    const task = await manager.create(data);
    task.on('success', () => {});
    expect(task.data).toBe(data);
    expect(await looker(cluster).count()).toMatchObject({ pending: 0, running: 0 });
    await task.commit();
    expect(await looker(cluster).get(task.id)).toMatchObject({ state: 'pending', input: data });
    await manager.process(async (received, ctx) => [received.id, received.data, ctx.attempt]);
    expect(await endOf(task)).toEqual({ success: [task.id, data, 1] });
  });

  it('given a task, when commit() is called twice, at once and later, then it is one run', async () => {
    const cluster = await Cluster.make();
    const manager = cluster.manager();
    let runs = 0;
    await manager.process(() => {
      runs += 1;
    });
    const task = await manager.create('once');
    const [first, second] = await Promise.all([task.commit(), task.commit()]);
    expect([first, second]).toEqual([task, task]);
    expect(await endOf(task)).toEqual({ success: undefined });
    await task.commit();
    const marker = await committed(manager, 'after');
    await endOf(marker);
    expect(runs).toBe(2);
  });

  it('given a payload that can’t be stored, when it is committed, then commit rejects, a listener for failure hears it, and nothing is stored', async () => {
    const cluster = await Cluster.make();
    const manager = cluster.manager();
    await expect((await manager.create(() => {})).commit()).rejects.toThrow(/function/);
    const task = await manager.create({ size: 'x'.repeat(200_000) });
    const heard: Error[] = [];
    task.on('failure', (error) => heard.push(error));
    await expect(task.commit()).rejects.toThrow();
    expect(heard).toEqual([expect.objectContaining({ code: 'TOO_LARGE' })]);
    expect(await looker(cluster).count()).toMatchObject({ pending: 0 });
  });

  it('given withTimeout, when the function takes longer and ignores its signal, then the task fails then, with an Error that says so; another task without takes its time', async () => {
    const cluster = await Cluster.make();
    const manager = cluster.manager({ concurrency: 2 });
    await manager.process(async (task) => sleep(task.data as number, 'done'));
    const patient = await committed(manager, 400);
    const hasty = await (await manager.create(60_000)).withTimeout(50).commit();
    expect(await endOf(hasty)).toMatchObject({
      failure: { name: 'TimeoutError', message: expect.stringContaining('time-out of 50 ms') },
    });
    expect(await endOf(patient)).toEqual({ success: 'done' });
  });

  it('given withTimeout, when the function heeds ctx.signal, then it is aborted', async () => {
    const cluster = await Cluster.make();
    const manager = cluster.manager();
    const reasons: unknown[] = [];
    await manager.process(async (_task, { signal }) => {
      await sleep(60_000, undefined, { signal }).catch(() => reasons.push(signal.reason));
    });
    const { failure } = (await endOf(await (await manager.create(1)).withTimeout(30).commit())) as { failure: Error };
    expect(failure).toBeInstanceOf(Error);
    expect(reasons).toEqual([expect.objectContaining({ name: 'TimeoutError' })]);
  });

  it('given withDelayUntil with milliseconds or a Date, when it is committed, then it waits until then; a past one runs at once', async () => {
    const cluster = await Cluster.make();
    const manager = cluster.manager();
    await manager.process((task) => task.data);
    const at = Date.now() + 3_600_000;
    const [byMs, byDate] = [await manager.create('ms'), await manager.create('date')];
    await byMs.withDelayUntil(at).commit();
    await byDate.withDelayUntil(new Date(at + 7)).commit();
    const past = await (await manager.create('past')).withDelayUntil(Date.parse('2020-01-01')).commit();
    expect(await endOf(past)).toEqual({ success: 'past' });
    const look = looker(cluster);
    expect(await look.get(byMs.id)).toMatchObject({ state: 'pending', placement: 'delayed', dueAt: at });
    expect(await look.get(byDate.id)).toMatchObject({ state: 'pending', placement: 'delayed', dueAt: at + 7 });
    await look.promote(byMs.id);
    expect(await endOf(byMs)).toEqual({ success: 'ms' });
  });

  it('given withRetries(n), when each attempt throws, then it is tried n times more; without, it is tried once', async () => {
    const cluster = await Cluster.make();
    const manager = cluster.manager();
    const attempts: Record<string, number> = {};
    await manager.process((task) => {
      const name = task.data as string;
      attempts[name] = (attempts[name] ?? 0) + 1;
      throw new RangeError(`no. ${attempts[name]}`);
    });
    const once = await committed(manager, 'once');
    const again = await (await manager.create('again')).withRetries(1).commit();
    expect(await endOf(once)).toMatchObject({ failure: { name: 'RangeError', message: 'no. 1' } });
    expect(await endOf(again)).toMatchObject({ failure: { name: 'RangeError', message: 'no. 2' } });
    expect(attempts).toEqual({ once: 1, again: 2 });
  });

  it('given its settings, when they are chained, then each gives the task; what is no time or number, and what comes after commit(), is an error', async () => {
    const cluster = await Cluster.make();
    const task = await cluster.manager().create(1);
    expect(task.withTimeout(5).withDelayUntil(new Date(0)).withRetries(2)).toBe(task);
    expect(() => task.withTimeout(0)).toThrow(OptionError);
    expect(() => task.withTimeout('5s' as unknown as number)).toThrow(/milliseconds/);
    expect(() => task.withDelayUntil(Date.parse('someday'))).toThrow(/withDelayUntil.*NaN/);
    expect(() => task.withRetries(-1)).toThrow(OptionError);
    await task.commit();
    expect(() => task.withRetries(1)).toThrow(/committed already/);
  });

  it('given a worker that says it is of no use to try again, when it throws DiscardError, then retries are left alone', async () => {
    const cluster = await Cluster.make();
    const manager = cluster.manager();
    let runs = 0;
    await manager.process(() => {
      runs += 1;
      throw new DiscardError('of no use');
    });
    const task = await (await manager.create(1)).withRetries(5).commit();
    expect(await endOf(task)).toMatchObject({ failure: { message: 'of no use' } });
    expect(runs).toBe(1);
  });
});

describe('the options', () => {
  it('given none, then the server is the local one and a worker runs one task at a time; a namespace is given once, and what there isn’t is an error', async () => {
    const { url } = await Cluster.make();
    const wrong = [
      [{ redis: 'localhost' }, /redis:\/\//],
      [{ redis: 7 as unknown as string }, /give a URL/],
      [{ redis: url, namespace: 'acme' }, /given twice/],
      [{ concurrency: 0 }, /concurrency is 0/],
      [{ leaseMs: 1 }, /leaseMs is 1/],
      [{ namespaces: 'a' } as object, /Did you mean 'namespace'/],
    ] as const;
    for (const [options, message] of wrong) expect(() => new DefaultTaskManager(options)).toThrow(message);
  });

  it('given concurrency, when more tasks wait, then a worker runs so many at once: 1 by default, and its own if process() says so', async () => {
    for (const [options, own, expected] of [
      [{}, {}, 1],
      [{ concurrency: 3 }, {}, 3],
      [{ concurrency: 3 }, { concurrency: 2 }, 2],
    ] as const) {
      const manager = (await Cluster.make()).manager(options);
      let [running, most] = [0, 0];
      await manager.process(async () => {
        most = Math.max(most, ++running);
        await sleep(40);
        running -= 1;
      }, own);
      const tasks = await Promise.all(Array.from({ length: 6 }, (_, i) => committed(manager, i)));
      await Promise.all(tasks.map(endOf));
      expect(most).toBe(expected);
    }
  });

  it('given two namespaces on one server, when a task is committed in one, then workers of the other never get it', async () => {
    const url = new URL((await Cluster.make()).url);
    url.searchParams.delete('namespace');
    const cluster = await Cluster.make();
    const seen: unknown[] = [];
    const [mine, other] = ['test-mine', 'test-other'].map((namespace) =>
      cluster.manager({ redis: url.href, namespace: `${namespace}-${crypto.randomUUID()}` }),
    ) as [DefaultTaskManager, DefaultTaskManager];
    await mine.process((task) => seen.push(['mine', task.data]));
    await other.process((task) => seen.push(['other', task.data]));
    await endOf(await committed(mine, 'a'));
    expect(seen).toEqual([['mine', 'a']]);
  });
});
