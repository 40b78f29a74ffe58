/** Two exchanges at once, beside a store that works on one while the next is put together. */
import { describe, expect, it } from 'vitest';
import { TaskConstraintGroup, task } from '../../src/index.js';
import type { ExchangeReply, ExchangeRequest } from '../../src/store/index.js';
import { type Life, World, wrapped } from './world.js';

describe('a worker beside a store with a pipeline', () => {
  it('given 4 running, when two have ended and then the others, then a second exchange goes beside the first, and none a third time', async () => {
    const { world, calls } = await working({ concurrency: 4, settles: 2 });
    await world.time.advance(10);
    expect(calls.sizes).toEqual([2, 2]);
    calls.answer();
    calls.answer();
    await world.time.advance(10);
    expect(calls.sizes).toEqual([2, 2, 2, 2]);
  });

  it('given two under way, when they claim, then together for no more than there are slots, and for one suspect', async () => {
    const { world, calls } = await working({ concurrency: 4, settles: 2 });
    await world.time.advance(10);
    const claims = calls.pending.map(({ request }) => request.claim!);
    expect(claims.map(({ slots }) => slots)).toEqual([2, 2]);
    expect(claims.map(({ suspectToken }) => suspectToken !== null)).toEqual([true, false]);
    expect(claims.map(({ keepsOpen }) => keepsOpen)).toEqual([false, false]);
  });

  it('given jobs that are fetched ahead, when two are under way, then together they ask for no more slots than are free', async () => {
    const { world, calls } = await working({ concurrency: 4, settles: 2, jobs: 5_000, prefetch: true });
    await world.time.advance(10);
    while (calls.pending.length < 2 || calls.pending[0]!.request.claim!.prefetch === 0) {
      calls.answer();
      await world.time.settle();
    }
    const claims = calls.pending.map(({ request }) => request.claim!);
    expect(claims[0]!.slots).toBeGreaterThan(0);
    expect(claims[0]!.slots + claims[1]!.slots).toBeLessThanOrEqual(4);
  });

  it('given two under way, when the first fails, then it is made again as it was once the second is answered, and each job is settled once', async () => {
    const { world, calls, life } = await working({ concurrency: 4, settles: 2, jobs: 4 });
    await world.time.advance(10);
    const [first] = calls.pending;
    calls.fail();
    await world.time.advance(500);
    expect(calls.pending).toHaveLength(1);
    calls.answer();
    await world.time.settle();
    expect(calls.pending.map(({ request }) => request)).toEqual([first!.request]);
    calls.holds = false;
    calls.answer();
    await world.time.advance('1s');
    expect(life.events.filter(({ type }) => type === 'completed')).toHaveLength(4);
    expect(await life.manager.count()).toMatchObject({ completed: 4 });
  });

  it('given two that fail, when the store is back, then both are made again, one after the other', async () => {
    const { world, calls, life } = await working({ concurrency: 4, settles: 2, jobs: 4 });
    await world.time.advance(10);
    const sent = calls.pending.map(({ request }) => request);
    calls.fail();
    calls.fail();
    await world.time.advance(400);
    expect(calls.pending.map(({ request }) => request)).toEqual([sent[0]]);
    calls.answer();
    await world.time.settle();
    expect(calls.pending.map(({ request }) => request)).toEqual([sent[1]]);
    calls.holds = false;
    calls.answer();
    await world.time.advance('1s');
    expect(life.events.filter(({ type }) => type === 'completed')).toHaveLength(4);
  });

  it('given a second one that asks for nothing, when what it settled has made room for more, then that is claimed at once', async () => {
    const world = new World();
    const startedAt = world.time.now;
    let lastStart = 0;
    // Those that start together end together, and the keyed ones are much slower than what was run before.
    const ends = new Map<number, Promise<void>>();
    const together = (ms: number): Promise<void> => {
      const at = world.time.now + ms;
      const end = ends.get(at) ?? world.sleep(ms);
      ends.set(at, end);
      return end;
    };
    const keyed = task('keyed', () => {
      lastStart = world.time.now - startedAt;
      return together(60);
    });
    const plain = task('plain', () => together(5));
    const { manager } = world.life({ store: slow(world, 100), tasks: [keyed, plain], concurrency: 200 });
    manager.addConstraintGroup(
      new TaskConstraintGroup({
        name: 'group',
        constraintKeyForExecution: ({ name }) => (name === 'keyed' ? 'key' : null),
        maxConcurrent: 100,
      }),
    );
    await manager.enqueueMany(keyed, Array(400).fill(undefined));
    await manager.start();
    await world.time.advance(53);
    await manager.enqueueMany(plain, Array(100).fill(undefined));
    for (let ms = 0; ms < 1_000; ms++) await world.time.advance(1);
    expect(await manager.count()).toMatchObject({ completed: 500 });
    expect(lastStart).toBeLessThan(300);
  });

  it('given a settle that the store refuses for ever, when others end beside it, then it is tried ever more seldom', async () => {
    const world = new World();
    let poison = '';
    let refusals = 0;
    const store = slow(world, 100, ({ settle }) => {
      if (!settle.some(({ id }) => id === poison)) return;
      refusals += 1;
      throw new Error('refused');
    });
    const works = task('works', async () => {});
    const { manager } = world.life({ store, tasks: [works], concurrency: 100 });
    await manager.enqueueMany(works, Array(500).fill(undefined));
    poison = (await manager.enqueue(works)).id;
    await manager.enqueueMany(works, Array(20_000).fill(undefined));
    await manager.start();
    await world.time.advance('1s');
    expect(refusals).toBeGreaterThan(2);
    expect(refusals).toBeLessThan(8);
  });

  it('given an answer that begins with jobs of unknown tasks, when they are given back, then no more is claimed than there are slots', async () => {
    const world = new World();
    const known = task('known', () => world.sleep(1_000));
    const unknown = task('unknown', () => {});
    const producer = world.manager({ tasks: [known, unknown], work: false });
    for (let i = 0; i < 3; i++) {
      await producer.enqueueMany(unknown, Array(15).fill(undefined));
      await producer.enqueueMany(known, Array(35).fill(undefined));
    }
    const running: number[] = [];
    const store = slow(world, 10, undefined, async () => {
      running.push((await world.store.count({})).running);
    });
    const { manager } = world.life({ store, tasks: [known], concurrency: 50, prefetch: false });
    await manager.start();
    await world.time.advance(100);
    expect(Math.max(...running)).toBeLessThanOrEqual(50);
  });

  it('given one whose claim may stay open, when a share has ended, then no other goes beside it', async () => {
    const world = new World();
    const calls = new Calls(world, 1);
    const gates: (() => void)[] = [];
    const slow = task('slow', () => new Promise<void>((resolve) => void gates.push(resolve)));
    const { manager } = world.life({ store: calls.store, tasks: [slow], concurrency: 3, prefetch: false });
    await manager.start();
    await manager.enqueueMany(slow, [undefined, undefined]);
    await world.time.advance(10);
    calls.holds = true;
    // Nothing has ended: this one only asks for more.
    await world.time.advance('10s');
    expect(calls.pending.map(({ request }) => request.claim?.keepsOpen)).toEqual([true]);
    for (const open of gates) open();
    await world.time.advance(10);
    expect(calls.pending).toHaveLength(1);
    calls.holds = false;
    calls.answer();
    await world.time.advance(10);
    expect(await manager.count()).toMatchObject({ completed: 2 });
  });

  it('given a host without a loop, when a tick comes while two are under way, then it waits for both', async () => {
    const { world, calls, life } = await working({ concurrency: 4, settles: 2, jobs: 8 });
    await world.time.advance(10);
    let isDone = false;
    void life.manager.tick().then(() => {
      isDone = true;
    });
    calls.answer();
    await world.time.settle();
    expect(isDone).toBe(false);
    calls.holds = false;
    while (calls.pending.length > 0) calls.answer();
    await world.time.advance(10);
    expect(isDone).toBe(true);
  });
});

