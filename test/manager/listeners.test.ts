import { describe, expect, it } from 'vitest';
import { task } from '../../src/index.js';
import { snapshot, World, watch, wrapped } from '../engine/world.js';
import { groupOf } from './groups.js';

const quick = task('quick', () => 'done');
const boom = (): never => {
  throw new Error('boom');
};

describe('who listens', () => {
  it('given listeners that throw, when jobs run, then they run all the same and an error event tells', async () => {
    const world = new World();
    const fails = task('fails', () => Promise.reject(new Error('x')), { retry: { attempts: 2, backoff: 1 } });
    const { manager, errors } = await world.startedLife({ tasks: [quick, fails] });
    for (const type of ['started', 'completed', 'failed', 'retrying', 'error'] as const) {
      manager.on(type, () => {
        throw new Error(`listener of ${type}`);
      });
    }
    const jobs = [await manager.enqueue(quick), await manager.enqueue(fails)];
    await world.time.advance('1s');
    expect((await Promise.all(jobs.map((job) => snapshot(manager, job.id)))).map((job) => job.state)).toEqual([
      'completed',
      'failed',
    ]);
    expect(new Set(errors.map((error) => error.during))).toEqual(
      new Set([
        "a listener of 'started'",
        "a listener of 'completed'",
        "a listener of 'failed'",
        "a listener of 'retrying'",
      ]),
    );
  });

  it('given an asynchronous listener that rejects, when it does, then there is no unhandled rejection and an error event tells', async () => {
    const world = new World();
    const { manager, errors } = await world.startedLife({ tasks: [quick] });
    const listener = async (): Promise<void> => {
      throw new Error('later');
    };
    manager.on('completed', listener as () => void);
    await manager.enqueue(quick);
    await world.time.advance('1s');
    expect(errors.map((error) => error.during)).toEqual(["a listener of 'completed'"]);
  });

  it('given a logger that throws, when something goes wrong, then jobs run all the same', async () => {
    const world = new World();
    const loud = (): never => {
      throw new Error('disk full');
    };
    const store = wrapped(world.store, { update: () => Promise.reject(new Error('away')) });
    const works = task('works', (_input: undefined, ctx) => ctx.progress(5));
    const manager = await world.started({
      tasks: [works],
      store,
      logger: { debug: loud, info: loud, warn: loud, error: loud },
    });
    const job = await manager.enqueue(works);
    await world.time.advance('1s');
    expect((await snapshot(manager, job.id)).state).toBe('completed');
  });

  it.each([
    ['throws', () => boom()],
    ['is async and rejects', async () => boom()],
  ])(
    'given a logger that throws when it hears of a listener that %s, when triggers are let in, then all run and nothing is uncaught',
    async (_name, listener) => {
      const world = new World();
      const logger = { debug: boom, info: boom, warn: boom, error: boom };
      const answer = task('answer', async () => 'ok');
      const manager = world.manager({ logger, tasks: [answer] });
      const group = groupOf('mutex', { answer: 'a' });
      manager.addConstraintGroup(group);
      answer.eventSubject.subscribe(listener);
      manager.taskSubject.subscribe(listener);
      group.acquireSlot('a');
      const both = watch(Promise.all([manager.triggerTask(answer), manager.triggerTask(answer)]));
      group.releaseSlot('a');
      await world.time.advance('1s');
      expect(both.value).toEqual(['ok', 'ok']);
      // What rxjs finds uncaught, it throws from a timer.
      await new Promise((resolve) => setTimeout(resolve));
    },
  );

  it('given a subscription is ended, when jobs run, then it hears no more', async () => {
    const world = new World();
    const heard: string[] = [];
    const manager = await world.running(quick);
    const off = manager.on('completed', ({ job }) => heard.push(job.id));
    const job = await manager.enqueue(quick);
    await world.time.settle();
    off();
    off();
    await manager.enqueue(quick);
    await world.time.settle();
    expect(heard).toEqual([job.id]);
  });
});
