/** Taskchain and Taskparallel. */

import { OptionError, Task, Taskchain, TaskchainError, Taskparallel, TaskRecursionError } from 'taskspan';
import { describe, expect, it } from 'vitest';
import { gate, watch } from '../engine/world.js';

const add = (name: string, suffix: string): Task<undefined, readonly [], object, string, string> =>
  new Task({ name, taskFunction: async (input: string) => input + suffix });
const failing = (error: unknown): Task => new Task({ name: 'bad', taskFunction: () => Promise.reject(error) });

describe('a chain', () => {
  it('given tasks, when it is triggered, then each gets what the one before gave', async () => {
    expect(await new Taskchain({ name: 'c', taskArray: [add('a', '1'), add('b', '2')] }).trigger('0')).toBe('012');
  });

  it('given no task, when it is triggered, then it resolves with its input', async () => {
    expect(await new Taskchain({ name: 'c', taskArray: [] }).trigger('in')).toBe('in');
  });

  it('given one that fails, when it is triggered, then the rest doesn’t run, and the error says where and why', async () => {
    const cause = new Error('broken');
    const [first, last] = [add('first', ''), add('last', '')];
    const chain = new Taskchain({ name: 'c', taskArray: [first, failing(cause), last] });
    const error = await chain.trigger('in').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TaskchainError);
    expect(error).toMatchObject({
      message: "Chain 'c' failed at task 'bad' (index 1): broken",
      chain: 'c',
      task: 'bad',
      index: 1,
    });
    expect((error as Error).cause).toBe(cause);
    expect([first.runCount, last.runCount, chain.lastError]).toEqual([1, 0, error]);
  });

  it.each([undefined, null, Symbol('s'), Object.create(null)])(
    'given one that throws %o, when it is triggered, then that is the cause',
    async (thrown) => {
      const error = await new Taskchain({ name: 'c', taskArray: [failing(thrown)] }).trigger().catch((e: unknown) => e);
      expect(error).toBeInstanceOf(TaskchainError);
      expect((error as Error).cause).toBe(thrown);
    },
  );

  it('given a member that swallows its errors, when that fails, then the chain goes on with undefined', async () => {
    const quiet = new Task({ name: 'quiet', catchErrors: true, taskFunction: () => Promise.reject(new Error('no')) });
    const tell = new Task({ name: 'tell', taskFunction: async (input: unknown) => `got ${String(input)}` });
    expect(await new Taskchain({ name: 'c', taskArray: [quiet, tell] }).trigger()).toBe('got undefined');
  });

  it('given a run under way, when the chain changes, then that run goes on as it began, and the next has the change', async () => {
    const own = gate();
    const wait = new Task({ name: 'wait', taskFunction: async (input: string) => own.promise.then(() => input) });
    const [b, c] = [add('b', 'b'), add('c', 'c')];
    const chain: Taskchain = new Taskchain({ name: 'chain', taskArray: [wait, b] });
    const run = chain.trigger('');
    expect([chain.addTask(c), chain.removeTask(b), chain.removeTask(b)]).toEqual([undefined, true, false]);
    own.open();
    expect([await run, await chain.trigger('')]).toEqual(['b', 'c']);
    expect([chain.shiftTask(), chain.shiftTask(), chain.shiftTask()]).toEqual([wait, c, undefined]);
  });

  it('given the array that it was made of, when that changes later, then the chain doesn’t', async () => {
    const tasks = [add('a', 'a')];
    const chain = new Taskchain({ name: 'c', taskArray: tasks });
    tasks.push(add('b', 'b'));
    expect(await chain.trigger('')).toBe('a');
  });

  it('given one that contains itself, when it is triggered, then TaskRecursionError, not an endless loop', async () => {
    const chain: Taskchain = new Taskchain({ name: 'self', taskArray: [] });
    chain.addTask(new Taskparallel({ name: 'between', taskArray: [chain] }));
    const error = await chain.trigger().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TaskchainError);
    expect((error as Error).cause).toBeInstanceOf(TaskRecursionError);
    expect(String(error)).toContain("'self' → 'between' → 'self'");
    expect([chain.idle, chain.errorCount]).toEqual([true, 1]);
  });

  it('given something that is no task, when it is made or added, then OptionError says where', () => {
    expect(() => new Taskchain({ name: 'c', taskArray: [add('a', ''), {} as never] })).toThrow(
      /taskArray\[1\] of Taskchain 'c'/,
    );
    expect(() => new Taskchain({ name: 'c', taskArray: undefined as never })).toThrow(OptionError);
    const chain: Taskchain = new Taskchain({ name: 'c', taskArray: [] });
    expect(() => chain.addTask(null as never)).toThrow(/addTask of Taskchain 'c' is null/);
  });
});

describe('parallel tasks', () => {
  it('given tasks, when triggered, then all run at once on the one input, and the results are in order', async () => {
    const [slow, quick] = [gate<string>(), gate<string>()];
    const wait = (name: string, own: typeof slow): Task => new Task({ name, taskFunction: () => own.promise });
    const parallel = new Taskparallel({ name: 'p', taskArray: [wait('slow', slow), wait('quick', quick)] });
    const run = parallel.trigger('x');
    quick.open('quick');
    await quick.promise;
    slow.open('slow');
    expect(await run).toEqual(['slow', 'quick']);
    expect(await new Taskparallel({ taskArray: [add('a', '1'), add('b', '2')] }).trigger('x')).toEqual(['x1', 'x2']);
  });

  it('given no task, when triggered, then the result is empty', async () => {
    expect(await new Taskparallel({ name: 'p', taskArray: [] }).trigger()).toEqual([]);
  });

  it('given one that fails, when triggered, then it rejects with that error once all have ended', async () => {
    const error = new Error('no');
    const own = gate();
    const slow = new Task({ name: 'slow', taskFunction: () => own.promise });
    const seen = watch(new Taskparallel({ name: 'p', taskArray: [slow, failing(error)] }).trigger());
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen.isSettled).toBe(false);
    own.open();
    await new Promise((resolve) => setImmediate(resolve));
    expect([seen.error, slow.runCount, slow.idle]).toEqual([error, 1, true]);
  });
});
