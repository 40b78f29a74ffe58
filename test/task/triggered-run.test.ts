/** A run without a job, where it could differ from one with a job. */

import { describe, expect, it } from 'vitest';
import {
  InvalidInputError,
  type ITaskEvent,
  ShuttingDownError,
  type StandardSchema,
  Task,
  Taskchain,
  TaskOnce,
  task,
} from '../../src/index.js';
import { World } from '../engine/world.js';

/** Takes the text of a day, and gives the Date. */
const day: StandardSchema<string, Date> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: async (value) =>
      typeof value === 'string' ? { value: new Date(value) } : { issues: [{ message: 'is no text' }] },
  },
};
const yearOf = (input: Date): number => input.getUTCFullYear();

describe('a trigger of a task with a schema', () => {
  it('given an input that fits, when it is triggered, alone or as a member, then the function gets it parsed', async () => {
    const year = task('year', yearOf, { schema: day });
    expect(await year.trigger('2020-02-29')).toBe(2020);
    expect(await new Taskchain({ name: 'years', taskArray: [year] }).trigger('2021-01-01')).toBe(2021);
  });

  it('given an input that does not fit, when it is triggered, then the function is not called and the run fails', async () => {
    let calls = 0;
    const counts = task('counts', (_input: Date) => (calls += 1), { schema: day });
    const refused = counts.trigger(5 as never);
    await expect(refused).rejects.toThrow(InvalidInputError);
    await expect(refused).rejects.toThrow("The input of task 'counts' does not fit its schema: is no text.");
    expect([calls, counts.running, counts.errorCount]).toEqual([0, false, 1]);
  });

  it('given it merges triggers, when its schedule fires, then its input is parsed once', async () => {
    const world = new World();
    const parsed: unknown[] = [];
    const schema: StandardSchema<string | undefined, string> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) => (value === 'parsed' ? { issues: [{ message: 'comes twice' }] } : { value: 'parsed' }),
      },
    };
    const once = new TaskOnce({
      name: 'once',
      schema,
      taskFunction: async (input: string) => {
        parsed.push(input);
      },
    });
    const manager = await world.running();
    manager.addAndScheduleTask(once, '* * * * *');
    await world.time.advance('1m');
    expect([parsed, once.lastError]).toEqual([['parsed'], undefined]);
  });
});

describe('the progress of a run', () => {
  it('given a task without steps, when its metadata is asked for after its end, then its progress is 100', async () => {
    const plain = task('plain', async () => 1);
    const heard: ITaskEvent[] = [];
    plain.eventSubject.subscribe((event) => heard.push(event));
    await plain.trigger();
    expect(plain.getMetadata().currentProgress).toBe(100);
    expect(plain.getProgress()).toBe(100);
    expect(heard.map(({ type, task: { currentProgress } }) => [type, currentProgress])).toEqual([
      ['started', 0],
      ['completed', 100],
    ]);
  });

  it('given a task without steps, when it is executed once with a report, then the report says 100', async () => {
    const world = new World();
    const manager = world.manager();
    expect(await manager.addExecuteRemoveTask(task('plain', async () => 1))).toMatchObject({
      progress: 100,
      result: 1,
    });
  });
});

describe('a trigger that its closing manager waits for no longer', () => {
  it('given it ignores its signal, when the manager has closed, then its error says that nothing runs it again', async () => {
    const world = new World();
    const manager = world.manager();
    const endless = task('endless', () => new Promise<never>(() => {}));
    const outcome = manager.triggerTask(endless).catch((error: unknown) => error);
    const closed = manager.close({ timeout: '1s' });
    await world.time.advance('1m');
    await closed;
    const error = await outcome;
    expect(error).toBeInstanceOf(ShuttingDownError);
    expect((error as Error).message).toMatch(/was triggered, so nothing will run it again/);
  });
});

describe('a task with hooks', () => {
  it('given hooks that take the input and the result, when it is triggered, then they fit by their types and get them', async () => {
    const heard: unknown[] = [];
    const double = new Task({
      name: 'double',
      preTask: task('before', (input: number) => heard.push(input)),
      afterTask: () => task('after', (result: { readonly twice: number }) => heard.push(result)),
      taskFunction: async (input: number) => ({ twice: input * 2 }),
    });
    expect(await double.trigger(4)).toEqual({ twice: 8 });
    expect(heard).toEqual([4, { twice: 8 }]);
  });
});
