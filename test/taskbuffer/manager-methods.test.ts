/** The document's tables "TaskManager Methods" and "TaskManager Properties", but for schedules and events. */

import { DuplicateTaskError, OptionError, Task, TaskConstraintGroup, TaskManager, UnknownTaskError } from 'taskspan';
import { describe, expect, it } from 'vitest';
import { World, watch } from '../engine/world.js';

const echo = (name: string, labels: Record<string, string> = {}): Task =>
  new Task({ name, labels, taskFunction: async (input: unknown) => [name, input] });

describe('addTask, removeTask and getTaskByName', () => {
  it('given a task, when it is added and removed, then it is found meanwhile', () => {
    const manager = new TaskManager();
    const task = echo('a');
    expect([manager.addTask(task), manager.getTaskByName('a')]).toEqual([undefined, task]);
    expect([manager.removeTask(task), manager.getTaskByName('a')]).toEqual([undefined, undefined]);
  });

  it('given a second task of a name, when it is added, then DuplicateTaskError; the same task twice is once', () => {
    const task = echo('a');
    const manager = new TaskManager({ tasks: [task] });
    manager.addTask(task);
    expect(() => manager.addTask(echo('a'))).toThrow(DuplicateTaskError);
    expect(manager.getTaskByName('a')).toBe(task);
    expect(manager.taskMap.size).toBe(1);
  });

  it('given another task of the name, or one that isn’t there, when it is removed, then nothing changes', () => {
    const task = echo('a');
    const manager = new TaskManager({ tasks: [task] });
    manager.removeTask(echo('a'));
    manager.removeTask(echo('b'));
    expect(manager.getTaskByName('a')).toBe(task);
  });

  it('given no task, when it is added or triggered, then OptionError', async () => {
    const manager = new TaskManager();
    expect(() => manager.addTask({ name: 'fake' } as never)).toThrow(OptionError);
    await expect(manager.triggerTask({ name: 'fake' } as never, undefined as never)).rejects.toThrow(OptionError);
  });
});

describe('triggers', () => {
  it('given a task, when it is triggered in any way, then it gets the input, before start too', async () => {
    const task = echo('a');
    const manager = new TaskManager({ tasks: [task] });
    expect(await manager.triggerTask(task, 1)).toEqual(['a', 1]);
    expect(await manager.triggerTask(task)).toEqual(['a', undefined]);
    expect(await manager.triggerTaskConstrained(task, 2)).toEqual(['a', 2]);
    expect(await manager.triggerTaskByName('a', 3)).toEqual(['a', 3]);
    expect(await manager.triggerTaskByName('a')).toEqual(['a', undefined]);
    expect(task.runCount).toBe(5);
  });

  it('given an unknown name, when it is triggered, then UnknownTaskError suggests the nearest', async () => {
    const manager = new TaskManager({ tasks: [echo('deploy')] });
    await expect(manager.triggerTaskByName('depoly')).rejects.toThrow(UnknownTaskError);
    await expect(manager.triggerTaskByName('depoly')).rejects.toThrow(/Did you mean 'deploy'/);
  });

  it('given a task that was never added, when it is triggered, then it runs', async () => {
    expect(await new TaskManager().triggerTask(echo('a'), 1)).toEqual(['a', 1]);
  });

  it.each(['triggerTask', 'triggerTaskConstrained', 'triggerTaskByName', 'addExecuteRemoveTask'] as const)(
    'given a constraint group, when %s is called, then it goes through it',
    async (method) => {
      const task = echo('a');
      const manager = new TaskManager({ tasks: method === 'addExecuteRemoveTask' ? [] : [task] });
      const seen: unknown[] = [];
      const group = new TaskConstraintGroup({
        name: 'g',
        constraintKeyForExecution: (own) => own.name,
        shouldExecute: (own) => {
          seen.push([own.name, group.getRunningCount('a')]);
          return false;
        },
      });
      manager.addConstraintGroup(group);
      if (method === 'triggerTaskByName') await manager.triggerTaskByName('a');
      else await (manager[method] as (own: Task) => Promise<unknown>).call(manager, task);
      expect([seen, task.runCount, group.getRunningCount('a')]).toEqual([[['a', 1]], 0, 0]);
    },
  );
});

