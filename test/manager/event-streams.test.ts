import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { task } from '../../src/index.js';
import { TaskEvents } from '../../src/manager/task-events.js';
import { World, watch } from '../engine/world.js';
import { groupOf } from './groups.js';

describe('event streams and their signals', () => {
  it('given a signal that is aborted already, when a stream is made, then it is at its end and events are for nobody', async () => {
    const events = new TaskEvents(() => {});
    const stream = events.stream({ signal: AbortSignal.abort() });
    expect(events.isHearing).toBe(false);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it('given many streams of one signal, when each is left, then nothing of them listens to it any more', async () => {
    const events = new TaskEvents(() => {});
    const controller = new AbortController();
    for (let i = 0; i < 20; i++) await events.stream({ signal: controller.signal }).return?.();
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    expect(events.isHearing).toBe(false);
  });
});

describe('what listens to triggers that wait for a slot', () => {
  it('given the subject was unsubscribed while a stream is open, when the slot is freed, then all run and the stream tells', async () => {
    const world = new World();
    const answer = task('answer', async () => 'ok');
    const manager = world.manager({ tasks: [answer] });
    const group = groupOf('mutex', { answer: 'a' });
    manager.addConstraintGroup(group);
    const stream = manager.events();
    group.acquireSlot('a');
    const both = watch(Promise.all([manager.triggerTask(answer), manager.triggerTask(answer)]));
    manager.taskSubject.unsubscribe();
    group.releaseSlot('a');
    await world.time.advance('1s');
    expect(both.value).toEqual(['ok', 'ok']);
    expect((await stream.next()).value).toMatchObject({ type: 'started' });
  });
});
