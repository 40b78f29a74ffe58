/** The document's tables "Task Methods" and "Task Properties", row by row. */

import { OptionError, Task } from 'taskspan';
import { describe, expect, it } from 'vitest';
import { gate } from '../engine/world.js';

const steps = [
  { name: 'fetch', description: 'Fetching', percentage: 30 },
  { name: 'parse', description: 'Parsing', percentage: 50 },
  { name: 'save', description: 'Saving', percentage: 20 },
] as const;

describe('trigger', () => {
  it('given an input, when it is triggered, then it is handed over by reference, and the result too', async () => {
    const input = { deep: [1] };
    const echo = new Task({ name: 'echo', taskFunction: async (value: object) => value });
    expect(await echo.trigger(input)).toBe(input);
  });

  it('given two triggers at once, when neither is buffered, then both run at the same time', async () => {
    const own = [gate(), gate()];
    let next = 0;
    const task = new Task({ name: 'twice', taskFunction: () => own[next++]?.promise });
    const both = Promise.all([task.trigger(), task.trigger()]);
    expect([next, task.runCount, task.running]).toEqual([2, 2, true]);
    own[0]?.open();
    await own[0]?.promise;
    expect(task.running).toBe(true);
    own[1]?.open();
    await both;
    expect(task.running).toBe(false);
  });
});

describe('getMetadata', () => {
  it('given a task with all there is, when it is looked at, then the snapshot has it, and doesn’t change', async () => {
    const task = new Task({
      name: 'full',
      steps,
      labels: { a: '1' },
      buffered: true,
      bufferMax: 2,
      taskFunction: async () => {
        task.notifyStep('save');
      },
    });
    const before = task.getMetadata();
    expect(before).toMatchObject({ name: 'full', status: 'idle', runCount: 0, errorCount: 0, currentProgress: 0 });
    expect(before).toMatchObject({ lastRun: undefined, lastError: undefined, currentStep: undefined });
    await task.trigger();
    task.setLabel('b', '2');
    expect(before).toMatchObject({ status: 'idle', labels: { a: '1' } });
    expect(task.getMetadata()).toMatchObject({
      name: 'full',
      status: 'completed',
      currentProgress: 20,
      runCount: 1,
      lastRun: expect.any(Date),
      labels: { a: '1', b: '2' },
      buffered: true,
      bufferMax: 2,
    });
    expect(JSON.parse(JSON.stringify(task.getMetadata()))).toMatchObject({ name: 'full' });
  });

  it('given a run, when it is under way, then the status is running', async () => {
    const own = gate();
    const task = new Task({ name: 'busy', taskFunction: () => own.promise });
    const run = task.trigger();
    expect(task.getMetadata().status).toBe('running');
    own.open();
    await run;
  });
});

describe('labels', () => {
  it('given labels, when they are set, read and removed, then each method tells', () => {
    const task = new Task({ name: 'labelled', labels: { a: '1' }, taskFunction: async () => {} });
    expect(task.setLabel('b', '2')).toBeUndefined();
    expect([task.getLabel('b'), task.getLabel('c'), task.getLabel('toString')]).toEqual(['2', undefined, undefined]);
    expect([task.hasLabel('a'), task.hasLabel('a', '1'), task.hasLabel('a', '2')]).toEqual([true, true, false]);
    expect([task.hasLabel('c'), task.hasLabel('toString')]).toEqual([false, false]);
    expect([task.removeLabel('a'), task.removeLabel('a'), task.labels]).toEqual([true, false, { b: '2' }]);
    expect(() => task.setLabel('x', 1 as never)).toThrow(OptionError);
  });
});

describe('errors', () => {
  it('given failures and a success, when it is looked at, then lastError is the last one’s, and errorCount is of all', async () => {
    const task = new Task({
      name: 'moody',
      taskFunction: async (message: string | null) => {
        if (message !== null) throw new Error(message);
      },
    });
    for (const message of ['one', 'two']) await task.trigger(message).catch(() => {});
    expect([task.lastError?.message, task.errorCount, task.getMetadata().lastError]).toEqual(['two', 2, 'two']);
    await task.trigger(null);
    expect([task.lastError, task.errorCount, task.getMetadata().status]).toEqual([undefined, 2, 'completed']);
    await task.trigger('three').catch(() => {});
    expect(task.clearError()).toBeUndefined();
    expect([task.lastError, task.errorCount, task.getMetadata().status]).toEqual([undefined, 3, 'idle']);
  });
});

describe('properties', () => {
  it('given a run, when it starts and ends, then running, idle, runCount and lastRun follow', async () => {
    const own = gate();
    const task = new Task({ name: 'own', data: { a: 1 }, taskFunction: () => own.promise });
    expect([task.running, task.idle, task.runCount, task.lastRun]).toEqual([false, true, 0, undefined]);
    const before = Date.now();
    const run = task.trigger();
    expect([task.running, task.idle, task.runCount]).toEqual([true, false, 1]);
    expect(task.lastRun?.getTime()).toBeGreaterThanOrEqual(before);
    own.open();
    await run;
    expect([task.running, task.idle, task.name, task.data]).toEqual([false, true, 'own', { a: 1 }]);
    expect(task.eventSubject).toBe(task.eventSubject);
    expect(typeof task.eventSubject.pipe).toBe('function');
  });
});
