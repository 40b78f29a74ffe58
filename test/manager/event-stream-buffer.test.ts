import { describe, expect, it } from 'vitest';
import { OptionError, task } from '../../src/index.js';
import { all, World, watch } from '../engine/world.js';

describe('events of a manager, for await', () => {
  it('given a listener who is too slow, when it asks again, then it hears first how many were dropped, then the newest', async () => {
    const world = new World();
    const tick = task('tick', () => {});
    const manager = world.manager({ tasks: [tick] });
    const stream = manager.events({ buffer: 3 });
    for (let i = 0; i < 5; i++) await manager.triggerTask(tick);
    await manager.close();
    const heard = await all(stream);
    // Five runs are ten events, of which three may wait.
    expect(heard.map(({ type }) => type)).toEqual(['dropped', 'completed', 'started', 'completed']);
    expect(heard[0]).toEqual({ type: 'dropped', count: 7, timestamp: world.time.now });
  });

  it('given a listener who keeps up, when the manager closes, then it has heard all, in order, and its loop ends', async () => {
    const world = new World();
    const [one, two] = [task('one', () => {}), task('two', () => Promise.reject(new Error('no')))];
    const manager = world.manager({ tasks: [one, two] });
    const heard = watch(all(manager.events()));
    await manager.triggerTask(one);
    await manager.triggerTask(two).catch(() => {});
    await world.time.settle();
    expect(heard.isSettled).toBe(false);
    await manager.close();
    await world.time.settle();
    expect(heard.value).toMatchObject([
      { type: 'started', task: { name: 'one' } },
      { type: 'completed', task: { name: 'one', runCount: 1 } },
      { type: 'started', task: { name: 'two' } },
      { type: 'failed', task: { name: 'two', status: 'failed' }, error: 'no' },
    ]);
  });

  it('given a loop that is left, when tasks run on, then nothing waits for it', async () => {
    const world = new World();
    const tick = task('tick', () => {});
    const manager = world.manager({ tasks: [tick] });
    const stream = manager.events();
    await manager.triggerTask(tick);
    for await (const event of stream) {
      expect(event.type).toBe('started');
      break;
    }
    await manager.triggerTask(tick);
    expect(await all(stream)).toEqual([]);
  });

  it('given a buffer that is no whole number, or another option, when it is asked for, then OptionError says so', () => {
    const manager = new World().manager();
    expect(() => manager.events({ buffer: 0 })).toThrow(OptionError);
    expect(() => manager.events({ bufer: 5 } as never)).toThrow(/Did you mean 'buffer'/);
  });
});
