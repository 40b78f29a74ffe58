import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  distributedCoordination,
  type Host,
  type Logger,
  memory,
  OptionError,
  type Store,
  task,
} from '../../src/index.js';
import { failure, type Life, World, watch, wrapped } from '../engine/world.js';
import { ticking } from './ticking.js';

const { StoreCoordinator } = distributedCoordination;
const LEASE_MS = 9_000;

const request: distributedCoordination.IDistributedTaskRequest = {
  submitterId: 'somebody',
  requestResponseId: 'a-request',
  taskName: 'tick',
  taskVersion: '',
  taskExecutionTime: 0,
  taskExecutionTimeout: 0,
  taskExecutionParallel: 1,
  status: 'requesting',
};

/** A process with a store of its own, and the same schedule as all others: a slot every 10 s. */
interface Process {
  readonly life: Life;
  readonly coordinator: InstanceType<typeof StoreCoordinator>;
  /** What the election reported. */
  readonly complaints: readonly string[];
  /** Slots that ran here, ms since the world began. */
  readonly slots: () => readonly number[];
  /** As `kill -9`. */
  kill(): void;
}

async function process(world: World, aheadMs = 0, store: Store = world.store): Promise<Process> {
  let isDead = false;
  const { host: given } = world.time;
  const host: Host = {
    ...given,
    now: () => given.now() + aheadMs,
    timer: (ms, callback) => given.timer(ms, () => (isDead ? undefined : callback())),
    soon: (callback) => given.soon(() => (isDead ? undefined : callback())),
  };
  const { tick, runs } = ticking(world);
  const complaints: string[] = [];
  const error: Logger['error'] = (message) => void complaints.push(message);
  const logger: Logger = { debug() {}, info() {}, warn() {}, error };
  const coordinator = new StoreCoordinator({ store, host, leaseMs: LEASE_MS, logger });
  const life = world.life({ store: memory({ clock: host.now }), host, distributedCoordinator: coordinator });
  life.manager.addAndScheduleTask(tick, '*/10 * * * * *');
  await life.manager.start();
  return {
    life,
    coordinator,
    complaints,
    slots: () => runs.map(({ slot }) => slot),
    kill: () => {
      isDead = true;
    },
  };
}

describe('an election over a store', () => {
  it('given three processes with a memory store each, when slots fire in all, then each slot runs in the elected one only', async () => {
    const world = new World();
    const processes = [await process(world), await process(world), await process(world)];
    await world.time.advance('35s');
    expect(processes.map(({ slots }) => slots())).toEqual([[10_000, 20_000, 30_000], [], []]);
    expect(processes.map(({ coordinator }) => coordinator.isElected)).toEqual([true, false, false]);
    const [, second] = processes;
    expect(await second?.life.manager.count({ state: 'completed' })).toMatchObject({ completed: 3 });
  });

  it.each([[-3_000], [4_000]])(
    'given a clock that is %i ms off, when slots fire at different moments, then each runs once',
    async (aheadMs) => {
      const world = new World();
      const [a, b] = [await process(world), await process(world, aheadMs)];
      await world.time.advance('55s');
      expect(a.slots()).toEqual([10_000, 20_000, 30_000, 40_000, 50_000]);
      expect(b.slots()).toEqual([]);
    },
  );

  it('given the elected one is killed, when its lease is over, then another runs the slots', async () => {
    const world = new World();
    const [a, b] = [await process(world), await process(world)];
    await world.time.advance(12_000);
    a.kill();
    await world.time.advance(LEASE_MS - 3_000);
    expect(b.coordinator.isElected).toBe(false);
    await world.time.advance(LEASE_MS / 3 + 3_000);
    expect(b.coordinator.isElected).toBe(true);
    await world.time.advance('30s');
    expect(a.slots()).toEqual([10_000]);
    expect(b.slots().at(0)).toBeLessThanOrEqual(30_000);
    expect(b.slots().at(-1)).toBe(50_000);
  });

  it.each(['stop', 'close'] as const)(
    'given the elected one is told to %s, when the next slot fires, then another runs it, without a pause',
    async (how) => {
      const world = new World();
      const [a, b] = [await process(world), await process(world)];
      // A moment before the slot, so that no campaign of its own comes between.
      await world.time.advance(19_999);
      await a.life.manager[how]();
      await world.time.advance(15_000);
      expect([a.slots(), b.slots()]).toEqual([[10_000], [20_000, 30_000]]);
    },
  );

  it('given it was stopped, when it starts again, then it takes part again', async () => {
    const world = new World();
    const [a, b] = [await process(world), await process(world)];
    await a.life.manager.stop();
    await a.life.manager.start();
    await world.time.advance(15_000);
    await b.life.manager.stop();
    await world.time.advance(10_000);
    expect([...a.slots(), ...b.slots()]).toEqual([10_000, 20_000]);
    expect(a.coordinator.isElected).toBe(true);
  });

  it('given two managers of one process share a coordinator, when one stops, then it stays elected for the other', async () => {
    const world = new World();
    const { life, coordinator } = await process(world);
    const other = world.life({ distributedCoordinator: coordinator, store: memory({ clock: world.time.clock }) });
    await other.manager.start();
    await life.manager.stop();
    expect(coordinator.isElected).toBe(true);
    await other.manager.stop();
    expect(coordinator.isElected).toBe(false);
  });
});

