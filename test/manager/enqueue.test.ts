import { describe, expect, it } from 'vitest';
import { TooLargeError, task, taskRef, ValueError } from '../../src/index.js';
import { snapshot, World, wrapped } from '../engine/world.js';

const note = task('note', (input: unknown) => input);

describe('enqueue', () => {
  it('given a job with everything set, when it is looked at, then each field says what it is', async () => {
    const world = new World();
    const tagged = task('tagged', (n: number) => n, {
      queue: 'images',
      priority: 3,
      labels: { app: 'web', tier: 'free' },
      retry: { attempts: 4 },
    });
    const manager = world.manager({ tasks: [tagged] });
    await world.time.advance('1m');
    const job = await manager.enqueue(tagged, 17, { in: '5m', labels: { tier: 'paid', tenant: 'acme' }, attempts: 9 });
    expect(job.isNew).toBe(true);
    expect(await snapshot(manager, job.id)).toEqual({
      id: job.id,
      task: 'tagged',
      queue: 'images',
      state: 'pending',
      reason: 'enqueued',
      placement: 'delayed',
      parkedOn: null,
      input: 17,
      result: undefined,
      errors: [],
      lastError: undefined,
      progress: 0,
      step: undefined,
      priority: 3,
      attempt: 0,
      maxAttempts: 9,
      labels: { app: 'web', tier: 'paid', tenant: 'acme' },
      keys: [],
      cancelRequested: false,
      suspect: false,
      createdAt: world.time.now,
      dueAt: world.time.now + 300_000,
      claimedAt: undefined,
      endedAt: undefined,
      schedule: undefined,
      parentId: undefined,
      generation: 1,
      rev: 1,
    });
  });

  it('given a job that ran, when it is looked at, then claimed and ended are told apart and rev has risen', async () => {
    const world = new World();
    const works = task('works', () => world.sleep(2_000));
    const manager = await world.running(works);
    const t0 = world.time.now;
    const job = await manager.enqueue(works, undefined, { in: 1_000 });
    await world.time.advance('5s');
    const ended = await snapshot(manager, job.id);
    expect(ended).toMatchObject({
      createdAt: t0,
      dueAt: t0 + 1_000,
      claimedAt: t0 + 1_000,
      endedAt: t0 + 3_000,
      progress: 100,
    });
    expect(ended.rev).toBeGreaterThan(2);
  });

  it('given `in` or `at`, when the time comes, then the job starts at that very moment', async () => {
    const world = new World();
    const t0 = world.time.now;
    const starts: Record<string, number> = {};
    const named = task('named', (name: string) => {
      starts[name] = world.time.now - t0;
    });
    const manager = await world.running(named);
    await manager.enqueue(named, 'in text', { in: '90s' });
    await manager.enqueue(named, 'in ms', { in: 1_234 });
    await manager.enqueue(named, 'at number', { at: t0 + 7_001 });
    await manager.enqueue(named, 'at date', { at: new Date(t0 + 61_000) });
    await manager.enqueue(named, 'past', { at: t0 - 86_400_000 });
    await manager.enqueue(named, 'now');
    await world.time.advance('2m');
    expect(starts).toEqual({
      'in text': 90_000,
      'in ms': 1_234,
      'at number': 7_001,
      'at date': 61_000,
      past: 0,
      now: 0,
    });
  });

  it('given a manager that was not started, when a job is enqueued, then the store has it and a worker runs it later', async () => {
    const world = new World();
    const job = await world.manager().enqueue(taskRef<typeof note>('note'), { a: 1 });
    const worker = await world.running(note);
    await world.time.advance('1s');
    expect((await snapshot(worker, job.id)).result).toEqual({ a: 1 });
  });

  it('given many enqueue calls of one turn, when they are made, then they share a call and each has its own job', async () => {
    const world = new World();
    const batches: number[] = [];
    const store = wrapped(world.store, {
      insert: (jobs) => {
        batches.push(jobs.length);
        return world.store.insert(jobs);
      },
    });
    const manager = world.manager({ store });
    await manager.count();
    const jobs = await Promise.all(Array.from({ length: 2_500 }, (_, i) => manager.enqueue(note, i)));
    expect(new Set(jobs.map((job) => job.id)).size).toBe(2_500);
    expect(batches).toEqual([1_000, 1_000, 500]);
  });

  it('given enqueueMany, when it is called, then handles come in the order of the inputs', async () => {
    const world = new World();
    const manager = await world.running(note);
    const jobs = await manager.enqueueMany(note, new Set(['a', 'b', 'c']), { priority: 4 });
    await world.time.advance('1s');
    const results = await Promise.all(jobs.map((job) => snapshot(manager, job.id)));
    expect(results.map((job) => [job.result, job.priority])).toEqual([
      ['a', 4],
      ['b', 4],
      ['c', 4],
    ]);
    expect(jobs.every((job) => job.isNew)).toBe(true);
    expect(await manager.enqueueMany(note, [])).toEqual([]);
  });

  const unstorable: readonly (readonly [name: string, input: unknown, error: unknown])[] = [
    ['a function', { callback: () => 1 }, ValueError],
    ['U+0000', { text: 'a\0b' }, ValueError],
    ['a lone surrogate', '\uD800', ValueError],
    ['more than 96 KiB', 'x'.repeat(97 * 1024), TooLargeError],
  ];
  for (const [name, input, error] of unstorable) {
    it(`given ${name}, when it is enqueued, then it rejects and nothing is written`, async () => {
      const world = new World();
      const manager = world.manager();
      await expect(manager.enqueue(note, input)).rejects.toThrow(error as never);
      await expect(manager.enqueueMany(note, ['fine', input])).rejects.toThrow(error as never);
      expect((await manager.count()).pending).toBe(0);
    });
  }
});
