/** The document's table "Task Constructor Options", row by row. */

import { OptionError, Task, TaskManager } from 'taskspan';
import { describe, expect, it } from 'vitest';

const noop = async (): Promise<void> => {};

describe('taskFunction', () => {
  it('given one, when it is triggered, then it gets the input, the setup value and the context', async () => {
    const seen: unknown[] = [];
    const task = new Task({
      name: 'all',
      taskSetup: async () => 'pool',
      taskFunction: async (...args: unknown[]) => void seen.push(...args.slice(0, 2), args.length),
    });
    await task.trigger('input');
    expect(seen).toEqual(['input', 'pool', 3]);
  });

  it('given none, when it is made, then OptionError says where to give one', () => {
    expect(() => new Task({ name: 'empty' } as never)).toThrow(OptionError);
  });

  it('given one that is not async, when it is triggered, then its value is the result', async () => {
    expect(await new Task({ name: 'plain', taskFunction: () => 17 }).trigger()).toBe(17);
  });
});

describe('name', () => {
  it('given none, when it is triggered, then it runs; a manager doesn’t take it', async () => {
    const nameless = new Task({ taskFunction: async () => 'ran' });
    expect(nameless.name).toBe('');
    expect(await nameless.trigger()).toBe('ran');
    expect(() => new TaskManager().addTask(nameless)).toThrow(/without a name/);
  });

  it('given one that is empty or no string, when it is made, then that is an error', () => {
    expect(() => new Task({ name: '', taskFunction: noop })).toThrow(OptionError);
    expect(() => new Task({ name: 17 as never, taskFunction: noop })).toThrow(OptionError);
  });
});

describe('data', () => {
  it('given a bag, when the task is looked at, then it is that very object; by default an empty one', () => {
    const data = { domain: 'a.com' };
    expect(new Task({ name: 'own', data, taskFunction: noop }).data).toBe(data);
    expect(new Task({ name: 'none', taskFunction: noop }).data).toEqual({});
  });
});

describe('steps', () => {
  const step = (name: string, percentage: number): { name: string; description: string; percentage: number } => ({
    name,
    description: `Doing ${name}`,
    percentage,
  });

  it('given none, when it is looked at, then it has no steps', () => {
    expect(new Task({ name: 'plain', taskFunction: noop }).getStepsMetadata()).toEqual([]);
  });

  it.each([
    ['less than 100', [step('a', 50), step('b', 49)], /weigh 99/],
    ['more than 100', [step('a', 50), step('b', 51)], /weigh 101/],
    ['a negative weight', [step('a', 110), step('b', -10)], /0 or more/],
    ['no number', [step('a', Number.NaN)], /weigh NaN/],
    ['two of a name', [step('a', 50), step('a', 50)], /same name/],
    ['one without a name', [step('', 100)], /without a name/],
  ] as const)('given %s, when it is made, then OptionError says so', (_what, steps, message) => {
    expect(() => new Task({ name: 't', steps, taskFunction: noop })).toThrow(message);
  });

  it('given thirds, when they sum to 100 but for rounding, then that is fine', () => {
    const steps = [step('a', 100 / 3), step('b', 100 / 3), step('c', 100 / 3)];
    expect(new Task({ name: 't', steps, taskFunction: noop }).steps).toHaveLength(3);
  });
});

describe('buffered and bufferMax', () => {
  it('given neither, when it is looked at, then it isn’t buffered', () => {
    const { buffered, bufferMax } = new Task({ name: 't', taskFunction: noop }).getMetadata();
    expect({ buffered, bufferMax }).toEqual({ buffered: false, bufferMax: undefined });
  });

  it('given both, when it is looked at, then the metadata has them', () => {
    const task = new Task({ name: 't', buffered: true, bufferMax: 5, taskFunction: noop });
    expect(task.getMetadata()).toMatchObject({ buffered: true, bufferMax: 5 });
  });

  it.each([0, -1, 1.5, Number.NaN, '3'])(
    'given bufferMax %s, when it is made, then OptionError quotes it',
    (bufferMax) => {
      expect(() => new Task({ name: 't', buffered: true, bufferMax: bufferMax as number, taskFunction: noop })).toThrow(
        /bufferMax of task 't' is/,
      );
    },
  );

  it('given buffered as a word, when it is made, then OptionError quotes it', () => {
    expect(() => new Task({ name: 't', buffered: 'yes' as never, taskFunction: noop })).toThrow(/buffered.*yes/);
  });
});