describe('an election whose store fails', () => {
  /** A store that can be cut off: `fail` rejects, `hang` never answers. */
  function cuttable(store: Store): { readonly store: Store; now: 'up' | 'fail' | 'hang' } {
    const line: { store: Store; now: 'up' | 'fail' | 'hang' } = { store, now: 'up' };
    line.store = wrapped(store, {
      leader: {
        campaign: (worker, leaseMs) => {
          if (line.now === 'hang') return new Promise(() => {});
          if (line.now === 'fail') return Promise.reject(new Error('cut off'));
          return (store.leader as NonNullable<Store['leader']>).campaign(worker, leaseMs);
        },
        resign: async () => {},
      },
    });
    return line;
  }

  it.each(['fail', 'hang'] as const)(
    'given the elected one’s calls %s, when its lease may end, then it stops believing before another is elected, and a slot fails rather than being skipped',
    async (how) => {
      const world = new World();
      const line = cuttable(world.store);
      const a = await process(world, 0, line.store);
      const b = await process(world);
      await world.time.advance(10_500);
      line.now = how;
      let elected = 0;
      for (let i = 0; i < 120; i++) {
        await world.time.advance(100);
        const both = [a.coordinator.isElected, b.coordinator.isElected].filter(Boolean).length;
        expect(both).toBeLessThan(2);
        elected = both;
      }
      expect(elected).toBe(1);
      expect(b.coordinator.isElected).toBe(true);
      await world.time.advance(30_000);
      expect(a.slots()).toEqual([10_000]);
      expect(a.life.events.map(({ type }) => type)).toContain('retrying');
      expect(a.complaints).toEqual([expect.stringContaining('the election failed, and is tried again')]);
      line.now = 'up';
      await world.time.advance(30_000);
      expect(a.coordinator.isElected).toBe(false);
    },
  );

  it('given the store can’t be asked at the start, when the manager starts, then that rejects with what the store says', async () => {
    const world = new World();
    const line = cuttable(world.store);
    line.now = 'fail';
    expect(await failure(world, process(world, 0, line.store))).toMatchObject({ message: 'cut off' });
    line.now = 'hang';
    const start = watch(process(world, 0, line.store));
    await world.time.advance(LEASE_MS + 1);
    expect(start.error).toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining(`${LEASE_MS} ms`) });
  });
});

describe('options of a StoreCoordinator', () => {
  it('given a store that can’t elect, or that nobody shares, when it is made, then that is an error that says what to give', () => {
    const { leader: _, ...without } = memory();
    expect(() => new StoreCoordinator({ store: without })).toThrow(/of kind 'memory', which can't elect a leader/);
    expect(() => new StoreCoordinator({ store: 'memory:' })).toThrow(/each process has for itself/);
    expect(() => new StoreCoordinator({} as never)).toThrow(/needs a store to elect in/);
    expect(() => new StoreCoordinator({ store: memory(), leaseMs: 10 })).toThrow(OptionError);
    expect(() => new StoreCoordinator({ store: memory(), lease: 10 } as never)).toThrow(/no option 'lease'.*'leaseMs'/);
  });

  it('given a store that a manager works on, when it starts, then that is an error that names the worker', async () => {
    const world = new World();
    await world.running(task('any', () => {}));
    const coordinator = new StoreCoordinator({ store: world.store, host: world.time.host });
    expect(await failure(world, coordinator.start())).toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('Give the election a store of its own'),
    });
    expect(coordinator.isElected).toBe(false);
  });

  it('given it isn’t started, when it is asked, then nobody is elected', async () => {
    const answer = await new StoreCoordinator({ store: memory() }).fireDistributedTaskRequest(request);
    expect(answer).toEqual({
      submitterId: 'somebody',
      requestResponseId: 'a-request',
      considered: false,
      rank: 2,
      reason: 'not started',
      shouldTrigger: false,
    });
  });
});

it('given one SQLite file and a connection each, when the elected one stops, then the other is elected at the next request, and both can start anew', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'taskspan-election-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const make = () => new StoreCoordinator({ store: `sqlite:${join(folder, 'election.db')}`, leaseMs: 3_600_000 });
  const [a, b] = [make(), make()];
  await Promise.all([a.start(), b.start()]);
  const [first, second] = a.isElected ? [a, b] : [b, a];
  expect(second.isElected).toBe(false);
  expect(await second.fireDistributedTaskRequest(request)).toMatchObject({ shouldTrigger: false, considered: true });
  await first.stop();
  expect(await second.fireDistributedTaskRequest(request)).toMatchObject({ shouldTrigger: true, rank: 1 });
  await first.start();
  expect([first.isElected, second.isElected]).toEqual([false, true]);
  await second.stop();
  await first.stop();
});
