/** The document's event types, on a task and on its manager. */

import { filter, map, take } from 'rxjs';
import { type ITaskEvent, Task, TaskManager, task as taskOf } from 'taskspan';
import { describe, expect, it } from 'vitest';
import { gate, World } from '../engine/world.js';

const steps = [
  { name: 'fetch', description: 'Fetching', percentage: 60 },
  { name: 'save', description: 'Saving', percentage: 40 },
] as const;

function stepped(): Task<undefined, typeof steps> {
  return new Task({
    name: 'sync',
    steps,
    labels: { tenant: 'acme' },
    taskFunction: async (isGood: boolean, _setup, ctx) => {
      ctx.notifyStep('fetch');
      if (!isGood) throw new Error('broken');
      ctx.notifyStep('save');
    },
  });
}

/** What a subject tells, from now on. */
function heard(source: { subscribe(next: (event: ITaskEvent) => void): unknown }): ITaskEvent[] {
  const events: ITaskEvent[] = [];
  source.subscribe((event) => void events.push(event));
  return events;
}

const types = (events: readonly ITaskEvent[]): string[] => events.map(({ type }) => type);

describe('event types', () => {
  it('given a run that succeeds, when it is heard, then started, each step by its name, completed', async () => {
    const task = stepped();
    const events = heard(task.eventSubject);
    const before = Date.now();
    await task.trigger(true);
    expect(events.map(({ type, stepName, error }) => [type, stepName, error])).toEqual([
      ['started', undefined, undefined],
      ['step', 'fetch', undefined],
      ['step', 'save', undefined],
      ['completed', undefined, undefined],
    ]);
    for (const { timestamp } of events) expect(timestamp).toBeGreaterThanOrEqual(before);
  });

  it('given a run that fails, when it is heard, then failed has the error’s message', async () => {
    const task = stepped();
    const events = heard(task.eventSubject);
    await task.trigger(false).catch(() => {});
    expect(types(events)).toEqual(['started', 'step', 'failed']);
    expect(events[2]).toMatchObject({
      error: 'broken',
      task: { status: 'failed', lastError: 'broken', errorCount: 1 },
    });
  });

  it('given any event, when it is heard, then it has the task as it was then, with its labels', async () => {
    const task = stepped();
    const events = heard(task.eventSubject);
    await task.trigger(true);
    task.setLabel('tenant', 'globex');
    expect(events.map(({ task: { status, currentProgress } }) => [status, currentProgress])).toEqual([
      ['running', 0],
      ['running', 30],
      ['running', 80],
      ['completed', 100],
    ]);
    expect(events.map(({ task: { name, labels, runCount } }) => [name, labels, runCount])).toEqual(
      Array(4).fill(['sync', { tenant: 'acme' }, 1]),
    );
    expect(events[1]?.task.steps.map(({ status }) => status)).toEqual(['active', 'pending']);
  });

  it('given catchErrors, when a run fails, then failed is heard all the same', async () => {
    const task = new Task({ name: 't', catchErrors: true, taskFunction: () => Promise.reject(new Error('no')) });
    const events = heard(task.eventSubject);
    await task.trigger();
    expect(types(events)).toEqual(['started', 'failed']);
  });

  it('given hooks, when a task runs with them, then each task tells of its own run', async () => {
    const hook = new Task({ name: 'hook', taskFunction: async () => {} });
    const main = new Task({ name: 'main', preTask: hook, taskFunction: async () => {} });
    const manager = new TaskManager({ tasks: [hook, main] });
    const events = heard(manager.taskSubject);
    await manager.triggerTask(main);
    expect(events.map(({ type, task }) => `${type} ${task.name}`)).toEqual([
      'started main',
      'started hook',
      'completed hook',
      'completed main',
    ]);
  });
});

describe('eventSubject', () => {
  it('given operators of rxjs, when events come, then they do as they say', async () => {
    const task = stepped();
    const names: unknown[] = [];
    const isStep = filter<ITaskEvent>(({ type }) => type === 'step');
    const subscription = task.eventSubject
      .pipe(
        isStep,
        map(({ stepName }) => stepName),
        take(1),
      )
      .subscribe((name) => names.push(name));
    await task.trigger(true);
    expect([names, subscription.closed]).toEqual([['fetch'], true]);
  });

  it('given a subscription that ended, when events come, then it hears none', async () => {
    const task = stepped();
    const events: ITaskEvent[] = [];
    const subscription = task.eventSubject.subscribe((event) => events.push(event));
    subscription.unsubscribe();
    await task.trigger(true);
    expect(events).toEqual([]);
  });
});

describe('taskSubject', () => {
  it('given several tasks, when they run, then one subscription hears all, jobs too, also from before the tasks were added', async () => {
    const world = new World();
    const manager = await world.started();
    const events = heard(manager.taskSubject);
    const job = taskOf('job', () => {});
    manager.addTask(stepped());
    manager.addTask(job);
    await manager.triggerTaskByName('sync', true);
    await manager.enqueue(job);
    await world.time.settle();
    expect(events.map(({ type, task }) => `${type} ${task.name}`)).toEqual([
      'started sync',
      'step sync',
      'step sync',
      'completed sync',
      'started job',
      'completed job',
    ]);
    expect(events[0]?.timestamp).toBe(world.time.now);
  });

  it('given a task that was removed, when it runs on, then nothing more is heard of it', async () => {
    const manager = new TaskManager();
    const own = gate();
    const task = new Task({ name: 't', taskFunction: () => own.promise });
    manager.addTask(task);
    const events = heard(manager.taskSubject);
    const run = task.trigger();
    manager.removeTask(task);
    own.open();
    await run;
    expect(types(events)).toEqual(['started']);
  });

  it('given a task with two managers, when it runs, then both hear of it once', async () => {
    const task = new Task({ name: 't', taskFunction: async () => {} });
    const managers = [new TaskManager({ tasks: [task] }), new TaskManager({ tasks: [task] })];
    const events = managers.map((manager) => heard(manager.taskSubject));
    managers[0]?.addTask(task);
    await task.trigger();
    expect(events.map(types)).toEqual(Array(2).fill(['started', 'completed']));
  });

  it('given stop, when tasks run, then nothing is heard; after start again it is', async () => {
    const world = new World();
    const task = new Task({ name: 't', taskFunction: async () => {} });
    const manager = await world.running(task);
    const events = heard(manager.taskSubject);
    await manager.stop();
    await task.trigger();
    expect(events).toEqual([]);
    await manager.start();
    await task.trigger();
    expect(types(events)).toEqual(['started', 'completed']);
  });

  it('given close, when it is done, then the subject completes', async () => {
    const manager = new World().manager();
    const seen: string[] = [];
    manager.taskSubject.subscribe({ complete: () => void seen.push('complete') });
    await manager.close();
    expect(seen).toEqual(['complete']);
  });
});