/** Exchanges that take their time. */
function slow(
  world: World,
  settles: number,
  refuse: (request: ExchangeRequest) => void = () => {},
  onEnd: () => Promise<void> = async () => {},
): World['store'] {
  return wrapped(world.store, {
    pipeline: { settles },
    notify: { subscribe: () => () => {} },
    exchange: async (request) => {
      await world.sleep(1);
      refuse(request);
      const reply = await world.store.exchange(request);
      await onEnd();
      await world.sleep(2);
      return reply;
    },
  });
}

interface Given {
  readonly concurrency: number;
  readonly settles: number;
  readonly jobs?: number;
  readonly prefetch?: boolean;
}

/** A worker that has claimed as much as it may run, and whose exchanges are held from now on. */
async function working({ concurrency, settles, jobs = 50, prefetch = false }: Given): Promise<{
  readonly world: World;
  readonly calls: Calls;
  readonly life: Life;
}> {
  const world = new World();
  const calls = new Calls(world, settles);
  const noop = task('noop', async () => {});
  const life = world.life({ store: calls.store, tasks: [noop], concurrency, prefetch });
  await life.manager.enqueueMany(noop, Array(jobs).fill(undefined));
  calls.holdsAfterFirst = true;
  await life.manager.start();
  return { world, calls, life };
}

/** Exchanges with a store, each answered by hand. */
class Calls {
  readonly store: World['store'];
  readonly pending: { readonly request: ExchangeRequest; readonly answer: () => void; readonly fail: () => void }[] =
    [];
  /** How many settles each had that was held. */
  readonly sizes: number[] = [];
  holds = false;
  holdsAfterFirst = false;

  constructor(world: World, settles: number) {
    this.store = wrapped(world.store, {
      pipeline: { settles },
      notify: { keepsClaims: true, subscribe: () => () => {} },
      exchange: (request) => this.#exchange(world, request),
    });
  }

  /** The oldest. */
  answer(): void {
    this.pending.shift()?.answer();
  }

  fail(): void {
    this.pending.shift()?.fail();
  }

  #exchange({ store }: World, request: ExchangeRequest): Promise<ExchangeReply> {
    if (!this.holds) {
      this.holds = this.holdsAfterFirst;
      this.holdsAfterFirst = false;
      return store.exchange(request);
    }
    this.sizes.push(request.settle.length);
    return new Promise((resolve, reject) => {
      this.pending.push({
        request,
        answer: () => resolve(store.exchange(request)),
        fail: () => reject(new Error('connection reset')),
      });
    });
  }
}
