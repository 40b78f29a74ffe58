/** The document's samples on single tasks, run as they are written. */

import { Task } from 'taskspan';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { run } from './samples.js';

describe('the quick start', () => {
  it('greets', async () => {
    const { names, printed } = await run('quick-start', 'Basic Task');
    expect(printed).toEqual(['Hello, World!']);
    expect(names.result).toBe('Hello, World!');
  });

  it('has data on its task', async () => {
    const { names, printed } = await run('quick-start', 'Task with Typed Data');
    await names.task.trigger();
    expect(printed).toEqual(['Updating DNS for example.com']);
    expect(names.task.data).toEqual({ domain: 'example.com', priority: 1 });
  });

  it('counts progress by its steps', async () => {
    const seen: unknown[] = [];
    let deployTask: { getProgress(): number } | null = null;
    class KnownTask extends Task {
      constructor(options: never) {
        super(options);
        deployTask = this;
      }
    }
    const look = (name: string) => async () => void seen.push([name, deployTask?.getProgress()]);
    const { names, printed } = await run('quick-start', 'Task with Steps & Progress', {
      Task: KnownTask,
      buildApp: look('build'),
      runTests: look('test'),
      deployToServer: look('deploy'),
      verifyDeployment: look('verify'),
    });
    expect(seen).toEqual([
      ['build', 15],
      ['test', 40],
      ['deploy', 70],
      ['verify', 95],
    ]);
    expect(printed[0]).toBe(100);
    expect(printed[1]).toMatchObject([
      { name: 'build', description: 'Building app', percentage: 30, status: 'completed' },
      { name: 'test', status: 'completed' },
      { name: 'deploy', status: 'completed' },
      { name: 'verify', percentage: 10, status: 'completed' },
    ]);
    expect(await names.deployTask.trigger()).toBe('Deployment successful!');
  });
});

describe('labels', () => {
  it('are set, read, removed, and part of the metadata', async () => {
    const { names, printed } = await run('labels', 'Labels');
    expect(printed).toEqual([{ userId: 'u-42', tenantId: 'acme-corp', region: 'eu-west' }]);
    expect(names.task.getLabel('userId')).toBe('u-42');
    expect(names.task.hasLabel('tenantId', 'acme-corp')).toBe(true);
    expect(names.task.removeLabel('priority')).toBe(false);
  });

  it('select tasks of a manager', async () => {
    const [orderTask1, orderTask2, orderTask3] = ['acme', 'globex', 'acme'].map(
      (tenantId, i) => new Task({ name: `order-${i}`, labels: { tenantId }, taskFunction: async () => {} }),
    );
    const { names } = await run('labels', 'Filtering Tasks by Label in TaskManager', {
      orderTask1,
      orderTask2,
      orderTask3,
    });
    expect(names.acmeTasks).toEqual([orderTask1, orderTask3]);
    expect(names.acmeMetadata).toMatchObject([{ name: 'order-0' }, { name: 'order-2', labels: { tenantId: 'acme' } }]);
  });
});

describe('events', () => {
  it('tell of a task’s start, steps and end', async () => {
    const saveData = vi.fn(async () => {});
    const { printed } = await run('push-based-events', 'Push-Based Events', {
      fetchData: async () => 'data',
      saveData,
    });
    expect(saveData).toHaveBeenCalledWith('data');
    expect(printed.map((line) => String(line).replace(/@ \d{4}-\d\d-\d\dT[\d:.]+Z$/, '@'))).toEqual([
      '[started] DataSync @',
      '[step] DataSync @',
      ' Step: fetch',
      '[step] DataSync @',
      ' Step: save',
      '[completed] DataSync @',
    ]);
  });

  it('of all tasks come together in the manager, but for those that were removed', async () => {
    const [syncTask, reportTask, cleanupTask] = ['sync', 'report', 'cleanup'].map(
      (name) => new Task({ name, taskFunction: async () => {} }),
    );
    const sendToMonitoringDashboard = vi.fn();
    const given = { syncTask, reportTask, cleanupTask, sendToMonitoringDashboard };
    await run('push-based-events', 'Aggregated Events on TaskManager', given);
    for (const task of [syncTask, reportTask, cleanupTask]) await task?.trigger();
    expect(sendToMonitoringDashboard.mock.calls.map(([event]) => [event.type, event.task.name])).toEqual([
      ['started', 'report'],
      ['completed', 'report'],
      ['started', 'cleanup'],
      ['completed', 'cleanup'],
    ]);
  });
});

describe('errors', () => {
  it('reject the trigger', async () => {
    expect((await run('error-handling', 'Error Handling')).printed).toEqual(['something broke']);
  });

  it('are swallowed by catchErrors, and noted all the same', async () => {
    const { names } = await run('error-handling', 'Swallowing Errors with catchErrors');
    expect(names.result).toBeUndefined();
    const { printed } = await run('error-handling', 'Error State Tracking', { task: names.task });
    expect(printed).toEqual([expect.objectContaining({ message: 'non-critical' }), 1, 'failed']);
    expect(names.task).toMatchObject({ lastError: undefined, errorCount: 1 });
  });
});

describe('hooks and setup', () => {
  it('run before and after', async () => {
    const { names, printed } = await run('advanced-patterns', 'Pre-Task & After-Task Hooks');
    expect(printed).toEqual(['Setting up...', 'Doing work...', 'Cleaning up...']);
    expect(await names.mainTask.trigger()).toBe('done');
  });

  it('set up once', async () => {
    const query = vi.fn(async (text: string) => text.length);
    const createConnectionPool = vi.fn(async () => ({ query }));
    await run('advanced-patterns', 'One-Time Setup Functions', { createConnectionPool });
    expect(createConnectionPool).toHaveBeenCalledTimes(1);
    expect(query.mock.calls).toEqual([['SELECT * FROM users'], ['SELECT * FROM orders']]);
  });
});

describe('kinds of tasks', () => {
  it('a buffered one runs bufferMax at once, as many wait, and the last of a hundred replaces the newest', async () => {
    let running = 0;
    let most = 0;
    const asked: string[] = [];
    const fetch = async (endpoint: string) => {
      asked.push(endpoint);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return { json: () => endpoint };
    };
    const { names } = await run('core-concepts', 'Task Buffering', { fetch });
    await vi.waitFor(() => expect(names.apiTask.idle && asked.length >= 10).toBe(true));
    expect(most).toBe(5);
    expect(asked).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 99].map((i) => `/api/data/${i}`));
  });

  it('a debounced one runs once it was quiet, on the last input', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const searchAPI = vi.fn(async (query: string) => [query]);
    await run('core-concepts', 'Debounced Tasks', { searchAPI });
    await vi.advanceTimersByTimeAsync(299);
    expect(searchAPI).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(searchAPI.mock.calls).toEqual([['hello']]);
  });

  it('one that is there once runs once', async () => {
    const setupDatabase = vi.fn(async () => {});
    const { printed } = await run('core-concepts', 'TaskOnce', { setupDatabase });
    expect(setupDatabase).toHaveBeenCalledTimes(1);
    expect(printed).toEqual(['Initialized!', true]);
  });
});
