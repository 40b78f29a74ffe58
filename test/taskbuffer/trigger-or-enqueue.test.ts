/** Trigger and enqueue differ in what the API's table says, row by row. */

import { Task, Taskchain, TaskDebounced, TaskOnce, Taskparallel, task as taskOf } from 'taskspan';
import { describe, expect, it } from 'vitest';
import { snapshot, World, watch } from '../engine/world.js';

describe('trigger and enqueue', () => {
  it('given an input, when it is triggered, then it is the very object; when enqueued, then a copy', async () => {
    const world = new World();
    const inputs: unknown[] = [];
    const task = new Task({ name: 't', taskFunction: async (input: object) => void inputs.push(input) });
    const manager = await world.running(task);
    const input = { deep: { a: 1 } };
    await manager.triggerTask(task, input);
    await manager.enqueue(task, input);
    await world.time.settle();
    expect([inputs[0] === input, inputs[1] === input, inputs[1]]).toEqual([true, false, input]);
  });

  it('given a manager that isn’t started, when it is triggered, then it runs; when enqueued, then it waits', async () => {
    const world = new World();
    const task = new Task({ name: 't', taskFunction: async () => 'ran' });
    const manager = world.manager({ tasks: [task] });
    expect(await manager.triggerTask(task)).toBe('ran');
    const job = await manager.enqueue(task);
    await world.time.advance('1m');
    expect([(await snapshot(manager, job.id)).state, task.runCount]).toEqual(['pending', 1]);
  });

  it('given retry and a failure, when it is triggered, then it runs once; when enqueued, then again', async () => {
    const world = new World();
    const attempts: unknown[] = [];
    const task = taskOf(
      't',
      (_input: undefined, ctx) => {
        attempts.push([ctx.attempt, ctx.job === undefined]);
        throw new Error('no');
      },
      { retry: { attempts: 2, backoff: '1s' } },
    );
    const manager = await world.running(task);
    await expect(manager.triggerTask(task)).rejects.toThrow('no');
    await manager.enqueue(task);
    await world.time.advance('1m');
    expect(attempts).toEqual([
      [1, true],
      [1, false],
      [2, false],
    ]);
    expect(task.errorCount).toBe(3);
  });

  it('given a time-out, when it is triggered or enqueued, then both are ended by it', async () => {
    const world = new World();
    const task = taskOf('t', (_input: undefined, ctx) => world.sleep(60_000, ctx.signal), {
      timeout: '5s',
      retry: { attempts: 1 },
    });
    const manager = await world.running(task);
    const seen = watch(manager.triggerTask(task));
    const job = await manager.enqueue(task);
    await world.time.advance('6s');
    expect(seen.error).toMatchObject({ name: 'TimeoutError' });
    expect(await snapshot(manager, job.id)).toMatchObject({ state: 'failed', reason: 'timed-out' });
  });

  it('given hooks, setup, a chain and parallel tasks, when enqueued, then all of it is one attempt', async () => {
    const world = new World();
    const log: string[] = [];
    const logged = (name: string): Task => new Task({ name, taskFunction: async () => void log.push(name) });
    const hooked = new Task({
      name: 'hooked',
      preTask: logged('pre'),
      afterTask: logged('after'),
      taskSetup: async () => void log.push('setup'),
      taskFunction: async () => void log.push('main'),
    });
    const both = new Taskparallel({ name: 'both', taskArray: [logged('left'), logged('right')] });
    const chain = new Taskchain({ name: 'chain', taskArray: [hooked, both] as Task[] });
    const manager = await world.running(chain);
    const job = await manager.enqueue(chain);
    await world.time.settle();
    expect(log).toEqual(['pre', 'setup', 'main', 'after', 'left', 'right']);
    expect(await snapshot(manager, job.id)).toMatchObject({ state: 'completed', attempt: 1 });
  });

  it.each([
    ['buffered', new Task({ name: 't', buffered: true, taskFunction: async () => {} })],
    ['TaskOnce', new TaskOnce({ name: 't', taskFunction: async () => {} })],
    ['TaskDebounced', new TaskDebounced({ name: 't', debounceTimeInMillis: 1, taskFunction: async () => {} })],
  ])('given %s, when it is enqueued, then OptionError names what jobs have instead', async (_what, task) => {
    const manager = await new World().running(task);
    await expect(manager.enqueue(task)).rejects.toThrow(/unique|delay|maxConcurrent/);
    await expect(manager.enqueue(task)).rejects.toMatchObject({ name: 'OptionError' });
  });

  it('given catchErrors, when it is triggered, then it resolves; when enqueued, then the job fails', async () => {
    const world = new World();
    const task = new Task({
      name: 't',
      catchErrors: true,
      retry: { attempts: 1 },
      taskFunction: () => Promise.reject(new Error('no')),
    });
    const manager = await world.running(task);
    expect(await manager.triggerTask(task)).toBeUndefined();
    const job = await manager.enqueue(task);
    await world.time.settle();
    expect((await snapshot(manager, job.id)).state).toBe('failed');
  });

  it('given labels, when it is enqueued, then the job has a copy of those of the moment', async () => {
    const world = new World();
    const task = new Task({ name: 't', labels: { a: '1' }, taskFunction: async () => {} });
    const manager = world.manager({ tasks: [task] });
    const job = await manager.enqueue(task);
    task.setLabel('a', '2');
    expect((await snapshot(manager, job.id)).labels).toEqual({ a: '1' });
  });

  it('given both, when they run, then runCount and the events count both', async () => {
    const world = new World();
    const task = new Task({ name: 't', taskFunction: async () => {} });
    const manager = await world.running(task);
    const heard: string[] = [];
    task.eventSubject.subscribe(({ type }) => void heard.push(type));
    await manager.triggerTask(task);
    await manager.enqueue(task);
    await world.time.settle();
    expect([task.runCount, heard]).toEqual([2, ['started', 'completed', 'started', 'completed']]);
  });
});
