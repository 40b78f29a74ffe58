import { describe, expect, it } from 'vitest';
import { OptionError, ScheduleError, task, UnknownTaskError } from '../../src/index.js';
import { World } from '../engine/world.js';
import { ticking } from './ticking.js';

describe('the documented addAndScheduleTask, scheduleTaskByName, descheduleTaskByName', () => {
  it('given a manager that isn’t started, when a task is added and scheduled, then it is written at start and fires', async () => {
    const world = new World();
    const { tick, at } = ticking(world);
    const manager = world.manager();
    manager.addAndScheduleTask(tick, '*/10 * * * * *');
    expect(await manager.schedules()).toEqual([]);
    await manager.start();
    expect((await manager.schedules()).map((s) => s.id)).toEqual(['task:tick']);
    await world.time.advance('25s');
    expect(at()).toEqual([10_000, 20_000]);
    manager.descheduleTaskByName('tick');
    await world.time.advance('30s');
    expect(at()).toHaveLength(2);
    expect(await manager.schedules()).toEqual([]);
  });

  it('given a started manager, when a task is scheduled by name, then it fires, and equals schedule() with its id', async () => {
    const world = new World();
    const { tick, at } = ticking(world);
    const manager = await world.running(tick);
    manager.scheduleTaskByName('tick', '*/10 * * * * *');
    await world.time.advance('11s');
    expect(at()).toEqual([10_000]);
    const same = await manager.schedule(tick, undefined, { id: 'task:tick', cron: '*/10 * * * * *' });
    expect(same.firedCount).toBe(1);
  });

  it('given a bad pattern, when it is given, then it throws at once and the task isn’t added', () => {
    const world = new World();
    const { tick } = ticking(world);
    const manager = world.manager();
    expect(() => manager.addAndScheduleTask(tick, '61 * * * *')).toThrow(ScheduleError);
    expect(manager.getTaskByName('tick')).toBeUndefined();
    manager.addTask(tick);
    expect(() => manager.scheduleTaskByName('tick', 'nonsense')).toThrow(ScheduleError);
    expect(() => manager.scheduleTaskByName('tick', 5 as never)).toThrow(OptionError);
  });

  it('given an unknown name, when it is scheduled, then the error suggests the nearest', () => {
    const world = new World();
    const manager = world.manager({ tasks: [task('cleanup', () => {})] });
    expect(() => manager.scheduleTaskByName('cleanpu', '* * * * *')).toThrow(UnknownTaskError);
    expect(() => manager.scheduleTaskByName('cleanpu', '* * * * *')).toThrow(/Did you mean 'cleanup'/);
    expect(() => manager.scheduleTaskByName('something else', '* * * * *')).toThrow(/Registered: cleanup/);
  });

  it('given it is descheduled before the start, when the manager starts, then it isn’t written', async () => {
    const world = new World();
    const { tick } = ticking(world);
    const manager = world.manager();
    manager.addAndScheduleTask(tick, '* * * * *');
    manager.descheduleTaskByName('tick');
    await manager.start();
    expect(await manager.schedules()).toEqual([]);
  });

  it('given the store fails while schedules are written, when start is called again, then they are written', async () => {
    const world = new World();
    const { tick, at } = ticking(world);
    let fails = 1;
    const store = {
      ...world.store,
      putSchedule: (s: Parameters<typeof world.store.putSchedule>[0]) =>
        fails-- > 0 ? Promise.reject(new Error('away')) : world.store.putSchedule(s),
    };
    const manager = world.manager({ store });
    manager.addAndScheduleTask(tick, '*/10 * * * * *');
    await expect(manager.start()).rejects.toThrow('away');
    await manager.start();
    await world.time.advance('11s');
    expect(at()).toEqual([10_000]);
  });

  it('given the store fails for a started manager, when it is scheduled by name, then an error event tells', async () => {
    const world = new World();
    const { tick } = ticking(world);
    const store = { ...world.store, putSchedule: () => Promise.reject(new Error('away')) };
    const life = await world.startedLife({ tasks: [tick], store });
    life.manager.scheduleTaskByName('tick', '* * * * *');
    await world.time.settle();
    expect(life.errors).toEqual([{ error: new Error('away'), during: "registering the schedule of task 'tick'" }]);
  });
});
