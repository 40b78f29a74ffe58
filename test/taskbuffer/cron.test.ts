/** The document's cron schedules, in virtual time. */

import { type AnyTask, ScheduleError, Task, UnknownTaskError } from 'taskspan';
import { describe, expect, it } from 'vitest';
import { gate, World } from '../engine/world.js';

const START = Date.UTC(2030, 0, 1, 0, 0, 30);
const MINUTE = 60_000;

/** When it ran, in whole seconds after midnight. */
function clocked(world: World, name: string): { readonly task: AnyTask; readonly at: number[] } {
  const at: number[] = [];
  const task = new Task({
    name,
    taskFunction: async () => void at.push(Math.floor((world.time.now - START) / 1_000) + 30),
  });
  return { task, at };
}

describe('addAndScheduleTask and scheduleTaskByName', () => {
  it('given a pattern before start, when the manager starts, then the task runs by it', async () => {
    const world = new World({ startAt: START });
    const { task, at } = clocked(world, 't');
    const manager = world.manager();
    expect(manager.addAndScheduleTask(task, '*/5 * * * *')).toBeUndefined();
    await world.time.advance(10 * MINUTE);
    expect(at).toEqual([]);
    await manager.start();
    await world.time.advance(10 * MINUTE);
    expect(at.filter((second) => second % 300 === 0)).toEqual([900, 1_200]);
  });

  it('given a pattern after start, when time goes on, then it is honoured at once; six fields have seconds', async () => {
    const world = new World({ startAt: START });
    const { task, at } = clocked(world, 't');
    const manager = await world.started();
    manager.addTask(task);
    expect(manager.scheduleTaskByName('t', '*/20 * * * * *')).toBeUndefined();
    await world.time.advance(MINUTE);
    expect(at).toEqual([40, 60, 80]);
  });

  it('given a name that is scheduled, when it is scheduled again, then the new pattern replaces the old', async () => {
    const world = new World({ startAt: START });
    const { task, at } = clocked(world, 't');
    const manager = await world.started();
    manager.addAndScheduleTask(task, '* * * * *');
    await world.time.advance(MINUTE);
    manager.scheduleTaskByName('t', '0 2 * * *');
    await world.time.advance(5 * MINUTE);
    expect(at).toEqual([60]);
    expect(manager.getScheduledTasks().map(({ schedule }) => schedule)).toEqual(['0 2 * * *']);
    expect(await manager.schedules()).toHaveLength(1);
  });

  it('given a run that is under way, when the next is due, then that is skipped', async () => {
    const world = new World({ startAt: START });
    const own = gate();
    const task = new Task({ name: 'long', taskFunction: () => own.promise });
    const manager = await world.started();
    manager.addAndScheduleTask(task, '* * * * *');
    await world.time.advance(5 * MINUTE);
    expect(task.runCount).toBe(1);
    own.open();
    await world.time.advance(MINUTE);
    expect(task.runCount).toBe(2);
  });

  it('given a bad pattern or an unknown name, when it is scheduled, then that throws at once, and nothing is added', () => {
    const manager = new World().manager();
    const task = new Task({ name: 't', taskFunction: async () => {} });
    for (const cron of ['', 'daily', '61 * * * *', '* * *'])
      expect(() => manager.addAndScheduleTask(task, cron), cron).toThrow(ScheduleError);
    expect(manager.getTaskByName('t')).toBeUndefined();
    expect(() => manager.scheduleTaskByName('t', '* * * * *')).toThrow(UnknownTaskError);
  });

  it('given a date further away than a timer reaches, when it comes, then the task runs', async () => {
    const world = new World({ startAt: START });
    const { task, at } = clocked(world, 'yearly');
    const manager = await world.started();
    manager.addAndScheduleTask(task, '0 0 1 3 *');
    expect(manager.getScheduledTasks()[0]?.nextRun.toISOString()).toBe('2030-03-01T00:00:00.000Z');
    await manager.stop();
    world.time.jump(58 * 86_400_000);
    await manager.start();
    await world.time.advance('1d');
    expect(at).toEqual([59 * 86_400]);
  });
});

