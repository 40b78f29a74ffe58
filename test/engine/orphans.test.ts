import { describe, expect, it } from 'vitest';
import { task, taskRef } from '../../src/index.js';
import { snapshot, World } from './world.js';

const known = task('known', () => 'known ran');
const added = task('added', () => 'added ran');

describe('a job whose task a worker does not have', () => {
  it('given a rolling deploy, when the worker without the task takes the job, then it costs no attempt and the one with it runs it', async () => {
    const world = new World();
    const a = await world.startedLife({ tasks: [known] });
    const job = await a.manager.enqueue(taskRef<typeof added>('added'), undefined);
    await world.time.advance('1s');
    expect(await snapshot(a.manager, job.id)).toMatchObject({
      state: 'pending',
      placement: 'parked',
      parkedOn: 'task:added',
      reason: 'unknown-task',
      attempt: 0,
    });
    expect(a.events.map((event) => event.type)).toEqual(['returned']);
    const b = await world.started({ tasks: [known, added] });
    await world.time.advance('1s');
    expect(await snapshot(b, job.id)).toMatchObject({ state: 'completed', result: 'added ran', attempt: 1 });
  });

  it('given both workers are there, when many such jobs come, then all complete and none is handed to and fro', async () => {
    const world = new World();
    const a = await world.startedLife({ tasks: [known] });
    await world.running(known, added);
    const jobs = await a.manager.enqueueMany(taskRef<typeof added>('added'), Array(30).fill(undefined));
    await world.time.advance('5s');
    for (const job of jobs) expect((await snapshot(a.manager, job.id)).result).toBe('added ran');
    expect(a.events.filter((event) => event.type === 'returned').length).toBeLessThanOrEqual(30);
  });

  it('given parked orphans, when the task is added to a running manager, then it runs them', async () => {
    const world = new World();
    const manager = await world.running(known);
    const job = await manager.enqueue(taskRef<typeof added>('added'), undefined);
    await world.time.advance('1s');
    manager.addTask(added);
    await world.time.settle();
    await world.time.settle();
    expect((await snapshot(manager, job.id)).state).toBe('completed');
  });

  it('given a task is removed, when its jobs are due, then they wait; when it is added again, then they run', async () => {
    const world = new World();
    const manager = await world.running(known, added);
    manager.removeTask(added);
    expect(manager.getTaskByName('added')).toBeUndefined();
    const job = await manager.enqueue(added);
    await world.time.advance('10s');
    expect(await snapshot(manager, job.id)).toMatchObject({ state: 'pending', attempt: 0 });
    manager.addTask(added);
    await world.time.advance('1s');
    expect((await snapshot(manager, job.id)).result).toBe('added ran');
  });

  it('given a look-alike of a registered task, when it is removed, then the registered one stays', async () => {
    const world = new World();
    const manager = world.manager({ tasks: [added] });
    manager.removeTask(task('added', () => 'another'));
    expect(manager.getTaskByName('added')).toBe(added);
  });

  it('given orphans wait, when nothing else is due, then the workers stay quiet', async () => {
    const world = new World();
    const life = await world.startedLife({ tasks: [known] });
    await life.manager.enqueueMany(taskRef<typeof added>('added'), Array(5).fill(undefined));
    await world.time.advance('1s');
    const before = life.timersSet.length;
    await world.time.advance('30s');
    expect(life.timersSet.length - before).toBeLessThan(40);
  });

  it('given parked orphans, when they are cancelled, suspended or deleted, then that is done', async () => {
    const world = new World();
    const manager = await world.running(known);
    const [a, b, c] = await manager.enqueueMany(taskRef<typeof added>('added'), Array(3).fill(undefined));
    await world.time.advance('1s');
    await manager.cancel((a as { id: string }).id);
    await manager.suspend((b as { id: string }).id);
    await manager.delete((c as { id: string }).id);
    expect(await manager.count()).toMatchObject({ cancelled: 1, suspended: 1, pending: 0, orphaned: 0 });
  });
});

describe('a record of a newer version', () => {
  it('given a higher minReader, when a worker takes it, then it is parked at no attempt and the queue flows', async () => {
    const world = new World();
    let runs = 0;
    const counted = task('counted', () => void runs++);
    const manager = await world.running(counted);
    await world.put({ id: 'newer-1', task: 'counted', minReader: 2, recordVersion: 2 });
    const job = await manager.enqueue(counted);
    await world.time.advance('30s');
    expect(await snapshot(manager, 'newer-1')).toMatchObject({
      state: 'pending',
      placement: 'parked',
      parkedOn: 'reader:2',
      reason: 'newer-record',
      attempt: 0,
    });
    expect((await snapshot(manager, job.id)).state).toBe('completed');
    expect(runs).toBe(1);
    expect((await manager.explain('newer-1')).causes.map((cause) => cause.code)).toEqual(['newer-record']);
  });
});
