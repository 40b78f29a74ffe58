import { describe, expect, it } from 'vitest';
import { ClosedError, task } from '../../src/index.js';
import { gate, snapshot, World, watch, wrapped } from '../engine/world.js';
import { groupOf } from './groups.js';

const quick = task('quick', () => 'done');
const other = task('other', () => {});

describe('while a manager starts', () => {
  it('given the store is being opened, when it is stopped, then it stays stopped, and starts when asked again', async () => {
    const world = new World();
    const opened = gate();
    const open = (): Promise<void> => opened.promise.then(() => world.store.open());
    const manager = world.manager({ tasks: [quick], store: wrapped(world.store, { open }) });
    const starting = watch(manager.start());
    await world.time.settle();
    await manager.stop();
    opened.open();
    await world.time.settle();
    expect(starting).toEqual({ isSettled: true, value: undefined });
    const job = await manager.enqueue(quick);
    await world.time.advance('10s');
    expect((await snapshot(manager, job.id)).state).toBe('pending');
    expect(await manager.workers()).toEqual([]);
    await manager.start();
    await world.time.advance('1s');
    expect((await snapshot(manager, job.id)).state).toBe('completed');
  });

  it('given its groups are being written, when it is closed and the store with it, then start settles as close does; after it, start is refused', async () => {
    const world = new World();
    let isClosed = false;
    const store = wrapped(world.store, {
      configure: async (settings) => {
        await world.sleep(15_000);
        if (isClosed) throw new ClosedError('use the store');
        return world.store.configure(settings);
      },
      close: async () => {
        isClosed = true;
      },
    });
    const manager = world.manager({ tasks: [quick], store });
    manager.addConstraintGroup(groupOf('one', { quick: 'all' }));
    const starting = watch(manager.start());
    await world.time.settle();
    const closing = watch(manager.close());
    await world.time.advance('20s');
    expect([closing, starting]).toEqual([
      { isSettled: true, value: undefined },
      { isSettled: true, value: undefined },
    ]);
    await expect(manager.start()).rejects.toThrow(ClosedError);
  });

  it('given a schedule by name is being written, when another is added, then both are written', async () => {
    const world = new World();
    const written = gate();
    const store = wrapped(world.store, {
      putSchedule: async (definition) => {
        await written.promise;
        return world.store.putSchedule(definition);
      },
    });
    const manager = world.manager({ tasks: [quick, other], store });
    manager.scheduleTaskByName('quick', '0 * * * *');
    const starting = watch(manager.start());
    await world.time.settle();
    manager.scheduleTaskByName('other', '0 * * * *');
    written.open();
    await world.time.advance('1s');
    expect(starting.isSettled).toBe(true);
    expect((await manager.schedules()).map(({ id }) => id).sort()).toEqual(['task:other', 'task:quick']);
  });
});
