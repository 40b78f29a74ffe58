import { describe, expect, it } from 'vitest';
import { TaskConstraintGroup, task } from '../../src/index.js';
import { World, watch } from '../engine/world.js';

const mutex = (limits: object = { maxConcurrent: 1 }): TaskConstraintGroup =>
  new TaskConstraintGroup({
    name: 'sites',
    constraintKeyForExecution: (_task, input?: string) => input ?? null,
    ...limits,
  });

describe('explain of a trigger', () => {
  it('given the key is held, when it is asked, then it names the key, who holds it and for how long, and who waits', async () => {
    const world = new World();
    const manager = world.manager();
    manager.addConstraintGroup(mutex());
    const visit = task('visit', (_site: string) => world.sleep(60_000));
    const held = watch(manager.triggerTask(visit, 'a.com'));
    const waiting = watch(manager.triggerTask(visit, 'a.com'));
    await world.time.advance('5s');
    const explanation = await manager.explain(visit, 'a.com');
    expect(explanation).toMatchObject({
      task: 'visit',
      running: 1,
      causes: [{ code: 'constraint-full', until: null }],
    });
    expect(explanation.summary).toBe(
      "Task 'visit' (1 running here): It waits for constraint group 'sites', key 'a.com': 1 of 1 run in this process. Held by a trigger of 'visit' for 5.0 s. 1 wait there.",
    );
    expect((await manager.explain(visit, 'b.com')).causes).toMatchObject([{ code: 'next' }]);
    await world.time.advance('2m');
    expect([held.isSettled, waiting.isSettled]).toEqual([true, true]);
  });

  it('given a cooldown, when it is asked, then it says until when', async () => {
    const world = new World();
    const manager = world.manager();
    manager.addConstraintGroup(mutex({ cooldownMs: 11_000 }));
    const visit = task('visit', (_site: string) => {});
    await manager.triggerTask(visit, 'a.com');
    await world.time.advance('1s');
    const { causes } = await manager.explain(visit, 'a.com');
    expect(causes).toMatchObject([{ code: 'constraint-cooling', until: world.time.now + 10_000 }]);
    expect(causes[0]?.message).toContain('room again in 10.0 s');
  });

  it('given a full buffer, when it is asked, then it says so', async () => {
    const world = new World();
    const manager = world.manager();
    const call = task('call', () => world.sleep(1_000), { buffered: true, bufferMax: 2 });
    const calls = watch(Promise.all([1, 2, 3].map(() => manager.triggerTask(call))));
    expect((await manager.explain(call)).causes).toMatchObject([{ code: 'buffer-full' }]);
    await world.time.advance('5s');
    expect(calls.isSettled).toBe(true);
    expect((await manager.explain(call)).causes).toMatchObject([{ code: 'next' }]);
  });

  it('given a job was claimed and waits here for a trigger, when the job is asked, then it names the key and the trigger', async () => {
    const world = new World();
    const visit = task('visit', (_site: string) => world.sleep(60_000));
    const manager = world.manager({ tasks: [visit] });
    manager.addConstraintGroup(mutex());
    await manager.start();
    void manager.triggerTask(visit, 'a.com').catch(() => {});
    const job = await manager.enqueue(visit, 'a.com');
    await world.time.advance('1s');
    const { state, causes } = await manager.explain(job.id);
    expect(state).toBe('running');
    expect(causes.map(({ code }) => code)).toEqual(['constraint-full', 'running']);
    expect(causes[0]?.message).toContain("Held by a trigger of 'visit'");
  });

  it('given a key function that throws, when it is asked, then it rejects with that', async () => {
    const world = new World();
    const manager = world.manager();
    manager.addConstraintGroup(
      mutex({
        constraintKeyForExecution: () => {
          throw new Error('no key');
        },
      }),
    );
    const visit = task('visit', (_site: string) => {});
    await expect(manager.explain(visit, 'a.com')).rejects.toThrow('no key');
    await expect(manager.triggerTask(visit, 'a.com')).rejects.toThrow('no key');
  });
});
