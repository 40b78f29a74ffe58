/** Events of the whole store, as a manager passes them on. The store is memory, with a voice that the test gives it. */
import { describe, expect, it } from 'vitest';
import { OptionError, type TaskManager, task } from '../../src/index.js';
import type { EventsFollower, StoreEvent } from '../../src/store/index.js';
import { World, watch } from '../engine/world.js';

const event = (part: Partial<StoreEvent>): StoreEvent => ({
  id: 'j',
  task: 'resize',
  queue: 'images',
  state: 'pending',
  reason: 'enqueued',
  rev: 1,
  attempt: 0,
  generation: 1,
  isUpdate: false,
  at: 1_234,
  ...part,
});

/** A world whose store can be followed. */
class Voice {
  readonly followers: EventsFollower[] = [];
  follows = 0;
  failures = 0;

  manager(world: World): TaskManager {
    const events = {
      follow: async (follower: EventsFollower) => {
        this.follows += 1;
        if (this.failures-- > 0) throw new Error('not now');
        this.followers.push(follower);
        return () => void this.followers.splice(this.followers.indexOf(follower), 1);
      },
    };
    // What it says is all that its manager hears.
    const { notify: _, ...store } = world.store;
    return world.manager({ store: { ...store, events } });
  }

  tell(...events: StoreEvent[]): void {
    for (const follower of this.followers) follower.events(events);
  }
}

describe('the events of a whole store', () => {
  it('given a follower, when transitions of any process are told, then it hears what they mean, in order', async () => {
    const [world, voice] = [new World(), new Voice()];
    const manager = voice.manager(world);
    const heard: unknown[] = [];
    await manager.follow({ events: (events) => heard.push(...events.map(({ type }) => type)), gap: () => {} });
    voice.tell(event({}), event({ state: 'running', reason: 'claimed', rev: 2 }));
    voice.tell(event({ state: 'running', reason: 'claimed', rev: 3, isUpdate: true }));
    voice.tell(event({ state: 'suspended', reason: 'suspended' }), event({ state: 'completed', reason: 'completed' }));
    voice.tell(event({ state: 'failed', reason: 'threw' }), event({ state: 'cancelled', reason: 'cancelled' }));
    expect(heard).toEqual(['queued', 'started', 'updated', 'suspended', 'completed', 'failed', 'cancelled']);
  });

  it('given a stream of the cluster, when a gap and a flood come, then both are told between the events', async () => {
    const [world, voice] = [new World(), new Voice()];
    const manager = voice.manager(world);
    const stream = manager.events({ scope: 'cluster', buffer: 2 });
    await world.time.settle();
    voice.tell(event({ rev: 7 }));
    expect((await stream.next()).value).toEqual({
      type: 'queued',
      id: 'j',
      task: 'resize',
      queue: 'images',
      state: 'pending',
      reason: 'enqueued',
      rev: 7,
      attempt: 0,
      generation: 1,
      timestamp: 1_234,
    });
    voice.followers[0]?.gap();
    expect((await stream.next()).value).toEqual({ type: 'gap', timestamp: world.time.now });
    voice.tell(event({ rev: 8 }), event({ rev: 9 }), event({ rev: 10 }));
    expect((await stream.next()).value).toMatchObject({ type: 'dropped', count: 1 });
    expect((await stream.next()).value).toMatchObject({ rev: 9 });
    const last = watch(stream.next().then(() => stream.next()));
    await manager.close();
    await world.time.settle();
    expect(last.value).toEqual({ done: true, value: undefined });
  });

  it('given nobody who listens any more, when a while has passed, then the store is followed no longer; until then, it is not followed anew', async () => {
    const [world, voice] = [new World(), new Voice()];
    const manager = voice.manager(world);
    expect(voice.follows).toBe(0);
    for (let i = 0; i < 3; i++) (await manager.follow({ events: () => {}, gap: () => {} }))();
    expect([voice.follows, voice.followers.length]).toEqual([1, 1]);
    await world.time.advance('11s');
    expect(voice.followers).toEqual([]);
    const stream = manager.events({ scope: 'cluster' });
    await world.time.settle();
    expect([voice.follows, voice.followers.length]).toEqual([2, 1]);
    await stream.return?.();
    await manager.close();
    expect(voice.followers).toEqual([]);
  });

  it('given a store that can’t be reached yet, when it can, then it is followed, and what was missed meanwhile is a gap', async () => {
    const [world, voice] = [new World(), new Voice()];
    voice.failures = 3;
    const manager = voice.manager(world);
    let gaps = 0;
    const following = watch(manager.follow({ events: () => {}, gap: () => (gaps += 1) }));
    await world.time.advance(2_900);
    expect(following.isSettled).toBe(false);
    await world.time.advance(200);
    expect([following.isSettled, gaps, voice.follows]).toEqual([true, 1, 4]);
  });

  it('given a follower that throws, when an event is told, then the others hear it, and an error event tells of it', async () => {
    const [world, voice] = [new World(), new Voice()];
    const manager = voice.manager(world);
    const heard: unknown[] = [];
    manager.on('error', ({ during }) => heard.push(during));
    const bad = (): void => {
      throw new Error('bad');
    };
    await manager.follow({ events: bad, gap: bad });
    await manager.follow({ events: () => heard.push('events'), gap: () => heard.push('gap') });
    voice.tell(event({}));
    voice.followers[0]?.gap();
    const complaint = "a follower of the store's events";
    expect(heard).toEqual([complaint, 'events', complaint, 'gap']);
  });

  it('given whoever awaits a result, when the end is told or may have been missed, then it is looked for at once', async () => {
    const [world, voice] = [new World(), new Voice()];
    const quick = task('quick', () => 42);
    const listener = voice.manager(world);
    const jobs = [await listener.enqueue(quick), await listener.enqueue(quick)];
    await listener.follow({ events: () => {}, gap: () => {} });
    // By then it looks once a second.
    const [first, second] = jobs.map((job) => watch(job.result()));
    await world.time.advance('60s');
    await world.running(quick);
    await world.time.advance(5);
    expect([first?.isSettled, second?.isSettled]).toEqual([false, false]);
    voice.tell(event({ id: jobs[0]?.id ?? '', state: 'completed', reason: 'completed', rev: 3 }));
    await world.time.advance(1);
    expect([first?.value, second?.isSettled]).toEqual([42, false]);
    voice.followers[0]?.gap();
    await world.time.advance(1);
    expect(second?.value).toBe(42);
  });

  it('given a store that tells nothing of others, an unknown scope, or a closed manager, when one listens, then that is an error or the end', async () => {
    const world = new World();
    const manager = world.manager();
    expect(() => manager.events({ scope: 'cluster' })).toThrow(/store doesn't tell .* Redis/);
    await expect(manager.follow({ events: () => {}, gap: () => {} })).rejects.toThrow(OptionError);
    expect(() => manager.events({ scope: 'world' as 'process' })).toThrow(OptionError);
    const closed = new Voice().manager(world);
    const stream = closed.events({ scope: 'cluster', signal: AbortSignal.abort() });
    expect((await stream.next()).done).toBe(true);
    await closed.close();
    expect((await closed.events({ scope: 'cluster' }).next()).done).toBe(true);
    await expect(closed.follow({ events: () => {}, gap: () => {} })).rejects.toThrow(/closed/);
  });
});