describe('preTask and afterTask', () => {
  it.each(['preTask', 'afterTask'] as const)(
    'given %s as a task or a function of one, when triggered, then it runs',
    async (hook) => {
      const ran: string[] = [];
      const own = new Task({ name: 'hook', taskFunction: async () => void ran.push('hook') });
      for (const value of [own, () => own]) {
        await new Task({ name: 'main', [hook]: value, taskFunction: async () => void ran.push('main') }).trigger();
      }
      const order = hook === 'preTask' ? ['hook', 'main'] : ['main', 'hook'];
      expect(ran).toEqual([...order, ...order]);
    },
  );

  it('given something else, when it is made, then OptionError names the option', () => {
    expect(() => new Task({ name: 't', preTask: {} as never, taskFunction: noop })).toThrow(/preTask of task 't'/);
    expect(() => new Task({ name: 't', afterTask: null as never, taskFunction: noop })).toThrow(
      /afterTask of task 't'/,
    );
  });

  it('given a function that returns no task, when it is triggered, then it rejects', async () => {
    const task = new Task({ name: 't', preTask: () => undefined as never, taskFunction: noop });
    await expect(task.trigger()).rejects.toThrow(/preTask of task 't' is undefined/);
  });
});

describe('taskSetup', () => {
  it('given no function, when it is made, then OptionError says so', () => {
    expect(() => new Task({ name: 't', taskSetup: 5 as never, taskFunction: noop })).toThrow(/setup of task 't'/);
  });
});

describe('catchErrors', () => {
  const fail = (): Promise<string> => Promise.reject(new Error('broken'));

  it('given nothing, when it fails, then the trigger rejects', async () => {
    await expect(new Task({ name: 't', taskFunction: fail }).trigger()).rejects.toThrow('broken');
  });

  it('given true, when it fails, then the trigger resolves with undefined, and the error is kept', async () => {
    const task = new Task({ name: 't', catchErrors: true, taskFunction: fail });
    expect(await task.trigger()).toBeUndefined();
    expect(task.lastError?.message).toBe('broken');
  });

  it('given true, when a hook or the setup fails, then it resolves with undefined too', async () => {
    const hook = new Task({ name: 'hook', taskFunction: fail });
    for (const option of [{ preTask: hook }, { afterTask: hook }, { taskSetup: fail }]) {
      const task = new Task<string>({ name: 't', catchErrors: true, taskFunction: noop, ...option } as never);
      expect(await task.trigger()).toBeUndefined();
      expect(task.errorCount).toBe(1);
    }
  });
});

describe('labels', () => {
  it('given some, when the task is looked at, then it has a copy; by default none', () => {
    const labels = { tenant: 'acme' };
    const task = new Task({ name: 't', labels, taskFunction: noop });
    labels.tenant = 'other';
    expect(task.labels).toEqual({ tenant: 'acme' });
    expect(new Task({ name: 'u', taskFunction: noop }).labels).toEqual({});
  });

  it('given a value that is no string, when it is made, then OptionError names the label', () => {
    expect(() => new Task({ name: 't', labels: { a: 1 as never }, taskFunction: noop })).toThrow(/'a' is number/);
  });
});

it('given an option that there isn’t, when it is made, then OptionError suggests the nearest', () => {
  expect(() => new Task({ name: 't', bufferdMax: 3, taskFunction: noop } as never)).toThrow(/Did you mean 'bufferMax'/);
});
