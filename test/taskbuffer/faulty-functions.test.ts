/** Functions, setups and hooks that misbehave: each has a defined outcome. */

import { type HookTask, Task, TaskRecursionError } from 'taskspan';
import { describe, expect, it } from 'vitest';
import { watch } from '../engine/world.js';

describe('a task function', () => {
  it('given it throws at once, when it is triggered, then the promise rejects and nothing is thrown', async () => {
    const task = new Task({
      name: 'sync',
      taskFunction: () => {
        throw new Error('at once');
      },
    });
    const promise = task.trigger();
    await expect(promise).rejects.toThrow('at once');
    expect(task.idle).toBe(true);
  });

  it.each([undefined, null, 'text', 0, Symbol('s'), Object.create(null)])(
    'given it throws %o, when it is triggered, then it rejects with that, and lastError is an Error',
    async (thrown) => {
      const task = new Task({ name: 'odd', taskFunction: () => Promise.reject(thrown) });
      const seen = watch(task.trigger());
      await new Promise((resolve) => setImmediate(resolve));
      expect(seen).toMatchObject({ isSettled: true });
      expect(seen.error).toBe(thrown);
      expect(task.lastError).toBeInstanceOf(Error);
      expect(task.lastError?.cause).toBe(thrown);
      expect(task.errorCount).toBe(1);
    },
  );

  it('given an error whose message can’t be read, when it fails, then that is all that is lost', async () => {
    const error = new Error('x');
    Object.defineProperty(error, 'message', {
      get: () => {
        throw new Error('unreadable');
      },
    });
    const task = new Task({ name: 'odd', taskFunction: () => Promise.reject(error) });
    const seen = watch(task.trigger());
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen.error).toBe(error);
    expect(task.getMetadata().lastError).toBe('something unreadable');
  });

  it('given a thenable that calls back twice and throws, when it is triggered, then its first word counts', async () => {
    const taskFunction = () =>
      ({
        // biome-ignore lint/suspicious/noThenProperty: a foreign promise
        then(resolve: (value: string) => void, reject: (error: Error) => void) {
          resolve('first');
          reject(new Error('second'));
          throw new Error('third');
        },
      }) as unknown as Promise<string>;
    const task = new Task({ name: 'foreign', taskFunction });
    expect(await task.trigger()).toBe('first');
    expect([task.runCount, task.running]).toEqual([1, false]);
  });
});

describe('taskSetup', () => {
  it.each([undefined, 0, '', false, null])(
    'given it gives %o, when two first triggers race, then it ran once',
    async (value) => {
      let count = 0;
      const taskSetup = async () => {
        count += 1;
        return value;
      };
      const task = new Task({ name: 'falsy', taskSetup, taskFunction: async (_input: undefined, setup) => setup });
      expect(await Promise.all([task.trigger(), task.trigger()])).toEqual([value, value]);
      expect(await task.trigger()).toBe(value);
      expect(count).toBe(1);
    },
  );

  it('given it fails, when it is triggered again, then it is tried again, and the function ran only with a value', async () => {
    let count = 0;
    const got: unknown[] = [];
    const taskSetup = async () => {
      count += 1;
      if (count === 1) throw new Error('not yet');
      return 'pool';
    };
    const task = new Task({
      name: 'later',
      taskSetup,
      taskFunction: async (_input: undefined, pool) => void got.push(pool),
    });
    const both = [watch(task.trigger()), watch(task.trigger())];
    await new Promise((resolve) => setImmediate(resolve));
    expect(both.map(({ error }) => String(error))).toEqual(['Error: not yet', 'Error: not yet']);
    expect(count).toBe(1);
    await task.trigger();
    expect([count, got]).toEqual([2, ['pool']]);
  });

  it('given it throws at once, when it is triggered, then it rejects', async () => {
    const taskSetup = (): string => {
      throw new Error('at once');
    };
    await expect(new Task({ name: 't', taskSetup, taskFunction: async () => {} }).trigger()).rejects.toThrow('at once');
  });
});

describe('hooks', () => {
  function logged(log: string[], name: string, isGood = true): Task {
    const taskFunction = async (input: unknown) => {
      log.push(`${name} ${String(input)}`);
      if (!isGood) throw new Error(`${name} failed`);
      return `${name}’s result`;
    };
    return new Task({ name, taskFunction });
  }

  it('given both, when it is triggered, then they run around it, and the result is the task’s own', async () => {
    const log: string[] = [];
    const taskFunction = async (input: string) => {
      log.push(`main ${input}`);
      return 'own';
    };
    const hooks = { preTask: logged(log, 'pre'), afterTask: logged(log, 'after') };
    expect(await new Task({ name: 'main', ...hooks, taskFunction }).trigger('in')).toBe('own');
    expect(log).toEqual(['pre in', 'main in', 'after own']);
  });

  it('given a preTask that fails, when it is triggered, then it rejects, and nothing else ran', async () => {
    const log: string[] = [];
    const main = new Task({
      name: 'main',
      preTask: logged(log, 'pre', false),
      afterTask: logged(log, 'after'),
      taskFunction: async () => void log.push('main'),
    });
    await expect(main.trigger('in')).rejects.toThrow('pre failed');
    expect([log, main.errorCount]).toEqual([['pre in'], 1]);
  });

  it('given an afterTask that fails, when it is triggered, then it rejects, and the task has failed', async () => {
    const log: string[] = [];
    const main = new Task({ name: 'main', afterTask: logged(log, 'after', false), taskFunction: async () => 'own' });
    await expect(main.trigger()).rejects.toThrow('after failed');
    expect(main.getMetadata().status).toBe('failed');
  });

  it('given a task that fails, when it is triggered, then its afterTask doesn’t run', async () => {
    const log: string[] = [];
    const main = new Task({
      name: 'main',
      afterTask: logged(log, 'after'),
      taskFunction: () => Promise.reject(new Error('no')),
    });
    await expect(main.trigger()).rejects.toThrow('no');
    expect(log).toEqual([]);
  });

  it('given preTasks in a circle, when one is triggered, then TaskRecursionError names the way', async () => {
    const hooks: { second?: HookTask } = {};
    const first = new Task({ name: 'first', preTask: () => hooks.second as never, taskFunction: async () => {} });
    const second = new Task({ name: 'second', preTask: first, taskFunction: async () => {} });
    hooks.second = second;
    await expect(first.trigger()).rejects.toThrow(/'first' → 'second' → 'first'/);
    await expect(first.trigger()).rejects.toThrow(TaskRecursionError);
    expect([first.idle, second.idle]).toEqual([true, true]);
  });

  it('given a preTask that makes a new task for ever, when it is triggered, then TaskRecursionError ends it', async () => {
    const next = (depth: number): Task =>
      new Task({ name: `d${depth}`, preTask: () => next(depth + 1), taskFunction: async () => {} });
    await expect(next(0).trigger()).rejects.toThrow(TaskRecursionError);
  });
});
