/** Tasks that merge their triggers: buffered, once, debounced. */

import { OptionError, Task, TaskDebounced, TaskOnce, type TaskOptions } from 'taskspan';
import { describe, expect, it } from 'vitest';
import { type Gate, gate, World, watch } from '../engine/world.js';

/** Runs that wait to be let go, by their input. */
function held(): {
  readonly runs: Map<number, Gate<string>>;
  readonly taskFunction: (input: number) => Promise<string>;
} {
  const runs = new Map<number, Gate<string>>();
  const taskFunction = (input: number): Promise<string> => {
    const own = gate<string>();
    runs.set(input, own);
    return own.promise;
  };
  return { runs, taskFunction };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('bufferMax', () => {
  it('given n, when more than 2n are triggered, then n run at once, n wait in order, and later ones replace the newest', async () => {
    const { runs, taskFunction } = held();
    const task = new Task({ name: 'b', buffered: true, bufferMax: 2, taskFunction });
    const seen = [0, 1, 2, 3, 4, 5].map((input) => watch(task.trigger(input)));
    expect([[...runs.keys()], task.runCount]).toEqual([[0, 1], 2]);
    runs.get(1)?.open('one');
    await turn();
    expect([...runs.keys()]).toEqual([0, 1, 2]);
    runs.get(0)?.open('zero');
    await turn();
    expect([...runs.keys()]).toEqual([0, 1, 2, 5]);
    expect(seen.map(({ value }) => value)).toEqual(['zero', 'one', undefined, undefined, undefined, undefined]);
  });

  it('given a replaced call, when its replacement settles, then it settles alike, and the input is the last one’s', async () => {
    const { runs, taskFunction } = held();
    const task = new Task({ name: 'b', buffered: true, bufferMax: 1, taskFunction });
    const [first, second, third] = [0, 1, 2].map((input) => watch(task.trigger(input)));
    runs.get(0)?.open('zero');
    await turn();
    expect([...runs.keys()]).toEqual([0, 2]);
    runs.get(2)?.fail(new Error('no'));
    await turn();
    expect([first?.value, String(second?.error), String(third?.error)]).toEqual(['zero', 'Error: no', 'Error: no']);
  });

  it('given a run that fails, when others wait, then they run all the same', async () => {
    const task = new Task({
      name: 'b',
      buffered: true,
      bufferMax: 1,
      taskFunction: async (input: number) => {
        if (input === 0) throw new Error('no');
        return input;
      },
    });
    expect(await Promise.allSettled([task.trigger(0), task.trigger(1)])).toMatchObject([
      { status: 'rejected' },
      { status: 'fulfilled', value: 1 },
    ]);
  });

  it('given nothing but buffered, when it is triggered, then one runs and one waits', async () => {
    const { runs, taskFunction } = held();
    const task = new Task({ name: 'b', buffered: true, taskFunction });
    for (const input of [0, 1, 2]) void task.trigger(input);
    runs.get(0)?.open('');
    await turn();
    expect([...runs.keys()]).toEqual([0, 2]);
  });

  it('given bufferMax without buffered, when it is triggered, then nothing is buffered', () => {
    const { runs, taskFunction } = held();
    const task = new Task({ name: 'b', bufferMax: 1, taskFunction });
    for (const input of [0, 1, 2]) void task.trigger(input);
    expect(runs.size).toBe(3);
  });
});

describe('TaskOnce', () => {
  it('given concurrent and later triggers, when the first settles, then all settle as it did, and it ran once', async () => {
    const { runs, taskFunction } = held();
    const once = new TaskOnce({ name: 'o', taskFunction });
    expect(once.hasTriggered).toBe(false);
    const both = [once.trigger(1), once.trigger(2)];
    expect(once.hasTriggered).toBe(true);
    runs.get(1)?.open('first');
    expect([...(await Promise.all(both)), await once.trigger(3)]).toEqual(['first', 'first', 'first']);
    expect([once.runCount, runs.size]).toEqual([1, 1]);
  });

  it('given the first fails, when it is triggered again, then that rejects with the same error', async () => {
    const error = new Error('no');
    const once = new TaskOnce({ name: 'o', taskFunction: () => Promise.reject(error) });
    for (let i = 0; i < 2; i++) await expect(once.trigger()).rejects.toBe(error);
    expect(once.runCount).toBe(1);
  });

  it('given its function triggers it again at once, when it is triggered, then it runs once all the same', async () => {
    let count = 0;
    const once: TaskOnce = new TaskOnce({
      name: 'o',
      taskFunction: (input: string) => {
        count += 1;
        // Not awaited: that would be to wait for itself.
        if (count < 5) void once.trigger('again');
        return input;
      },
    });
    expect(await once.trigger('first')).toBe('first');
    expect(count).toBe(1);
  });
});

describe('TaskDebounced', () => {
  function debounced(world: World, options: Partial<TaskOptions> = {}) {
    const inputs: unknown[] = [];
    const taskFunction = async (input: string): Promise<string> => {
      inputs.push(input);
      if (input === 'bad') throw new Error('no');
      return `got ${input}`;
    };
    const task = new TaskDebounced({ name: 'd', debounceTimeInMillis: 300, taskFunction, ...(options as object) });
    world.manager({ tasks: [task] });
    return { task, inputs };
  }

  it('given a burst, when it has been quiet, then it ran once on the last input, and every call has that result', async () => {
    const world = new World();
    const { task, inputs } = debounced(world);
    const seen: ReturnType<typeof watch>[] = [];
    for (const input of ['h', 'he', 'hel']) {
      seen.push(watch(task.trigger(input)));
      await world.time.advance(299);
    }
    expect([inputs, seen.some(({ isSettled }) => isSettled)]).toEqual([[], false]);
    await world.time.advance(1);
    expect([inputs, seen.map(({ value }) => value)]).toEqual([['hel'], ['got hel', 'got hel', 'got hel']]);
  });

  it('given a burst that fails, when it has been quiet, then every call rejects, and the next burst is anew', async () => {
    const world = new World();
    const { task, inputs } = debounced(world);
    const seen = ['good', 'bad'].map((input) => watch(task.trigger(input)));
    await world.time.advance(300);
    expect(seen.map(({ error }) => String(error))).toEqual(['Error: no', 'Error: no']);
    const next = watch(task.trigger('next'));
    await world.time.advance(300);
    expect([next.value, inputs]).toEqual(['got next', ['bad', 'next']]);
  });

  it('given a time that is no whole number, when it is made, then OptionError names the option', () => {
    const taskFunction = async (): Promise<void> => {};
    for (const debounceTimeInMillis of [-1, 0.5, Number.NaN, undefined as never])
      expect(() => new TaskDebounced({ name: 'd', debounceTimeInMillis, taskFunction })).toThrow(
        /debounceTimeInMillis of task 'd'/,
      );
  });
});

it('given one that merges triggers by itself, when it is to be buffered too, then OptionError says so', () => {
  const options = { name: 'both', buffered: true, taskFunction: async () => {} };
  expect(() => new TaskOnce(options)).toThrow(OptionError);
  expect(() => new TaskDebounced({ ...options, debounceTimeInMillis: 1 })).toThrow(/leave `buffered` out/);
});
