import { describe, expect, it } from 'vitest';
import {
  type AnyTask,
  distributedCoordination,
  OptionError,
  TaskConstraintGroup,
  TaskManager,
  TaskOnce,
  task,
} from '../../src/index.js';
import { gate, World } from '../engine/world.js';
import { NotingCoordinator, onlyJob, scheduled } from './coordinators.js';
import { ticking } from './ticking.js';

describe('a manager with a coordinator', () => {
  it('given the sample of the document, when a schedule fires, then it is asked and the elected one runs', async () => {
    const world = new World();
    const { tick, at } = ticking(world);
    const updates: string[] = [];
    class RedisCoordinator extends distributedCoordination.AbstractDistributedCoordinator {
      async fireDistributedTaskRequest(
        request: distributedCoordination.IDistributedTaskRequest,
      ): Promise<distributedCoordination.IDistributedTaskRequestResult> {
        return { shouldTrigger: true, considered: true, rank: 1, reason: 'elected', ...request };
      }
      async updateDistributedTaskRequest(request: distributedCoordination.IDistributedTaskRequest) {
        updates.push(request.status);
      }
      async start() {}
      async stop() {}
    }
    const manager = world.manager({ distributedCoordinator: new RedisCoordinator() });
    manager.addAndScheduleTask(tick, '*/10 * * * * *');
    await manager.start();
    await world.time.advance('25s');
    expect(at()).toEqual([10_000, 20_000]);
    expect(updates).toEqual(['succeeded', 'succeeded']);
  });

  it('given a time-out and a jitter, when a slot’s job runs, then the request names task, slot and time-out, and the update is of the same request', async () => {
    const world = new World();
    const t0 = world.time.now;
    const coordinator = new NotingCoordinator();
    const tick = task('tick', () => {}, { timeout: '3s' });
    await scheduled(world, tick, coordinator, { jitterMs: 5_000 });
    await world.time.advance('20s');
    const [asked, told] = coordinator.requests;
    expect(asked).toEqual({
      submitterId: expect.stringMatching(/./),
      requestResponseId: expect.stringMatching(/./),
      taskName: 'tick',
      taskVersion: '',
      taskExecutionTime: t0 + 10_000,
      taskExecutionTimeout: 3_000,
      taskExecutionParallel: 1,
      status: 'requesting',
    });
    expect(told).toEqual({ ...asked, status: 'succeeded' });
    expect(asked?.requestResponseId).not.toBe(asked?.submitterId);
  });

  it('given it says no, when a slot’s job comes, then it completes as skipped without a run, and the coordinator hears gotRejected', async () => {
    const world = new World();
    const { tick, at } = ticking(world);
    const coordinator = new NotingCoordinator();
    coordinator.answer = () => false;
    const { manager } = await scheduled(world, tick, coordinator);
    await world.time.advance('15s');
    expect(at()).toEqual([]);
    expect(await onlyJob(manager)).toMatchObject({ state: 'completed', reason: 'skipped', result: undefined });
    expect(coordinator.heard).toEqual(['start', 'requesting', 'gotRejected']);
  });

  it('given jobs by hand, when they run, then it is not asked', async () => {
    const world = new World();
    const { tick, at } = ticking(world);
    const coordinator = new NotingCoordinator();
    coordinator.answer = () => false;
    const { manager } = await scheduled(world, tick, coordinator);
    await manager.triggerSchedule('s');
    await manager.enqueue(tick, undefined);
    await manager.triggerTask(tick, undefined);
    await world.time.advance('1s');
    expect(at()).toEqual([0, 0, 0]);
    expect(coordinator.heard).toEqual(['start']);
  });

  it('given an attempt that fails, when it is tried again, then each attempt is a request of its own for the same slot', async () => {
    const world = new World();
    const coordinator = new NotingCoordinator();
    const fails = task(
      'fails',
      (_input: undefined, ctx) => {
        if (ctx.attempt === 1) throw new Error('not yet');
      },
      { retry: { attempts: 2, backoff: '5s' } },
    );
    await scheduled(world, fails, coordinator);
    await world.time.advance('30s');
    expect(coordinator.heard).toEqual(['start', 'requesting', 'failed', 'requesting', 'succeeded']);
    const [first, , second] = coordinator.requests;
    expect(second?.requestResponseId).not.toBe(first?.requestResponseId);
    expect(second?.taskExecutionTime).toBe(first?.taskExecutionTime);
  });

  it('given a run that ignores its time-out, when it is given up, then the coordinator hears failed, once', async () => {
    const world = new World();
    const coordinator = new NotingCoordinator();
    const hangs = task('hangs', () => world.sleep(60_000), { timeout: '2s', retry: { attempts: 1 } });
    await scheduled(world, hangs, coordinator);
    await world.time.advance('5m');
    expect(coordinator.heard).toEqual(['start', 'requesting', 'failed']);
  });

  it('given a result that no store can carry, when the run returned, then the coordinator hears failed', async () => {
    const world = new World();
    const coordinator = new NotingCoordinator();
    await scheduled(world, task('odd', () => Symbol('odd')) as AnyTask, coordinator);
    await world.time.advance('15s');
    expect(coordinator.heard).toEqual(['start', 'requesting', 'failed']);
  });

  it('given a task that merges its runs, when its slot fires, then the coordinator hears how it ended', async () => {
    const world = new World();
    const coordinator = new NotingCoordinator();
    const once = new TaskOnce({ name: 'once', taskFunction: async () => {} });
    const manager = world.manager({ distributedCoordinator: coordinator });
    manager.addAndScheduleTask(once, '*/10 * * * * *');
    await manager.start();
    await world.time.advance('15s');
    expect(coordinator.heard).toEqual(['start', 'requesting', 'succeeded']);
  });
});

