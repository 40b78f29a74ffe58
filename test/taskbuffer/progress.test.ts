/** Steps and progress, as the document has them. */

import { OptionError, Task } from 'taskspan';
import { describe, expect, it } from 'vitest';
import { gate } from '../engine/world.js';

const steps = [
  { name: 'fetch', description: 'Fetching', percentage: 30 },
  { name: 'parse', description: 'Parsing', percentage: 50 },
  { name: 'save', description: 'Saving', percentage: 20 },
] as const;

describe('notifyStep, getProgress and getStepsMetadata', () => {
  it('given a run, when it goes from step to step, then completed ones count whole and the active one half', async () => {
    const seen: number[] = [];
    const task = new Task({
      name: 'stepped',
      steps,
      taskFunction: async () => {
        seen.push(task.getProgress());
        for (const { name } of steps) {
          task.notifyStep(name);
          seen.push(task.getProgress());
        }
      },
    });
    expect(task.getProgress()).toBe(0);
    await task.trigger();
    expect([...seen, task.getProgress()]).toEqual([0, 15, 55, 90, 100]);
  });

  it('given steps that were skipped, when the run succeeds, then they stay pending and uncounted', async () => {
    const task = new Task({
      name: 'skipping',
      steps,
      taskFunction: async () => {
        task.notifyStep('parse');
      },
    });
    await task.trigger();
    expect(task.getProgress()).toBe(50);
    expect(task.getStepsMetadata().map(({ status }) => status)).toEqual(['pending', 'completed', 'pending']);
  });

  it('given a run that fails, when it is looked at, then its step is still active, and the next run begins anew', async () => {
    let isGood = false;
    const task = new Task({
      name: 'failing',
      steps,
      taskFunction: async () => {
        expect(task.getStepsMetadata().map(({ status }) => status)).toEqual(['pending', 'pending', 'pending']);
        task.notifyStep('fetch');
        if (!isGood) throw new Error('no');
      },
    });
    await task.trigger().catch(() => {});
    expect(task.getMetadata()).toMatchObject({ status: 'failed', currentStep: 'fetch', currentProgress: 15 });
    isGood = true;
    await task.trigger();
    expect(task.getProgress()).toBe(30);
  });

  it('given steps, when they are looked at, then they have description, weight and times', async () => {
    const task = new Task({
      name: 'timed',
      steps,
      taskFunction: async () => {
        task.notifyStep('fetch');
      },
    });
    await task.trigger();
    const [first, second] = task.getStepsMetadata();
    expect(first).toEqual({
      name: 'fetch',
      description: 'Fetching',
      percentage: 30,
      status: 'completed',
      startTime: expect.any(Number),
      endTime: expect.any(Number),
      duration: expect.any(Number),
    });
    expect(second).toMatchObject({ name: 'parse', status: 'pending', startTime: undefined, duration: undefined });
  });

  it('given no steps, when it succeeds, then the progress is 100', async () => {
    const task = new Task({
      name: 'plain',
      taskFunction: async () => {
        expect(task.getProgress()).toBe(0);
      },
    });
    await task.trigger();
    expect(task.getProgress()).toBe(100);
  });

  it('given a step that isn’t declared, when it is notified, then OptionError suggests the nearest', async () => {
    const task = new Task({
      name: 'wrong',
      steps,
      taskFunction: async () => {
        task.notifyStep('fetsh' as never);
      },
    });
    await expect(task.trigger()).rejects.toThrow(/no step 'fetsh'. Did you mean 'fetch'/);
    await expect(task.trigger()).rejects.toThrow(OptionError);
  });

  it('given a task that never ran, when a step is notified, then OptionError says so', () => {
    const task = new Task({ name: 'early', steps, taskFunction: async () => {} });
    expect(() => task.notifyStep('fetch')).toThrow(/has not run yet/);
  });

  it('given runs that overlap, when each notifies by its context, then each counts its own', async () => {
    const own = gate();
    const percents: number[] = [];
    const task = new Task({
      name: 'overlap',
      steps,
      taskFunction: async (last: 'fetch' | 'save', _setup, ctx) => {
        ctx.notifyStep(last);
        await own.promise;
        percents.push(task.getProgress());
      },
    });
    const runs = Promise.all([task.trigger('fetch'), task.trigger('save')]);
    expect(task.getProgress()).toBe(10);
    own.open();
    await runs;
    expect(task.getStepsMetadata().map(({ status }) => status)).toEqual(['pending', 'pending', 'completed']);
  });
});
