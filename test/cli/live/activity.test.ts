/** What is shown of a manager's work. */
import { TaskManager, task } from 'taskspan';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Activity } from '../../../src/cli/live/activity.js';
import { Rate } from '../../../src/cli/live/rate.js';
import { Emitter, type EventJob } from '../../../src/engine/events.js';

describe('activity', () => {
  it('follows each job from its start over its progress to its end', async () => {
    let goOn: () => void = () => {};
    const slow = task(
      'slow',
      async (_input: undefined, ctx) => {
        ctx.notifyStep('fetch');
        ctx.progress(60);
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
      },
      { steps: [{ name: 'fetch', description: 'Fetch it', percentage: 100 }] as const },
    );
    const bad = task('bad', () => Promise.reject(new Error('boom')), { retry: { attempts: 1 } });
    const manager = new TaskManager({ tasks: [slow, bad] });
    onTestFinished(() => manager.close());
    const changes = vi.fn();
    const activity = new Activity(manager, changes);
    await manager.start();

    const progressed = new Promise((resolve) => manager.on('progress', ({ percent }) => percent === 60 && resolve(1)));
    const job = await manager.enqueue(slow);
    await progressed;
    expect(activity.state(9)).toMatchObject({
      running: [{ id: job.id, task: 'slow', attempt: 1, maxAttempts: 3, percent: 60, step: 'fetch' }],
      runningCount: 1,
      completed: 0,
      taskWidth: 9,
    });

    goOn();
    await job.result();
    await (await manager.enqueue(bad)).result().catch(() => {});
    expect(activity.state(9)).toMatchObject({ running: [], runningCount: 0, completed: 1, failed: 1 });
    expect(changes.mock.calls.length).toBeGreaterThanOrEqual(5);
    activity.close();
  });

  it('takes what has ended for ended, though the store has not heard of it yet', async () => {
    const quick = task('quick', () => 1);
    const manager = new TaskManager({ tasks: [quick] });
    onTestFinished(() => manager.close());
    const activity = new Activity(manager, () => {});
    const seen: unknown[] = [];
    const look = (event: string) => (): void => {
      const { runningCount, completed } = activity.state(0);
      seen.push([event, runningCount, completed]);
    };
    for (const event of ['started', 'ended', 'completed'] as const) manager.on(event, look(event));
    await manager.start();
    await (await manager.enqueue(quick)).result();
    expect(seen).toEqual([
      ['started', 1, 0],
      ['ended', 0, 0],
      ['completed', 0, 1],
    ]);
    activity.close();
  });

  it('given a job that runs again beside its old self, whose lease was lost, when the old one ends, then the new one is shown', () => {
    const emitter = new Emitter();
    const activity = new Activity(emitter as unknown as TaskManager, () => {});
    const old = { id: 'j', task: 't', attempt: 1, maxAttempts: 3 } as EventJob;
    const young = { ...old, attempt: 2 };
    emitter.emit('started', { job: old });
    emitter.emit('started', { job: young });
    expect(activity.state(0).runningCount).toBe(2);
    emitter.emit('ended', { job: old });
    emitter.emit('lost', { job: old });
    emitter.emit('progress', { job: young, percent: 40, step: null });
    emitter.emit('progress', { job: old, percent: 90, step: null });
    expect(activity.state(0)).toMatchObject({ runningCount: 1, running: [{ id: 'j', attempt: 2, percent: 40 }] });
    emitter.emit('ended', { job: young });
    expect(activity.state(0).running).toEqual([]);
  });

  it('asks the store what waits there and which schedule is next', async () => {
    const manager = new TaskManager({ tasks: [task('t', () => 1)] });
    onTestFinished(() => manager.close());
    const t = manager.getTaskByName('t')!;
    await manager.enqueue(t, undefined, { in: '1h' });
    await manager.schedule(t, undefined, { id: 'later', every: '2h' });
    await manager.schedule(t, undefined, { id: 'sooner', every: '1h' });
    let told: () => void = () => {};
    const asked = new Promise<void>((resolve) => {
      told = resolve;
    });
    const schedules = vi.spyOn(manager, 'schedules');
    const activity = new Activity(manager, told);
    onTestFinished(() => activity.close());
    activity.watchStore();
    await asked;
    expect(schedules).toHaveBeenCalledWith({ limit: 1 });
    expect(activity.state(0).store).toMatchObject({
      waiting: 1,
      running: 0,
      isExact: true,
      next: { schedule: 'sooner' },
    });
  });
});

describe('a rate', () => {
  const at = 1_000_400;

  it('is unknown for the first second', () => {
    const rate = new Rate();
    expect(rate.perSecond(at)).toBeNull();
    rate.count(at);
    expect(rate.perSecond(at + 999)).toBeNull();
  });

  it('is that of the last five seconds', () => {
    const rate = new Rate();
    for (let ms = 0; ms < 60_000; ms += 10) rate.count(at + ms);
    expect(rate.perSecond(at + 60_000)).toBeCloseTo(100, 0);
    for (let ms = 60_000; ms < 70_000; ms += 100) rate.count(at + ms);
    expect(rate.perSecond(at + 70_000)).toBeCloseTo(10, 0);
  });

  it('falls to nothing when nothing comes', () => {
    const rate = new Rate();
    rate.count(at);
    expect(rate.perSecond(at + 2_000)).toBeCloseTo(0.5);
    expect(rate.perSecond(at + 10_000)).toBe(0);
  });

  it('bears a clock that is set back', () => {
    const rate = new Rate();
    rate.count(at);
    rate.count(at - 3_600_000);
    expect(rate.perSecond(at + 2_000)).toBeCloseTo(1);
  });
});
