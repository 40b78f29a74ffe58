import { describe, expect, it } from 'vitest';
import { TaskConstraintGroup, TaskDebounced, task } from '../../src/index.js';
import { World, watch } from '../engine/world.js';

const mutex = (scope: 'process' | 'cluster' = 'process'): TaskConstraintGroup =>
  new TaskConstraintGroup({ name: 'mutex', scope, maxConcurrent: 1, constraintKeyForExecution: () => 'one' });

describe('whenIdle', () => {
  for (const scope of ['process', 'cluster'] as const) {
    it(`given triggers run and wait under a group of scope ${scope}, when it is awaited, then it resolves once all have ended`, async () => {
      const world = new World();
      const manager = world.manager();
      manager.addConstraintGroup(mutex(scope));
      let ended = 0;
      const works = task('works', async () => {
        await world.sleep(1_000);
        ended += 1;
      });
      for (let i = 0; i < 3; i++) void manager.triggerTask(works);
      const idle = watch(manager.whenIdle());
      await world.time.advance('1500ms');
      expect(idle.isSettled).toBe(false);
      await world.time.advance('20s');
      expect([idle.isSettled, ended]).toEqual([true, 3]);
    });
  }
});

describe('closing with triggers', () => {
  it('given one runs and one waits, when the manager closes, then the first may end and the other rejects at once', async () => {
    const world = new World();
    const manager = world.manager();
    manager.addConstraintGroup(mutex());
    const works = task('works', () => world.sleep(2_000));
    const [running, waiting] = [watch(manager.triggerTask(works)), watch(manager.triggerTask(works))];
    await world.time.advance('1s');
    const closed = watch(manager.close());
    await world.time.advance('500ms');
    expect(waiting.error).toMatchObject({ code: 'CLOSED' });
    expect([running.isSettled, closed.isSettled]).toEqual([false, false]);
    await world.time.advance('2s');
    expect(running).toMatchObject({ isSettled: true, value: undefined });
    expect(closed.isSettled).toBe(true);
    await expect(manager.triggerTask(works)).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('given one runs for longer than the time-out, when it heeds its signal, then it may say how it ends', async () => {
    const world = new World();
    const manager = world.manager();
    const heeds = task('heeds', async (_input: undefined, { signal }) => {
      await world.sleep(60_000, signal).catch(() => {});
      return signal.reason;
    });
    const triggered = watch(manager.triggerTask(heeds));
    const closed = watch(manager.close({ timeout: '1s' }));
    await world.time.advance('1s');
    expect(triggered.value).toMatchObject({ code: 'SHUTTING_DOWN' });
    expect(closed.isSettled).toBe(true);
  });

  it('given one ignores its signal, when its grace is over, then it rejects, and the manager is closed', async () => {
    const world = new World();
    const manager = world.manager();
    const ignores = task('ignores', () => new Promise(() => {}));
    const triggered = watch(manager.triggerTask(ignores));
    const closed = watch(manager.close({ timeout: '1s' }));
    await world.time.advance('5s');
    expect(triggered.error).toMatchObject({ code: 'SHUTTING_DOWN' });
    expect(closed.isSettled).toBe(true);
  });

  it('given some wait in a buffer or for silence, when the manager has closed, then their functions are never called', async () => {
    const world = new World();
    const manager = world.manager();
    const calls: string[] = [];
    const buffered = task(
      'buffered',
      (name: string) => {
        calls.push(name);
        return world.sleep(5_000);
      },
      { buffered: true },
    );
    const debounced = new TaskDebounced({
      name: 'debounced',
      debounceTimeInMillis: 60_000,
      taskFunction: (name: string) => void calls.push(name),
    });
    manager.addTask(debounced);
    const outcomes = [
      watch(manager.triggerTask(buffered, 'runs')),
      watch(manager.triggerTask(buffered, 'waits')),
      watch(manager.triggerTask(debounced, 'quiet')),
    ];
    void manager.close({ timeout: '1s' });
    await world.time.advance('10m');
    expect(outcomes.map(({ error }) => (error as { code?: string } | undefined)?.code)).toEqual([
      'SHUTTING_DOWN',
      'SHUTTING_DOWN',
      'SHUTTING_DOWN',
    ]);
    expect(calls).toEqual(['runs']);
  });

  it('given a trigger ends while the manager closes, when it enqueues at the last moment, then the job is in the store', async () => {
    const world = new World();
    const next = task('next', () => {});
    const manager = world.manager();
    const first = task('first', async (_input: undefined, ctx) => {
      await world.sleep(2_000);
      return (await ctx.enqueue(next)).id;
    });
    await manager.start();
    const triggered = watch(manager.triggerTask(first));
    await world.time.advance('1s');
    void manager.close();
    await world.time.advance('5s');
    expect(triggered.error).toBeUndefined();
    expect(await world.manager().get(triggered.value as string)).toMatchObject({ state: 'pending', task: 'next' });
  });
});