describe('a coordinator that fails', () => {
  it('given it throws when asked, when the attempt ends, then it is tried again as the task says', async () => {
    const world = new World();
    const { tick, at } = ticking(world);
    const coordinator = new NotingCoordinator();
    let asked = 0;
    coordinator.answer = () => {
      asked += 1;
      if (asked === 1) throw new Error('no connection');
      return true;
    };
    const { manager, events } = await scheduled(world, tick, coordinator, { attempts: 2 });
    await world.time.advance('1m');
    expect(events.map(({ type }) => type)).toEqual(['retrying', 'started', 'completed']);
    expect(await onlyJob(manager)).toMatchObject({ state: 'completed', attempt: 2 });
    expect(at()).toHaveLength(1);
    expect(coordinator.heard).toEqual(['start', 'requesting', 'requesting', 'succeeded']);
  });

  it('given it answers neither yes nor no, when the attempt ends, then it failed and says what was answered', async () => {
    const world = new World();
    const { tick, at } = ticking(world);
    const coordinator = new NotingCoordinator();
    coordinator.answer = () => undefined;
    const { manager } = await scheduled(world, tick, coordinator, { attempts: 1 });
    await world.time.advance('15s');
    expect(await onlyJob(manager)).toMatchObject({
      state: 'failed',
      lastError: { message: expect.stringContaining("answered undefined as shouldTrigger for task 'tick'") },
    });
    expect(at()).toEqual([]);
  });

  it('given it throws on an update, when a run ended, then that is an error event and the job is as it was', async () => {
    const world = new World();
    const { tick } = ticking(world);
    const coordinator = new NotingCoordinator();
    coordinator.onUpdate = () => {
      throw new Error('gone');
    };
    const { manager, errors } = await scheduled(world, tick, coordinator);
    await world.time.advance('15s');
    expect(await onlyJob(manager)).toMatchObject({ state: 'completed', reason: 'completed' });
    expect(errors).toMatchObject([
      { error: { message: 'gone' }, during: "telling the coordinator that task 'tick' succeeded" },
    ]);
  });

  it('given it lacks a method, or is none, when a manager is made, then that is an error that says so', () => {
    const half = { start: async () => {}, stop: async () => {} };
    expect(() => new TaskManager({ distributedCoordinator: half as never })).toThrow(
      /lacks fireDistributedTaskRequest\(\), updateDistributedTaskRequest\(\)/,
    );
    expect(() => new TaskManager({ distributedCoordinator: 'redis' as never })).toThrow(OptionError);
  });
});

describe('beside constraint groups', () => {
  const alone = (shouldExecute?: () => boolean) =>
    new TaskConstraintGroup({
      name: 'alone',
      maxConcurrent: 1,
      constraintKeyForExecution: () => 'one',
      ...(shouldExecute === undefined ? {} : { shouldExecute }),
    });

  it('given it takes its time, when a trigger comes under the same key, then no slot of this process is taken yet', async () => {
    const world = new World();
    const { tick, at } = ticking(world);
    const coordinator = new NotingCoordinator();
    const answer = gate<boolean>();
    coordinator.answer = () => answer.promise;
    const { manager } = await scheduled(world, tick, coordinator);
    manager.addConstraintGroup(alone());
    await world.time.advance('11s');
    expect(coordinator.heard).toEqual(['start', 'requesting']);
    await manager.triggerTask(tick, undefined);
    expect(at()).toEqual([11_000]);
    answer.open(true);
    await world.time.advance('1s');
    expect(at()).toEqual([11_000, 11_000]);
  });

  it('given shouldExecute says no after it said yes, when the job is skipped, then the coordinator hears succeeded: nothing is left to do', async () => {
    const world = new World();
    const { tick, at } = ticking(world);
    const coordinator = new NotingCoordinator();
    const { manager } = await scheduled(world, tick, coordinator);
    manager.addConstraintGroup(alone(() => false));
    await world.time.advance('15s');
    expect(at()).toEqual([]);
    expect(coordinator.heard).toEqual(['start', 'requesting', 'succeeded']);
  });

  it('given shouldExecute throws, when the attempt fails, then the coordinator hears failed', async () => {
    const world = new World();
    const { tick } = ticking(world);
    const coordinator = new NotingCoordinator();
    const { manager } = await scheduled(world, tick, coordinator, { attempts: 1 });
    manager.addConstraintGroup(
      alone(() => {
        throw new Error('no idea');
      }),
    );
    await world.time.advance('15s');
    expect(coordinator.heard).toEqual(['start', 'requesting', 'failed']);
  });

  it('given a job is cancelled while it is asked, when it says yes, then the job does not run and the coordinator hears failed', async () => {
    const world = new World();
    const { tick, at } = ticking(world);
    const coordinator = new NotingCoordinator();
    const answer = gate<boolean>();
    coordinator.answer = () => answer.promise;
    const { manager } = await scheduled(world, tick, coordinator);
    await world.time.advance('11s');
    expect(await manager.cancel({ schedule: 's' })).toBe(1);
    await world.time.advance('1s');
    answer.open(true);
    await world.time.advance('1s');
    expect(await onlyJob(manager)).toMatchObject({ state: 'cancelled' });
    expect(at()).toEqual([]);
    expect(coordinator.heard).toEqual(['start', 'requesting', 'failed']);
  });
});
