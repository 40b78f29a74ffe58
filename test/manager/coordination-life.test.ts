import { describe, expect, it } from 'vitest';
import { failure, gate, World, watch } from '../engine/world.js';
import { NotingCoordinator, scheduled } from './coordinators.js';
import { ticking } from './ticking.js';

describe('the life of a coordinator', () => {
  it('given a slot that is due already, when the manager starts, then nothing fires before the coordinator has started', async () => {
    const world = new World();
    const { tick, at } = ticking(world);
    const coordinator = new NotingCoordinator();
    const started = gate();
    coordinator.onStart = () => started.promise;
    const manager = world.manager({ tasks: [tick], distributedCoordinator: coordinator });
    await manager.schedule(tick, undefined, { id: 's', every: '10s', repeat: 1 });
    await world.time.advance('11s');
    const starting = manager.start();
    await world.time.advance('5s');
    expect(at()).toEqual([]);
    started.open();
    await starting;
    await world.time.advance('1s');
    expect(at()).toEqual([16_000]);
  });

  it('given it can’t start, when the manager starts, then that rejects and nothing runs; and the next start tries again', async () => {
    const world = new World();
    const { tick, at } = ticking(world);
    const coordinator = new NotingCoordinator();
    coordinator.onStart = () => Promise.reject(new Error('no cluster'));
    const { manager } = world.life({ tasks: [tick], distributedCoordinator: coordinator });
    await manager.schedule(tick, undefined, { id: 's', every: '10s', repeat: 1 });
    expect(await failure(world, manager.start())).toMatchObject({ message: 'no cluster' });
    await world.time.advance('15s');
    expect(at()).toEqual([]);
    coordinator.onStart = () => {};
    await manager.start();
    await world.time.advance('1s');
    expect(at()).toEqual([15_000]);
    await manager.close();
    expect(coordinator.heard).toEqual(['start', 'start', 'requesting', 'succeeded', 'stop']);
  });

  it('given start, start, stop, stop, start and close, when all is done, then it was started and stopped twice, in turns', async () => {
    const world = new World();
    const coordinator = new NotingCoordinator();
    const { manager } = world.life({ distributedCoordinator: coordinator });
    await Promise.all([manager.start(), manager.start()]);
    await manager.stop();
    await manager.stop();
    await manager.start();
    await manager.close();
    await manager.close();
    expect(coordinator.heard).toEqual(['start', 'stop', 'start', 'stop']);
  });

  it('given a start that a stop and another start overtake, when the coordinator is slow, then nothing fires while it is stopped', async () => {
    const world = new World();
    const { tick, at } = ticking(world);
    const coordinator = new NotingCoordinator();
    const gates = [gate(), gate()];
    let starts = 0;
    coordinator.onStart = () => gates[starts++]?.promise;
    const manager = world.manager({ tasks: [tick], distributedCoordinator: coordinator });
    await manager.schedule(tick, undefined, { id: 's', every: '10s', repeat: 1 });
    await world.time.advance('11s');
    const first = manager.start();
    await world.time.settle();
    const stopped = manager.stop();
    const second = manager.start();
    await world.time.settle();
    gates[0]?.open();
    await Promise.all([first, stopped]);
    await world.time.advance('1s');
    expect(coordinator.heard).toEqual(['start', 'stop', 'start']);
    gates[1]?.open();
    await second;
    await world.time.advance('1s');
    expect(at()).toEqual([12_000]);
  });

  it('given a manager that was stopped while it opened its store, when that is done, then the coordinator is never started', async () => {
    const world = new World();
    const coordinator = new NotingCoordinator();
    const { manager } = world.life({ distributedCoordinator: coordinator });
    await Promise.all([manager.start(), manager.stop()]);
    await world.time.advance('1s');
    await manager.close();
    expect(coordinator.heard).toEqual([]);
  });

  it('given a run that still goes on, when the manager closes, then the coordinator hears how it ended before it is stopped', async () => {
    const world = new World();
    const { tick } = ticking(world, 4_000);
    const coordinator = new NotingCoordinator();
    const { manager } = await scheduled(world, tick, coordinator);
    await world.time.advance('11s');
    const closed = watch(manager.close());
    await world.time.advance('5s');
    expect(closed.isSettled).toBe(true);
    expect(coordinator.heard).toEqual(['start', 'requesting', 'succeeded', 'stop']);
  });

  it('given a coordinator that never answers, when the manager closes, then it closes all the same, and says so', async () => {
    const world = new World();
    const { tick } = ticking(world);
    const coordinator = new NotingCoordinator();
    coordinator.answer = () => new Promise(() => {});
    coordinator.onStop = () => new Promise(() => {});
    const { manager, errors } = await scheduled(world, tick, coordinator);
    await world.time.advance('11s');
    const closed = watch(manager.close({ timeout: '2s' }));
    await world.time.advance('10s');
    expect(closed).toMatchObject({ isSettled: true });
    expect(closed.error).toBeUndefined();
    expect(errors.map(({ during }) => during)).toEqual(['stopping the coordinator']);
  });

  it('given a producer, when it starts and closes, then its coordinator is left alone', async () => {
    const world = new World();
    const coordinator = new NotingCoordinator();
    const { manager } = world.life({ distributedCoordinator: coordinator, work: false });
    await manager.start();
    await manager.close();
    expect(coordinator.heard).toEqual([]);
  });

  it('given a host of turns, when it ticks, then the coordinator is started first and stopped on closing', async () => {
    const world = new World();
    const { tick } = ticking(world);
    const coordinator = new NotingCoordinator();
    const { manager } = world.life({ tasks: [tick], distributedCoordinator: coordinator });
    await manager.schedule(tick, undefined, { id: 's', every: '10s', repeat: 1 });
    await world.time.advance('11s');
    await manager.tick();
    await manager.tick();
    await world.time.settle();
    await manager.close();
    expect(coordinator.heard).toEqual(['start', 'requesting', 'succeeded', 'stop']);
  });
});
