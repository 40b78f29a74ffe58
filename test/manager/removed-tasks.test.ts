import { describe, expect, it } from 'vitest';
import { TaskDebounced } from '../../src/index.js';
import { World, watch } from '../engine/world.js';

describe('a debounced task that is removed from its manager', () => {
  it('given it waits for silence, when it is triggered once more, then one run answers both', async () => {
    const world = new World();
    const manager = world.manager();
    const echo = new TaskDebounced({
      name: 'echo',
      debounceTimeInMillis: 1_000,
      taskFunction: async (input: number) => input,
    });
    manager.addTask(echo);
    const first = watch(manager.triggerTask(echo, 1));
    manager.removeTask(echo);
    const second = watch(manager.triggerTask(echo, 2));
    await world.time.advance('5s');
    expect([first.value, second.value, echo.runCount]).toEqual([2, 2, 1]);
  });
});
