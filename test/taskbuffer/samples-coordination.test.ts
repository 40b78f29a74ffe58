/** The document's sample of a coordinator, run as it is written. */

import type { TaskManager } from 'taskspan';
import { describe, expect, it } from 'vitest';
import { World } from '../engine/world.js';
import { run, taskOf, taskspanIn } from './samples.js';

describe('a distributed coordinator', () => {
  it('given the sample’s, when a run is scheduled, then it is asked, hears the outcome, and is started and stopped; a manual run doesn’t ask', async () => {
    const world = new World({ startAt: Date.UTC(2030, 0, 1, 0, 0, 30) });
    const { names } = await run('distributed-coordination', 'Distributed Coordination', {}, taskspanIn(world));
    const manager: TaskManager = names.manager;
    const calls: string[] = [];
    // The sample's methods, seen when they are called.
    for (const method of ['start', 'stop', 'fireDistributedTaskRequest', 'updateDistributedTaskRequest']) {
      const own = names.RedisCoordinator.prototype[method];
      names.RedisCoordinator.prototype[method] = function (...args: unknown[]): unknown {
        calls.push(method);
        return own.apply(this, args);
      };
    }
    const task = taskOf('t');
    manager.addAndScheduleTask(task, '* * * * *');
    await manager.triggerTask(task, '');
    expect([calls, task.runCount]).toEqual([[], 1]);
    await manager.start();
    await world.time.advance('1m');
    expect(task.runCount).toBe(2);
    expect(calls.slice(0, 2)).toEqual(['start', 'fireDistributedTaskRequest']);
    expect(calls).toContain('updateDistributedTaskRequest');
    await manager.stop();
    await world.time.advance('1m');
    expect([calls.at(-1), task.runCount]).toEqual(['stop', 2]);
  });
});