describe('descheduleTaskByName', () => {
  it('given a schedule, when it is ended, then the task stays and runs no more by it', async () => {
    const world = new World({ startAt: START });
    const { task, at } = clocked(world, 't');
    const manager = await world.started();
    manager.addAndScheduleTask(task, '* * * * *');
    await world.time.advance(MINUTE);
    expect(manager.descheduleTaskByName('t')).toBeUndefined();
    await world.time.advance(5 * MINUTE);
    expect([at, manager.getScheduledTasks(), manager.getTaskByName('t')]).toEqual([[60], [], task]);
    manager.descheduleTaskByName('no such name');
    await world.time.settle();
  });
});

describe('getScheduledTasks and getNextScheduledRuns', () => {
  it('given schedules, when they are read, then the next comes first, with all there is; reading changes nothing', async () => {
    const world = new World({ startAt: START });
    const manager = world.manager();
    for (const [name, cron] of [
      ['later', '0 2 * * *'],
      ['soon', '*/5 * * * *'],
      ['between', '30 1 * * *'],
    ] as const)
      manager.addAndScheduleTask(clocked(world, name).task, cron);
    const read = manager.getScheduledTasks();
    expect(read).toMatchObject([
      { name: 'soon', schedule: '*/5 * * * *', nextRun: new Date(Date.UTC(2030, 0, 1, 0, 5)), lastRun: undefined },
      { name: 'between', nextRun: new Date(Date.UTC(2030, 0, 1, 1, 30)) },
      { name: 'later', nextRun: new Date(Date.UTC(2030, 0, 1, 2, 0)), metadata: { name: 'later', status: 'idle' } },
    ]);
    expect(manager.getScheduledTasks()).toEqual(read);
    expect(manager.getNextScheduledRuns(2)).toEqual([
      { taskName: 'soon', nextRun: new Date(Date.UTC(2030, 0, 1, 0, 5)), schedule: '*/5 * * * *' },
      { taskName: 'between', nextRun: new Date(Date.UTC(2030, 0, 1, 1, 30)), schedule: '30 1 * * *' },
    ]);
    expect(manager.getNextScheduledRuns()).toHaveLength(3);
    expect(manager.getTaskMetadata('soon')).toMatchObject({
      cronSchedule: '*/5 * * * *',
      nextRun: new Date(Date.UTC(2030, 0, 1, 0, 5)),
    });
    expect(() => manager.getNextScheduledRuns(-1)).toThrow(/limit of getNextScheduledRuns/);
  });
});

describe('start and stop', () => {
  it('given stop, when time goes on, then nothing runs by schedule; after start again it does, and is heard', async () => {
    const world = new World({ startAt: START });
    const { task, at } = clocked(world, 't');
    const manager = await world.started();
    manager.addAndScheduleTask(task, '* * * * *');
    const heard: string[] = [];
    manager.taskSubject.subscribe(({ type }) => void heard.push(type));
    await world.time.advance(MINUTE);
    await manager.stop();
    await world.time.advance(5 * MINUTE);
    expect([at, heard]).toEqual([[60], ['started', 'completed']]);
    await manager.start();
    await world.time.advance(MINUTE);
    expect(at.length).toBeGreaterThan(1);
    expect(at.at(-1)).toBe(420);
    expect(heard.length).toBe(at.length * 2);
  });

  it('given start and stop twice, when they are awaited, then twice is once', async () => {
    const world = new World({ startAt: START });
    const { task, at } = clocked(world, 't');
    const manager = world.manager();
    manager.addAndScheduleTask(task, '* * * * *');
    await Promise.all([manager.start(), manager.start()]);
    await world.time.advance(MINUTE);
    expect(at).toEqual([60]);
    await Promise.all([manager.stop(), manager.stop()]);
  });
});