describe('labels and metadata', () => {
  it('given labels, when tasks are looked for, then those with that value are found, in the order they were added', () => {
    const [one, two, three] = [echo('1', { t: 'a' }), echo('2', { t: 'b' }), echo('3', { t: 'a' })];
    const manager = new TaskManager({ tasks: [one, two, three] });
    expect(manager.getTasksByLabel('t', 'a')).toEqual([one, three]);
    expect(manager.getTasksByLabel('u', 'a')).toEqual([]);
    expect(manager.getTasksMetadataByLabel('t', 'b')).toMatchObject([{ name: '2', labels: { t: 'b' } }]);
    two.setLabel('t', 'a');
    expect(manager.getTasksByLabel('t', 'a')).toEqual([one, two, three]);
  });

  it('given tasks, when their metadata is looked at, then it is there by name and for all; null for an unknown name', async () => {
    const manager = new TaskManager({ tasks: [echo('a'), echo('b')] });
    await manager.triggerTaskByName('b');
    expect(manager.getTaskMetadata('b')).toMatchObject({ name: 'b', status: 'completed', runCount: 1 });
    expect(manager.getTaskMetadata('c')).toBeNull();
    expect(manager.getAllTasksMetadata().map(({ name, runCount }) => [name, runCount])).toEqual([
      ['a', 0],
      ['b', 1],
    ]);
  });
});

describe('taskMap', () => {
  it('given tasks, when it is read in any way, then it shows those of the moment', () => {
    const [a, b] = [echo('a'), echo('b')];
    const manager = new TaskManager({ tasks: [a] });
    const { taskMap } = manager;
    manager.addTask(b);
    expect([taskMap.size, taskMap.get('b'), taskMap.get('c')]).toEqual([2, b, undefined]);
    expect([taskMap.has('a'), taskMap.has('c')]).toEqual([true, false]);
    expect([...taskMap.values()]).toEqual([a, b]);
    expect([taskMap.find(({ name }) => name === 'b'), taskMap.find(() => false)]).toEqual([b, undefined]);
    const seen: string[] = [];
    taskMap.forEach(({ name }) => void seen.push(name));
    expect(seen).toEqual(['a', 'b']);
    taskMap.getArray().pop();
    expect(taskMap.getArray()).toEqual([a, b]);
    manager.removeTask(a);
    expect([taskMap.size, taskMap.has('a')]).toEqual([1, false]);
  });
});

describe('constraintGroups', () => {
  it('given groups, when they are added and removed, then it shows them; changing the array changes nothing', () => {
    const manager = new World().manager();
    const group = new TaskConstraintGroup({ name: 'g', constraintKeyForExecution: () => null });
    expect(manager.addConstraintGroup(group)).toBeUndefined();
    manager.constraintGroups.pop();
    expect(manager.constraintGroups).toEqual([group]);
    expect(manager.removeConstraintGroup('g')).toBeUndefined();
    expect(manager.constraintGroups).toEqual([]);
  });
});

describe('addExecuteRemoveTask', () => {
  const steps = [
    { name: 'one', description: '', percentage: 50 },
    { name: 'two', description: '', percentage: 50 },
  ] as const;

  it('given a task and an input, when it has run, then the report tells how, and the task is gone', async () => {
    const world = new World();
    const manager = world.manager();
    const task = new Task({
      name: 'temp',
      steps,
      taskFunction: async (input: string, _setup, ctx) => {
        ctx.notifyStep('one');
        await world.sleep(250);
        return `got ${input}`;
      },
    });
    const seen = watch(manager.addExecuteRemoveTask(task, { input: 'x' }));
    expect(manager.getTaskByName('temp')).toBe(task);
    await world.time.advance(250);
    const endTime = world.time.now;
    expect(seen.value).toEqual({
      taskName: 'temp',
      startTime: endTime - 250,
      endTime,
      duration: 250,
      steps: [
        expect.objectContaining({ name: 'one', status: 'completed', duration: 250 }),
        expect.objectContaining({ name: 'two', status: 'pending' }),
      ],
      stepsCompleted: ['one'],
      progress: 50,
      result: 'got x',
    });
    expect(manager.getTaskByName('temp')).toBeUndefined();
  });

  it('given trackProgress false, when it has run, then the report lists no steps', async () => {
    const task = new Task({ name: 'temp', steps, taskFunction: async () => {} });
    const report = await new TaskManager().addExecuteRemoveTask(task, { trackProgress: false });
    expect([report.steps, report.stepsCompleted]).toEqual([[], []]);
  });

  it('given a task that fails, or a name that is taken, when it is run, then it rejects; only the own task is removed', async () => {
    const taken = echo('taken');
    const manager = new TaskManager({ tasks: [taken] });
    const bad = new Task({ name: 'bad', taskFunction: () => Promise.reject(new Error('no')) });
    await expect(manager.addExecuteRemoveTask(bad)).rejects.toThrow('no');
    await expect(manager.addExecuteRemoveTask(echo('taken'))).rejects.toThrow(DuplicateTaskError);
    expect(manager.tasks).toEqual([taken]);
  });
});
